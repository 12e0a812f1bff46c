"use strict";
// Arguments for pointers to functions: pointers, callbacks, functions of libraries, and functions of script, which
// become callbacks for the call.

const { Callback } = require("./callbacks.cjs");
const { known } = require("./details.cjs");
const { pointerKey } = require("./pointers.cjs");

function argumentOfFunction(type, place) {
  // Callbacks of running calls, by their pointers.
  const open = new WeakMap();
  return {
    begin(value) {
      if (typeof value === "object" && value !== null) return value[pointerKey] ?? value;
      if (typeof value !== "function") return value;
      const details = known.get(value);
      if (details !== undefined) return details.pointer;
      if (type.signature === undefined) {
        throw new TypeError(`${place}: the declaration does not say the signature: make a callback`);
      }
      const callback = new Callback(type, value);
      const pointer = callback[pointerKey];
      open.set(pointer, callback);
      return pointer;
    },
    // Runs when the call has ended in any way.
    close(pointer) {
      open.get(pointer)?.close();
    },
  };
}

module.exports = { argumentOfFunction };
