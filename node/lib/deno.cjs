"use strict";
// Deno's FFI: the names of the `Deno` namespace that belong to it.

const { UnsafeCallback } = require("./deno/callback.cjs");
const { UnsafeFnPointer } = require("./deno/fn_pointer.cjs");
const { dlopen } = require("./deno/library.cjs");
const { UnsafePointer } = require("./deno/pointer.cjs");
const { UnsafePointerView } = require("./deno/pointer_view.cjs");

module.exports = { dlopen, UnsafePointer, UnsafePointerView, UnsafeFnPointer, UnsafeCallback };
