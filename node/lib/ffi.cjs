"use strict";
// The API of `node:ffi`, for every Node.js that this package runs in.

const { DynamicLibrary, dlclose, dlopen, dlsym } = require("./ffi/library.cjs");
const memory = require("./ffi/memory.cjs");
const { types } = require("./ffi/types.cjs");

const suffix = { win32: "dll", darwin: "dylib" }[process.platform] ?? "so";

module.exports = { DynamicLibrary, dlclose, dlopen, dlsym, ...memory, suffix, types };
