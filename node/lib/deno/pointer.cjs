"use strict";
// `Deno.UnsafePointer`: pointers as opaque objects, null for the null pointer.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { bytesOf, count } = require("./bytes.cjs");
const { isCallback } = require("./callback.cjs");
const { keep, ownerOf } = require("./owners.cjs");

const { isInteger } = Number;

function pointerValue(value) {
  if (value === null || binding.isPointer(value)) return value;
  throw new TypeError("Invalid FFI pointer type, expected null, or External");
}

class UnsafePointer {
  static create(value) {
    requireMemory();
    if (typeof value !== "bigint" && !isInteger(value)) throw new TypeError("Invalid address, expected a bigint");
    return binding.pointer(BigInt(value));
  }
  static equals(a, b) {
    requireMemory();
    return binding.address(pointerValue(a)) === binding.address(pointerValue(b));
  }
  static of(value) {
    requireMemory();
    if (isCallback(value)) return value.pointer;
    const bytes = bytesOf(value);
    if (bytes !== undefined) return keep(binding.pointerOf(bytes), bytes);
    const expected = "'ArrayBuffer', 'SharedArrayBuffer', 'ArrayBufferView' or 'UnsafeCallback'";
    throw new TypeError(`Cannot access pointer: expected ${expected}, received ${typeof value}`);
  }
  static offset(value, offset) {
    requireMemory();
    if (value === null) throw new TypeError("Invalid pointer to offset, pointer is null");
    return keep(binding.offset(pointerValue(value), count(offset)), ownerOf(value));
  }
  static value(value) {
    requireMemory();
    return binding.address(pointerValue(isCallback(value) ? value.pointer : value));
  }
}

module.exports = { UnsafePointer, pointerValue };
