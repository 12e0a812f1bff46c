"use strict";
// `hotcall`: C's functions for script.

const binding = require("./binding.cjs");
const { address, isPointer, offset, pointer } = require("./hotcall/addresses.cjs");
const { Callback } = require("./hotcall/callbacks.cjs");
const { errno, errnoName, os } = require("./hotcall/errors.cjs");
const { functionAt } = require("./hotcall/functions_at.cjs");
const { close, describe, libraryOf, open, symbol, types } = require("./hotcall/library.cjs");
const {
  alignof,
  alloc,
  allocString,
  free,
  offsetof,
  out,
  read,
  sizeof,
  string,
  write,
} = require("./hotcall/memory.cjs");
const { Owned } = require("./hotcall/owned.cjs");
const { typeFrom } = require("./hotcall/specs.cjs");
const { detach, view } = require("./hotcall/views.cjs");

// A type: a name of C or Deno, C text, or an object in Deno's form. With a library, the names that its text declares.
const type = (spec, library) => typeFrom(spec, library === undefined ? undefined : libraryOf(library).declared);

// A function of script for C to call.
const callback = (spec, f, options) => new Callback(typeFrom(spec), f, options);

// A pointer that is given to `free` when its owner is disposed of or collected.
const owned = (pointer, free) => new Owned(pointer, free);

const diagnostics = () => binding.diagnostics();

// The ways that calls of a function take, and why not others.
const ways = (f) => binding.ways(f.native ?? f);

module.exports = {
  address,
  alignof,
  alloc,
  allocString,
  callback,
  close,
  describe,
  detach,
  diagnostics,
  errno,
  errnoName,
  free,
  functionAt,
  isPointer,
  offset,
  offsetof,
  open,
  os,
  out,
  owned,
  pointer,
  read,
  sizeof,
  string,
  symbol,
  type,
  types,
  view,
  ways,
  write,
};
