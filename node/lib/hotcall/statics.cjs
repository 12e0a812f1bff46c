"use strict";
// Variables of C as properties: each read and each write goes to C's memory.

const { codecOf } = require("./codecs.cjs");
const { readFrom, writeTo } = require("./memory.cjs");

// The accessors of a variable at `pointer`. A variable that the library lacks is null.
function accessors(key, type, constant, pointer, isClosed) {
  if (pointer === null) return { get: () => null };
  const codec = codecOf(type);
  const place = `variable ${JSON.stringify(key)}`;
  const check = () => {
    if (isClosed()) throw new Error(`cannot use ${place}: its library is closed`);
  };
  return {
    get() {
      check();
      return readFrom(pointer, codec, 0);
    },
    set(value) {
      check();
      if (constant) throw new TypeError(`cannot write ${place}: it is const`);
      writeTo(pointer, codec, 0, value, `cannot write ${place} (${type})`);
    },
  };
}

module.exports = { accessors };
