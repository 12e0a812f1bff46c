"use strict";
// Declarations that were read. Descriptions and types are made when they are used, because headers declare many.

const binding = require("../binding.cjs");
const { CType, Signature } = require("./types.cjs");

class Declared {
  // The binding's declarations.
  handle;
  // The C text, which types that script writes as text may refer to.
  text;
  // Types that script has named by text, see specs.cjs.
  named = new Map();
  #names;
  #all;
  #types = new Map();
  constructor(handle, text) {
    this.handle = handle;
    this.text = text;
    this.#names = JSON.parse(binding.names(handle));
  }

  get functionKeys() {
    return this.#names.functions;
  }

  get variableKeys() {
    return this.#names.statics;
  }

  get unsupportedKeys() {
    return this.#names.unsupported;
  }

  get constants() {
    return this.#names.constants.map(({ name, value }) => [name, constantOf(value)]);
  }

  // { key, symbol, optional, nonblocking, errno, parameters, result, variadic } of a function, or
  // { key, symbol, optional, type, constant } of a variable.
  describe(key) {
    return JSON.parse(binding.describe(this.handle, key));
  }

  // What was not read, or was read in one of several ways.
  get problems() {
    const { unsupported, warnings, skipped } = this.#everything;
    return { unsupported, warnings, skipped };
  }

  get typeNames() {
    return this.#everything.types.filter(({ type }) => type != null).map(({ name }) => name);
  }

  get #everything() {
    return (this.#all ??= JSON.parse(binding.describe(this.handle)));
  }

  // The type of this name, or undefined. Functions and variables are not types.
  get(name) {
    let type = this.#types.get(name);
    if (type === undefined) {
      const described = this.describe(name);
      if (described?.key === undefined && described?.type != null) {
        this.#types.set(name, (type = this.typeOf(described.type)));
      }
    }
    return type;
  }

  // The type that the binding describes.
  typeOf(description) {
    return new CType(description, this);
  }

  signatureOf(description) {
    return Signature.of(description, this);
  }
}

// Integers are numbers where numbers hold them exactly.
function constantOf(value) {
  if (value === null) return null;
  if (value.integer !== undefined) {
    const integer = BigInt(value.integer);
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  }
  return value.number !== undefined ? Number(value.number) : new TextDecoder().decode(Uint8Array.from(value.text));
}

module.exports = { Declared };
