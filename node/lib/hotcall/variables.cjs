"use strict";
// Variables of C: each read and each write goes to C's memory.

const { codecOf } = require("./codecs.cjs");
const { readFrom, writeTo } = require("./memory.cjs");

// A variable. `symbol` has `isClosed`, of its library, and `pointer`, which is null if the library lacks the variable.
class Variable {
  #place;
  #type;
  #constant;
  #symbol;
  constructor(key, type, constant, symbol) {
    this.#place = `variable ${JSON.stringify(key)}`;
    this.#type = type;
    this.#constant = constant;
    this.#symbol = symbol;
  }

  get value() {
    const pointer = this.#pointer();
    return pointer === null ? null : readFrom(pointer, codecOf(this.#type), 0);
  }

  set value(value) {
    const pointer = this.#pointer();
    const place = `cannot write ${this.#place}`;
    if (pointer === null) throw new TypeError(`${place}: the library lacks it`);
    if (this.#constant) throw new TypeError(`${place}: it is const`);
    writeTo(pointer, codecOf(this.#type), 0, value, `${place} (${this.#type})`);
  }

  #pointer() {
    if (this.#symbol.isClosed) throw new Error(`cannot use ${this.#place}: its library is closed`);
    return this.#symbol.pointer;
  }
}

module.exports = { Variable };
