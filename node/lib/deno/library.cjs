"use strict";
// `Deno.dlopen`.

const { fileURLToPath } = require("node:url");
const binding = require("../binding.cjs");
const { libraryPath } = require("../permissions.cjs");
const { readLibrary } = require("./definition.cjs");
const { functionValue, variableValue } = require("./symbols.cjs");

const { defineProperty } = Object;

function toPath(path) {
  if (typeof path === "string") return path;
  if (path instanceof URL) return fileURLToPath(path);
  throw new TypeError("Expected a path or a file URL");
}

// The values of a library's symbols, in the order of their declarations. Like in Deno, script may replace functions
// that are called at once.
function symbolsOf(library, { declarations, callbacks, all }) {
  const functions = binding.functions(library, declarations, { callbacks });
  const symbols = { __proto__: null };
  for (const declared of all) {
    const { name, isStatic, isNonblocking } = declared;
    const value = isStatic ? variableValue(library, declared) : functionValue(functions[name], declared);
    const isFixed = isStatic || isNonblocking;
    defineProperty(symbols, name, { value, enumerable: true, writable: !isFixed, configurable: !isFixed });
  }
  return symbols;
}

class DynamicLibrary {
  #library;
  symbols;
  constructor(path, symbols) {
    const file = libraryPath(toPath(path));
    const declared = readLibrary(symbols);
    this.#library = binding.open(file === "" ? null : file);
    try {
      this.symbols = symbolsOf(this.#library, declared);
    } catch (error) {
      this.close();
      throw error;
    }
  }
  close() {
    binding.close(this.#library);
  }
  [Symbol.dispose]() {
    this.close();
  }
}

const dlopen = (path, symbols) => new DynamicLibrary(path, symbols);

module.exports = { dlopen };
