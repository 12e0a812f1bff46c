"use strict";
// Conversion of results. A struct is written to a cell, or to what script gives behind C's arguments.
//
// A conversion has `convert(value, held)`, or for structs `begin(into)` and `end(into, bytes)`. `held` are arguments that
// the string may lead into.

const { Cell } = require("./cell.cjs");
const { codecOf } = require("./codecs.cjs");
const { expected, isBytes } = require("./refusal.cjs");
const { textAt, textOf } = require("./pointers.cjs");

// `free` is the function that takes the result back, if the declaration names one.
function resultOf(type, free, place) {
  if (type === undefined) return undefined;
  if (type.isRecord) return recordResult(codecOf(type), place);
  const encoding = textOf(type);
  if (encoding === undefined) return undefined;
  if (free !== undefined) return { convert: (pointer, held) => takeText(pointer, encoding, free, held) };
  return type.constant ? { convert: (pointer, held) => textAt(pointer, encoding, held) } : undefined;
}

function takeText(pointer, encoding, free, held) {
  if (pointer === null) return null;
  try {
    return textAt(pointer, encoding, held);
  } finally {
    free(pointer);
  }
}

function recordResult(codec, place) {
  let spare = null;
  return {
    begin(into) {
      if (isBytes(into)) return into;
      if (into !== undefined && (typeof into !== "object" || into === null)) {
        throw new TypeError(`${place}: the storage for the result: ${expected("an object or a buffer", into)}`);
      }
      const cell = spare ?? new Cell(codec, codec.size, place);
      spare = null;
      return cell;
    },
    end(into, bytes) {
      if (bytes === into) return into;
      spare = bytes;
      if (into === undefined) return codec.decode(bytes.view, 0);
      codec.assign(into, bytes.view, 0);
      return into;
    },
  };
}

module.exports = { resultOf };
