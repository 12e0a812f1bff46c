"use strict";
// Functions from pointers.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { declareFunction } = require("./declare.cjs");
const { CFunction } = require("./functions.cjs");
const { optionsOf } = require("./options.cjs");
const { asPointer } = require("./memory.cjs");
const { typeFrom } = require("./specs.cjs");

const NAME = "function";

// The function at a pointer, of a type such as "int (*)(int)". The memory of its code must stay.
function functionAt(value, spec, options) {
  requireMemory();
  const { callbacks, errno } = optionsOf("functionAt", options, ["callbacks", "errno"]);
  const { signature } = typeFrom(spec);
  if (signature === undefined) throw new TypeError("functionAt: argument 2 is not the type of a function");
  const pointer = asPointer(value);
  const native = binding.pointerFunction(pointer, declareFunction(NAME, signature), NAME, {
    bytes: true,
    callbacks,
    errno,
  });
  return new CFunction(native, { name: NAME, signature, errno: errno === true, symbol: { pointer } }).function;
}

module.exports = { functionAt };
