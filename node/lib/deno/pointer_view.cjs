"use strict";
// `Deno.UnsafePointerView`: the memory behind a pointer.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { bytesOf, count } = require("./bytes.cjs");
const { ownerOf } = require("./owners.cjs");
const { pointerValue } = require("./pointer.cjs");

// A pointer that is not null.
function place(pointer, what) {
  requireMemory();
  if (pointerValue(pointer) === null) throw new TypeError(`Invalid ${what} pointer, pointer is null`);
  return pointer;
}

function getCString(pointer, offset = 0) {
  return binding.string(place(pointer, "CString"), count(offset), -1, "utf8");
}

// A buffer over the memory. If the memory belongs to a buffer, that one lives as long as the memory is in use.
function getArrayBuffer(pointer, byteLength, offset = 0) {
  const owner = ownerOf(place(pointer, "ArrayBuffer"));
  const start = place(binding.offset(pointer, count(offset)), "ArrayBuffer");
  return binding.arrayBuffer(start, count(byteLength), owner);
}

function copyInto(pointer, destination, offset = 0) {
  place(pointer, "ArrayBuffer");
  const bytes = bytesOf(destination);
  if (bytes === undefined) {
    throw new TypeError("Invalid FFI destination, expected ArrayBuffer, or ArrayBufferView");
  }
  binding.copy(pointer, count(offset), bytes);
}

class UnsafePointerView {
  pointer;
  constructor(pointer) {
    requireMemory();
    this.pointer = pointer;
  }
  getCString(offset = 0) {
    return getCString(this.pointer, offset);
  }
  getArrayBuffer(byteLength, offset = 0) {
    return getArrayBuffer(this.pointer, byteLength, offset);
  }
  copyInto(destination, offset = 0) {
    copyInto(this.pointer, destination, offset);
  }
}

function define(object, name, value) {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

for (const method of [getCString, getArrayBuffer, copyInto]) define(UnsafePointerView, method.name, method);

const GETTERS = {
  getBool: "bool",
  getInt8: "i8",
  getUint8: "u8",
  getInt16: "i16",
  getUint16: "u16",
  getInt32: "i32",
  getUint32: "u32",
  getBigInt64: "i64",
  getBigUint64: "u64",
  getFloat32: "f32",
  getFloat64: "f64",
  getPointer: "pointer",
};

for (const [name, kind] of Object.entries(GETTERS)) {
  const { [name]: getter } = {
    [name](offset = 0) {
      return binding.read(place(this.pointer, kind), count(offset), kind);
    },
  };
  define(UnsafePointerView.prototype, name, getter);
}

module.exports = { UnsafePointerView };
