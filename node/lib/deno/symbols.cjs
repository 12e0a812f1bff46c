"use strict";
// The values that script gets for functions and variables of C.

const binding = require("../binding.cjs");
const { typeOf } = require("./definition.cjs");

const { apply } = Reflect;
const { defineProperties } = Object;
const Bytes = Uint8Array;

const AGGREGATES = { __proto__: null, struct: true, union: true, array: true };
const ADDRESSES = { __proto__: null, pointer: true, buffer: true, text: true, function: true };

// Gives a function a name and the number of its parameters.
function named(made, name, length) {
  return defineProperties(made, {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
  });
}

// Puts the bytes for a struct result behind C's arguments, where the binding expects them.
function withResult(args, arity, size) {
  const result = new Bytes(size);
  args.length = arity;
  args[arity] = result;
  return result;
}

// A function that returns a struct. The binding's own one is its `into`.
function structFunction(raw, size) {
  const { name, length } = raw;
  const arity = length - 1;
  const call = (...args) => {
    const result = withResult(args, arity, size);
    apply(raw, undefined, args);
    return result;
  };
  const into = { value: named(raw, "into", length), writable: true, configurable: true };
  return defineProperties(named(call, name, arity), { into });
}

// A function that is called on another thread.
function laterFunction(raw) {
  const call = async (...args) => (await binding.async(raw, args)).value;
  return named(call, raw.name, raw.length);
}

function laterStructFunction(raw, size) {
  const arity = raw.length - 1;
  const call = async (...args) => {
    const result = withResult(args, arity, size);
    await binding.async(raw, args);
    return result;
  };
  return named(call, raw.name, arity);
}

// The value of a function: the binding's own, unless it is nonblocking or returns a struct. Null if it is missing.
function functionValue(raw, { isNonblocking, type }) {
  if (raw === null) return null;
  const { kind, size } = typeOf(type);
  if (AGGREGATES[kind]) return isNonblocking ? laterStructFunction(raw, size) : structFunction(raw, size);
  return isNonblocking ? laterFunction(raw) : raw;
}

// The value of a variable: its contents, or its address if it is a pointer to something.
function variableValue(library, { name, symbol, type }) {
  const { kind } = typeOf(type);
  if (AGGREGATES[kind]) throw new TypeError(`Invalid FFI static type, '${name}' is a struct`);
  const pointer = binding.symbol(library, symbol);
  return pointer === null || ADDRESSES[kind] ? pointer : binding.read(pointer, 0, kind);
}

module.exports = { functionValue, variableValue };
