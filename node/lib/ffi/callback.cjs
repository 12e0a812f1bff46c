"use strict";
// Functions of script that C calls.

const binding = require("../binding.cjs");
const { callbacks } = require("./call.cjs");
const { invalidValue } = require("./errors.cjs");

// The value that C gets when the function was collected.
const ZERO = { void: undefined, i64: 0n, u64: 0n };
const zeroOf = ({ kind }) => (kind in ZERO ? ZERO[kind] : 0);

// A function that C calls at an address of its own. `unref` lets the function of script be collected, not the address.
class Callback {
  #handle;
  #held;
  #weak;

  constructor({ parameters, result }, f) {
    this.#held = f;
    const zero = zeroOf(result);
    const call = (...values) => {
      const f = this.#held ?? this.#weak.deref();
      if (f === undefined) return zero;
      const value = f(...values);
      return result.isPointer ? (value ?? 0n) : value;
    };
    const declaration = { callback: { parameters: parameters.map((type) => type.kind), result: result.kind } };
    const declarations = binding.declarations(JSON.stringify(declaration), "json");
    this.#handle = binding.callback(declarations, "callback", call, {});
    callbacks.registered++;
  }

  get address() {
    return binding.address(binding.callbackPointer(this.#handle));
  }

  ref() {
    this.#held = this.#function();
  }

  unref() {
    this.#weak = new WeakRef(this.#function());
    this.#held = undefined;
  }

  #function() {
    const f = this.#held ?? this.#weak.deref();
    if (f === undefined) throw invalidValue("Callback not found: its function was collected");
    return f;
  }

  close() {
    binding.callbackClose(this.#handle);
    callbacks.registered--;
  }
}

module.exports = { Callback };
