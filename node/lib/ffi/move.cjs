"use strict";
// C's memmove, in both directions between bytes of script and an address.

const binding = require("../binding.cjs");

function direction(parameters) {
  const library = binding.open(process.platform === "win32" ? "ucrtbase.dll" : null, {});
  const declarations = binding.declarations(JSON.stringify({ memmove: { parameters, result: "void" } }), "json");
  return binding.functions(library, declarations, {}).memmove;
}

let functions;

// `load(bytes, address, size)` and `store(address, bytes, size)`, which are made when they are first used.
const move = () =>
  (functions ??= { load: direction(["buffer", "u64", "usize"]), store: direction(["u64", "buffer", "usize"]) });

module.exports = { move };
