"use strict";
// Strings of C: UTF-8 for `char` and `char8_t`, UTF-16 for `char16_t`, UTF-32 for `char32_t`, and one of these for `wchar_t`.

const { Buffer } = require("node:buffer");

const utf8 = {
  name: "utf8",
  unit: 1,
  encode: (text) => Buffer.from(text, "utf8"),
  decode: (bytes) => bytes.toString("utf8"),
};

const utf16 = {
  name: "utf16",
  unit: 2,
  encode: (text) => Buffer.from(text, "utf16le"),
  decode: (bytes) => bytes.toString("utf16le"),
};

const REPLACEMENT = 0xfffd;

const utf32 = {
  name: "utf32",
  unit: 4,
  encode(text) {
    const points = Uint32Array.from(text.toWellFormed(), (character) => character.codePointAt(0));
    return Buffer.from(points.buffer);
  },
  decode(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length; at += 4) {
      const point = bytes.readUInt32LE(at);
      text += String.fromCodePoint(point < 0xd800 || (point > 0xdfff && point <= 0x10ffff) ? point : REPLACEMENT);
    }
    return text;
  },
};

// The encoding of a type of characters, or undefined.
function encodingOf(type) {
  switch (type?.c) {
    case "char":
    case "char8_t":
      return utf8;
    case "char16_t":
      return utf16;
    case "char32_t":
      return utf32;
    case "wchar_t":
      return type.size === 2 ? utf16 : utf32;
  }
}

// The bytes of a string and of the zero behind it.
function terminated(text, encoding) {
  const encoded = encoding.encode(text);
  const bytes = new Uint8Array(encoded.length + encoding.unit);
  bytes.set(encoded);
  return bytes;
}

// The string in front of the first zero, or in all of the bytes.
function textIn(bytes, encoding) {
  const { unit } = encoding;
  let end = 0;
  while (end + unit <= bytes.length && !isZero(bytes, end, unit)) end += unit;
  return encoding.decode(Buffer.from(bytes.buffer, bytes.byteOffset, end));
}

function isZero(bytes, at, unit) {
  for (let i = 0; i < unit; i++) {
    if (bytes[at + i] !== 0) return false;
  }
  return true;
}

module.exports = { utf8, encodingOf, terminated, textIn };
