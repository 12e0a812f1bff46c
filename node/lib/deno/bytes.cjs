"use strict";
// What script gives as bytes, offsets and lengths.

const { isAnyArrayBuffer } = require("node:util").types;

const { isView } = ArrayBuffer;
const { trunc } = Math;
const Bytes = Uint8Array;

// The bytes of a buffer or a view, or nothing.
function bytesOf(value) {
  if (isView(value)) return value;
  return isAnyArrayBuffer(value) ? new Bytes(value) : undefined;
}

// An offset or a length in bytes.
function count(value) {
  if (typeof value === "bigint") return value;
  if (typeof value !== "number") throw new TypeError(`Expected a number of bytes, not ${typeof value}`);
  return trunc(value) || 0;
}

module.exports = { bytesOf, count };
