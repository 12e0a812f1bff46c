"use strict";
// The values that script gets for functions and variables of C.

const binding = require("../binding.cjs");

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
function structFunction(raw, name, arity, size) {
  const call = (...args) => {
    const result = withResult(args, arity, size);
    apply(raw, undefined, args);
    return result;
  };
  const into = { value: named(raw, "into", arity + 1), writable: true, configurable: true };
  return defineProperties(named(call, name, arity), { into });
}

// A function that is called on another thread. `size` is that of the struct that it returns, if it does so.
function laterFunction(raw, name, arity, size) {
  const call = async (...args) => {
    if (size === undefined) return (await binding.async(raw, args)).value;
    const result = withResult(args, arity, size);
    await binding.async(raw, args);
    return result;
  };
  return named(call, name, arity);
}

// The value of a function: the binding's own, unless it is nonblocking or returns a struct.
function functionValue(raw, { symbol, nonblocking, parameters, result }) {
  if (raw === null) return null;
  const size = AGGREGATES[result?.kind] ? result.size : undefined;
  if (nonblocking) return laterFunction(raw, symbol, parameters.length, size);
  return size === undefined ? raw : structFunction(raw, symbol, parameters.length, size);
}

// The value of a variable: its contents, or its address if it is a pointer to something.
function variableValue(library, { key, symbol, type }) {
  if (AGGREGATES[type.kind]) {
    throw new TypeError(`Invalid FFI static type, '${key}' is a struct`);
  }
  const pointer = binding.symbol(library, symbol);
  return pointer === null || ADDRESSES[type.kind] ? pointer : binding.read(pointer, 0, type.kind);
}

module.exports = { functionValue, variableValue };
