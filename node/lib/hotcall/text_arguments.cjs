"use strict";
// Arguments for pointers to characters that the native function does not take itself.

const { checkLength, refuseUnknown } = require("./lengths.cjs");
const { isBytes } = require("./refusal.cjs");
const { terminated, textIn } = require("./text.cjs");

// A string of 16 or 32 bits a unit.
function textArgument(encoding) {
  return {
    begin: (value) => (typeof value === "string" ? terminated(value, encoding) : value),
  };
}

// An argument that a string which C returns may lead into, such as that of `strchr`. Native functions drop their copies
// of strings when they return, so the bytes are made here, and the wrapper holds them.
function heldTextArgument(conversion, encoding) {
  const begin = conversion?.begin ?? ((value) => value);
  return {
    ...conversion,
    begin: (value, count) => (typeof value === "string" ? terminated(value, encoding) : begin(value, count)),
  };
}

// A buffer that C writes a string to: an array whose first element becomes the string, or bytes. Without a length in the
// declaration, the string in the array says how long the buffer is.
function textBufferArgument(type, encoding, length, place) {
  const { unit } = encoding;
  const roomFor = (count) => (length.isDeclared ? length.bytes(count) : undefined);

  function bufferFor(text, room) {
    if (text === undefined && room === undefined) refuseUnknown(place, "[a string of that length]");
    if (typeof text !== "string" && text != null)
      throw new TypeError(`${place}: the element of the array is not a string`);
    const given = terminated(text ?? "", encoding);
    const buffer = new Uint8Array(Math.max(room ?? given.length, unit));
    if (type.direction === "out" && room !== undefined) return buffer;
    if (given.length > buffer.length) {
      const units = given.length / unit - 1;
      throw new TypeError(
        `${place}: a string of ${units} units and the zero behind it do not fit: there are ${buffer.length / unit}`,
      );
    }
    buffer.set(given);
    return buffer;
  }

  return {
    countedBy: length.countedBy,
    begin(value, count) {
      if (Array.isArray(value)) return bufferFor(value[0], roomFor(count));
      if (isBytes(value)) checkLength(value.byteLength, roomFor(count), length, place);
      return value;
    },
    end(value, bytes) {
      if (bytes !== value) value[0] = textIn(bytes, encoding);
    },
  };
}

module.exports = { heldTextArgument, textArgument, textBufferArgument };
