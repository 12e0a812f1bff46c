"use strict";
// Pointers for script: opaque objects, which convert to BigInts and back.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { known } = require("./details.cjs");
const { asPointer } = require("./memory.cjs");
const { isBytes } = require("./refusal.cjs");

// The pointer for an address, of the first of some bytes, of a function of a library, or of a callback.
function pointer(value) {
  requireMemory();
  if (typeof value === "bigint" || typeof value === "number") return binding.pointer(value);
  if (isBytes(value)) return binding.pointerOf(value);
  const found = typeof value === "function" ? known.get(value)?.pointer : asPointer(value);
  if (found === null || binding.isPointer(found)) return found;
  throw new TypeError("pointer: expected an address, bytes, a function of a library, a callback, or an owner");
}

const address = (value) => binding.address(asPointer(value));
function offset(value, bytes) {
  requireMemory();
  return binding.offset(asPointer(value), bytes);
}

const isPointer = (value) => binding.isPointer(value);

module.exports = { address, isPointer, offset, pointer };
