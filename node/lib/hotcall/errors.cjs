"use strict";
// `errno` and its names.

const { constants } = require("node:os");
const binding = require("../binding.cjs");

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

// `errno` as the last call of a function that captures it has left it.
const errno = () => binding.errno();

// The name of an error number ("ENOENT"), or undefined.
const errnoName = (number) => names.get(number);

module.exports = { errno, errnoName, os: Object.freeze({ errno: constants.errno }) };
