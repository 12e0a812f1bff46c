"use strict";
// Declarations that were read. Descriptions, types and signatures are made when they are used, because headers declare many.

const binding = require("../binding.cjs");
const { CType, Signature } = require("./types.cjs");

const describe = (handle) => JSON.parse(binding.describe(handle));

// What both forms have: `handle`, the binding's declarations.
//
// `functionKeys` and `variableKeys` are the names. `functionOf(key)` returns { key, symbol, optional, nonblocking, errno,
// parameters, result, variadic }, and `variableOf(key)` returns { key, symbol, optional, type, constant }.
class Declared {
  handle;
  // Types that script has named by text, see specs.cjs.
  named = new Map();
  constructor(handle) {
    this.handle = handle;
  }

  // The type that the binding describes.
  typeOf(description) {
    return new CType(description, this);
  }

  signatureOf(description) {
    return Signature.of(description, this);
  }
}

// Declarations in C text, which has types, constants and problems too.
class DeclaredText extends Declared {
  text;
  #description;
  #types = new Map();
  constructor(text) {
    super(binding.declarations(text, "c"));
    this.text = text;
    this.#description = describe(this.handle);
  }

  get functionKeys() {
    return keysOf(this.#description.functions);
  }

  get variableKeys() {
    return keysOf(this.#description.statics);
  }

  functionOf(key) {
    return this.#description.functions.find((one) => one.key === key);
  }

  variableOf(key) {
    return this.#description.statics.find((one) => one.key === key);
  }

  get constants() {
    return this.#description.constants.map(({ name, value }) => [name, constantOf(value)]);
  }

  // What was not read, or was read in one of several ways.
  get problems() {
    const { unsupported, warnings, skipped } = this.#description;
    return { unsupported, warnings, skipped };
  }

  get typeNames() {
    return this.#description.types.filter(({ type }) => type != null).map(({ name }) => name);
  }

  // The type of this name, or undefined.
  get(name) {
    let type = this.#types.get(name);
    if (type === undefined) {
      const described = this.#description.types.find((type) => type.name === name)?.type;
      if (described != null) this.#types.set(name, (type = this.typeOf(described)));
    }
    return type;
  }
}

// Declarations in Deno's form. `declarations` is a copy of script's object.
class DeclaredObject extends Declared {
  text = "";
  constants = [];
  problems = { unsupported: [], warnings: [], skipped: [] };
  typeNames = [];
  #declarations;
  constructor(declarations) {
    super(binding.declarations(JSON.stringify(declarations), "json"));
    this.#declarations = declarations;
  }

  get functionKeys() {
    return Object.keys(this.#declarations).filter((key) => this.#declarations[key].type === undefined);
  }

  get variableKeys() {
    return Object.keys(this.#declarations).filter((key) => this.#declarations[key].type !== undefined);
  }

  functionOf(key) {
    return this.#describe(key).functions[0];
  }

  variableOf(key) {
    return this.#describe(key).statics[0];
  }

  // One declaration is described as one of its own: descriptions of all would cost more than opening a library.
  #describe(key) {
    return describe(binding.declarations(JSON.stringify({ __proto__: null, [key]: this.#declarations[key] }), "json"));
  }

  get() {}
}

const keysOf = (list) => list.map(({ key }) => key);

// Integers are numbers where numbers hold them exactly.
function constantOf(value) {
  if (value === null) return null;
  if (value.integer !== undefined) {
    const integer = BigInt(value.integer);
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  }
  return value.number !== undefined ? Number(value.number) : new TextDecoder().decode(Uint8Array.from(value.text));
}

module.exports = { DeclaredObject, DeclaredText };
