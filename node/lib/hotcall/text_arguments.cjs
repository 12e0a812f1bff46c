"use strict";
// Arguments for pointers to characters that the native function does not take itself.

const { countOf } = require("./memory_arguments.cjs");
const { terminated, textIn } = require("./text.cjs");

// A string of 16 or 32 bits a unit.
function textArgument(type, encoding) {
  return {
    begin: (value) => (typeof value === "string" ? terminated(value, encoding) : value),
  };
}

// An argument that a string which C returns may lead into, such as that of `strchr`. The bytes stay in place until the
// result is read, where the wrapper holds them.
function stayingArgument(conversion, encoding) {
  const begin = conversion?.begin ?? ((value) => value);
  return {
    ...conversion,
    begin(value, count) {
      if (typeof value === "string" && encoding !== undefined) return terminated(value, encoding);
      const argument = begin(value, count);
      // A typed array whose buffer was asked for is not moved any more.
      if (ArrayBuffer.isView(argument)) argument.buffer;
      return argument;
    },
  };
}

// A buffer that C writes a string to: an array whose first element becomes the string, or bytes.
function textBufferArgument(type, encoding, length, place) {
  const { unit } = encoding;
  return {
    countedBy: length?.countedBy,
    begin(value, count) {
      if (Array.isArray(value)) return bufferFor(value[0] ?? "", countOf(length, count));
      const room = countOf(length, count) * (length?.unit ?? 0);
      if (value?.byteLength < room) {
        throw new TypeError(`${place}: ${value.byteLength} bytes are too few: C uses ${room} bytes`);
      }
      return value;
    },
    end(value, bytes) {
      if (bytes !== value && bytes !== null) value[0] = textIn(bytes, encoding);
    },
  };

  // Without a length in the declaration, the string in the array says how long the buffer is.
  function bufferFor(text, count) {
    if (typeof text !== "string") throw new TypeError(`${place}: the element of the array is not a string`);
    const given = terminated(text, encoding);
    const size = count === undefined ? given.length : count * length.unit;
    const buffer = new Uint8Array(Math.max(size, unit));
    if (type.direction === "inout" || count === undefined) {
      if (given.length > buffer.length) {
        const units = given.length / unit - 1;
        throw new TypeError(`${place}: a string of ${units} units and the zero behind it do not fit: there are ${buffer.length / unit}`);
      }
      buffer.set(given);
    }
    return buffer;
  }
}

module.exports = { stayingArgument, textArgument, textBufferArgument };
