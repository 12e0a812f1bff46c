"use strict";
// Strings and bytes that are written to memory.

const { Buffer } = require("node:buffer");

const { requireMemory } = require("../permissions.cjs");
const { checkSpan, checkedAddress } = require("./address.cjs");
const { isArrayBuffer, isDetached, isDetachedView, isView, sizeOf } = require("./bytes.cjs");
const { invalidPointer, invalidType, invalidValue, outOfRange, received } = require("./errors.cjs");
const { move } = require("./move.cjs");

function checkedText(value, name) {
  if (typeof value !== "string") throw invalidType(`The "${name}" argument must be of type string. ${received(value)}`);
}

function checkedRoom(length, least) {
  if (typeof length !== "number") throw invalidType(`The "len" argument must be of type number. ${received(length)}`);
  const refuse = (must) => outOfRange(`The value of "len" is out of range. It must be ${must}. Received ${length}`);
  if (!Number.isInteger(length)) throw refuse("an integer");
  if (!Number.isSafeInteger(length) || length < 0) throw refuse(`>= 0 && <= ${Number.MAX_SAFE_INTEGER}`);
  if (length < least) throw refuse(`>= ${least}`);
}

// Copies bytes to memory of `length` bytes.
function store(bytes, pointer, length) {
  requireMemory();
  if (isView(bytes) ? isDetachedView(bytes) : isDetached(bytes)) throw invalidValue("ArrayBuffer is detached");
  const size = sizeOf(bytes);
  checkedRoom(length, size);
  checkedAddress(pointer, "pointer");
  if (pointer === 0n && size > 0) throw invalidPointer("Cannot create a buffer from a null pointer");
  checkSpan(pointer, 0, length, "The pointer and length exceed the platform address range");
  if (size > 0) move().store(pointer, bytes, size);
}

const WIDE = ["ucs2", "ucs-2", "utf16le", "utf-16le"];

function exportString(string, pointer, length, encoding = "utf8") {
  checkedText(string, "string");
  checkedText(encoding, "encoding");
  const end = Buffer.alloc(WIDE.includes(encoding.toLowerCase()) ? 2 : 1);
  store(Buffer.concat([Buffer.from(string, encoding), end]), pointer, length);
}

function refuse(source, name, expected) {
  throw invalidType(`The "${name}" argument must be an instance of ${expected}. ${received(source)}`);
}

function exportBuffer(source, pointer, length) {
  if (!Buffer.isBuffer(source)) refuse(source, "buffer", "Buffer");
  store(source, pointer, length);
}

function exportArrayBuffer(source, pointer, length) {
  if (!isArrayBuffer(source)) refuse(source, "arrayBuffer", "ArrayBuffer");
  store(source, pointer, length);
}

function exportArrayBufferView(source, pointer, length) {
  if (!isView(source)) refuse(source, "arrayBufferView", "ArrayBufferView");
  store(source, pointer, length);
}

module.exports = { exportArrayBuffer, exportArrayBufferView, exportBuffer, exportString };
