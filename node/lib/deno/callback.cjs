"use strict";
// `Deno.UnsafeCallback`: a function of script that C calls.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { readFunction } = require("./definition.cjs");

const { apply } = Reflect;
const { add, delete: remove } = Set.prototype;

// The callbacks that are not closed. C may keep the address of one that script has forgotten.
const open = new Set();

const VOID = '"void"';

// A function of void may be an async one. Its promise is nothing to C.
const withoutResult = (callback) => (...args) => void apply(callback, undefined, args);

class UnsafeCallback {
  #handle;
  #count = 0;
  definition;
  callback;
  pointer;
  constructor(definition, callback) {
    requireMemory();
    const { declarations, key, isNonblocking, type } = readFunction(definition);
    if (isNonblocking) throw new TypeError("Cannot construct UnsafeCallback: cannot be nonblocking");
    if (typeof callback !== "function") throw new TypeError("Cannot construct UnsafeCallback: expected a function");
    this.#handle = binding.callback(declarations, key, type === VOID ? withoutResult(callback) : callback);
    apply(add, open, [this.#handle]);
    this.definition = definition;
    this.callback = callback;
    this.pointer = binding.callbackPointer(this.#handle);
  }
  static threadSafe(definition, callback) {
    const made = new UnsafeCallback(definition, callback);
    made.#ref();
    return made;
  }
  static is(value) {
    return typeof value === "object" && value !== null && #handle in value;
  }
  #ref() {
    if (this.#handle !== null && this.#count++ === 0) binding.callbackRef(this.#handle, true);
    return this.#count;
  }
  ref() {
    return this.#ref();
  }
  unref() {
    if (this.#count > 0 && --this.#count === 0) binding.callbackRef(this.#handle, false);
    return this.#count;
  }
  close() {
    const handle = this.#handle;
    if (handle === null) return;
    if (this.#count > 0) binding.callbackRef(handle, false);
    this.#handle = null;
    this.#count = 0;
    apply(remove, open, [handle]);
    binding.callbackClose(handle);
  }
}

const { is: isCallback } = UnsafeCallback;
delete UnsafeCallback.is;

module.exports = { UnsafeCallback, isCallback };
