"use strict";
// Bytes for a value of C: what a pointer among the arguments leads to.

// A cell is a typed array, so that native functions take it as they take other bytes.
class Cell extends Uint8Array {
  #codec;
  view = new DataView(this.buffer);
  // Bytes of strings that this value points to.
  kept = [];
  // What an error says about a value that is written here.
  place;

  constructor(codec, size, place) {
    super(size);
    this.#codec = codec;
    this.place = place;
  }

  static get [Symbol.species]() {
    return Uint8Array;
  }

  get value() {
    return this.#codec.decode(this.view, 0);
  }

  set value(value) {
    if (this.kept.length > 0) this.kept = [];
    this.#codec.encode(value, this.view, 0, this, "", "");
  }
}

module.exports = { Cell };
