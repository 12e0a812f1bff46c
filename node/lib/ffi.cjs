"use strict";
// The API of `node:ffi`, for every Node.js that this package runs in.

const exporting = require("./ffi/export.cjs");
const { DynamicLibrary, dlclose, dlopen, dlsym } = require("./ffi/library.cjs");
const memory = require("./ffi/memory.cjs");
const numbers = require("./ffi/numbers.cjs");
const { types } = require("./ffi/types.cjs");

const suffix = { win32: "dll", darwin: "dylib" }[process.platform] ?? "so";

module.exports = { DynamicLibrary, dlclose, dlopen, dlsym, ...numbers, ...memory, ...exporting, suffix, types };
