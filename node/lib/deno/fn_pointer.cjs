"use strict";
// `Deno.UnsafeFnPointer`: a function at an address.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { readFunction } = require("./definition.cjs");
const { pointerValue } = require("./pointer.cjs");
const { functionValue } = require("./symbols.cjs");

const { apply } = Reflect;

class UnsafeFnPointer {
  #function;
  pointer;
  definition;
  constructor(pointer, definition) {
    requireMemory();
    if (pointerValue(pointer) === null) throw new TypeError("Invalid FFI function pointer, pointer is null");
    const declared = readFunction(definition);
    const { declarations, key, callsBack } = declared;
    const raw = binding.pointerFunction(pointer, declarations, key, { callbacks: callsBack });
    this.#function = functionValue(raw, declared);
    this.pointer = pointer;
    this.definition = definition;
  }
  call(...args) {
    return apply(this.#function, undefined, args);
  }
}

module.exports = { UnsafeFnPointer };
