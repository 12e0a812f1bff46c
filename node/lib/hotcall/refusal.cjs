"use strict";
// Errors about values that a type does not accept, in the words of the native functions.

const { types } = require("node:util");
const binding = require("../binding.cjs");

const { isView } = ArrayBuffer;

// True for ordinary objects, which are told without a call of the runtime. False says nothing.
const isPlain = (value) => value.constructor === Object;

// True for bytes: typed arrays, data views, and buffers.
function isBytes(value) {
  if (isView(value)) return true;
  return typeof value === "object" && value !== null && !isPlain(value) && types.isAnyArrayBuffer(value);
}

// The kind of a value, as messages name it.
function kindOf(value) {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "bigint":
      return "a BigInt";
    case "object":
      if (value === null) return "null";
      if (isBytes(value)) return "a buffer";
      return binding.isPointer(value) ? "a pointer" : "an object";
    default:
      return `a ${typeof value}`;
  }
}

const expected = (what, value) => `expected ${what}, not ${kindOf(value)}`;

// The path of a member of a member.
const join = (path, name) =>
  path === "" ? name : name === "" ? path : name[0] === "[" ? path + name : `${path}.${name}`;

// Throws. `context.place` says what was to be done. `path` and `name` lead to the value inside of it.
function refuse(context, path, name, type, problem) {
  const where = join(path, name);
  throw new TypeError(
    where === "" ? `${context.place}: ${problem}` : `${context.place}: ${where} (${type}): ${problem}`,
  );
}

module.exports = { isBytes, isPlain, expected, join, refuse };
