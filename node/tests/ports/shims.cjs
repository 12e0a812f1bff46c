"use strict";
// Preloaded: packages that ask for koffi or ffi-rs get the shims of this folder.

const Module = require("node:module");
const { join } = require("node:path");

const SHIMS = { koffi: "koffi.cjs", "ffi-rs": "ffi_rs.cjs" };

const load = Module._load;
Module._load = function (request, ...rest) {
  const shim = SHIMS[request];
  return load.call(this, shim === undefined ? request : join(__dirname, shim), ...rest);
};
