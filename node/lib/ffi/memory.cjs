"use strict";
// What is at an address, and the addresses of script's bytes.

const { Buffer } = require("node:buffer");

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { checkSpan, checkedAddress, checkedSize } = require("./address.cjs");
const { isAnyArrayBuffer, isDetached, isDetachedView, isView } = require("./bytes.cjs");
const { coded, invalidPointer, invalidType, invalidValue, received } = require("./errors.cjs");
const { move } = require("./move.cjs");

function toString(pointer) {
  requireMemory();
  checkedAddress(pointer, "first argument");
  return pointer === 0n ? null : binding.string(binding.pointer(pointer), 0, -1, "utf8");
}

function allocated(length) {
  try {
    return new ArrayBuffer(length);
  } catch {
    throw coded(RangeError, "ERR_MEMORY_ALLOCATION_FAILED", `Failed to allocate memory: ${length} bytes`);
  }
}

// `what` is what is made, for messages.
function bytesAt(pointer, length, copy, what) {
  requireMemory();
  checkedAddress(pointer, "first argument");
  checkedSize(length, "length");
  if (typeof copy !== "boolean") throw invalidType("The copy argument must be a boolean");
  if (pointer === 0n && length > 0) throw invalidPointer(`Cannot create ${what} from a null pointer`);
  checkSpan(pointer, 0, length, "The pointer and length exceed the platform address range");
  if (length === 0) return new ArrayBuffer(0);
  if (!copy) return binding.arrayBuffer(binding.pointer(pointer), length);
  const bytes = allocated(length);
  move().load(bytes, pointer, length);
  return bytes;
}

const toBuffer = (pointer, length, copy = true) => Buffer.from(bytesAt(pointer, length, copy, "a buffer"));
const toArrayBuffer = (pointer, length, copy = true) => bytesAt(pointer, length, copy, "an ArrayBuffer");

function getRawPointer(source) {
  requireMemory();
  if (!isView(source) && !isAnyArrayBuffer(source)) {
    throw invalidType(
      `The first argument must be a Buffer, ArrayBuffer, SharedArrayBuffer, or ArrayBufferView. ${received(source)}`,
    );
  }
  if (isView(source) && isDetachedView(source)) throw invalidValue("ArrayBufferView is backed by a detached ArrayBuffer");
  if (isDetached(source)) throw invalidValue("ArrayBuffer is detached");
  return binding.address(binding.pointerOf(source));
}

function getCurrentEventLoop() {
  requireMemory();
  return binding.address(binding.eventLoop());
}

module.exports = { getCurrentEventLoop, getRawPointer, toArrayBuffer, toBuffer, toString };
