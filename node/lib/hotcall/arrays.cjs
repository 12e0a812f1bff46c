"use strict";
// Codecs of arrays: typed arrays for numbers, strings for characters, arrays for all other elements.

const { expected, join, refuse } = require("./refusal.cjs");
const { scalars } = require("./scalars.cjs");
const { encodingOf, textIn } = require("./text.cjs");

const bytesOf = (view, at, size) => new Uint8Array(view.buffer, view.byteOffset + at, size);

// Writes elements. A shorter array leaves zeros behind them.
function encodeElements(values, length, element, view, at, context, path, name, type) {
  const { size } = element;
  if (typeof values !== "object" || values === null || !(values.length >= 0)) {
    refuse(context, path, name, type, expected("an array", values));
  }
  if (values.length > length) {
    refuse(context, path, name, type, `${values.length} elements are too many: it has ${length}`);
  }
  const inner = join(path, name);
  for (let i = 0; i < values.length; i++) {
    element.encode(values[i], view, at + i * size, context, inner, `[${i}]`);
  }
  bytesOf(view, at + values.length * size, (length - values.length) * size).fill(0);
}

// Writes a string, the zero behind it, and zeros to the end.
function encodeText(text, encoding, size, view, at, context, path, name, type) {
  const encoded = encoding.encode(text);
  const { unit } = encoding;
  if (encoded.length + unit > size) {
    const [given, room] = [encoded.length / unit, size / unit];
    refuse(context, path, name, type, `a string of ${given} units and the zero behind it do not fit: it has ${room}`);
  }
  const bytes = bytesOf(view, at, size);
  bytes.set(encoded);
  bytes.fill(0, encoded.length);
}

// Reads elements.
function decodeElements(type, element, view, at, length) {
  const { size } = element;
  const TypedArray = scalars[type.element.kind]?.array;
  if (TypedArray !== undefined) {
    const from = view.byteOffset + at;
    return new TypedArray(view.buffer.slice(from, from + length * size));
  }
  return Array.from({ length }, (_, i) => element.decode(view, at + i * size));
}

// The codec of an array of `length` elements.
function arrayCodec(type, length, element) {
  const encoding = encodingOf(type.element);
  const size = length * element.size;
  return {
    size,
    encode(value, view, at, context, path, name) {
      if (typeof value === "string" && encoding !== undefined) {
        encodeText(value, encoding, size, view, at, context, path, name, type);
      } else {
        encodeElements(value, length, element, view, at, context, path, name, type);
      }
    },
    decode(view, at) {
      return encoding === undefined
        ? decodeElements(type, element, view, at, length)
        : textIn(bytesOf(view, at, size), encoding);
    },
  };
}

module.exports = { arrayCodec, bytesOf };
