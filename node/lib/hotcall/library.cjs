"use strict";
// Libraries: objects whose properties are C's functions, variables and constants.

const { fileURLToPath } = require("node:url");
const binding = require("../binding.cjs");
const { libraryPath } = require("../permissions.cjs");
const { declare, declareFunction } = require("./declare.cjs");
const { CFunction } = require("./functions.cjs");
const { accessors } = require("./statics.cjs");
const { CType, Signature } = require("./types.cjs");
const { variadicFunction } = require("./variadic.cjs");

const libraries = new WeakMap();

// What libraries inherit. Names belong to C, so the rest has symbols, or is a function of this package.
const prototype = Object.freeze(
  Object.create(null, {
    [Symbol.toStringTag]: { value: "Library" },
    [Symbol.dispose]: {
      value() {
        close(this);
      },
    },
  }),
);

const POINTER = new CType({ kind: "pointer" }, new Map());
const FREE = new Signature([{ name: null, type: POINTER }], undefined, undefined);

class Library {
  handle;
  declared;
  #options;
  #symbols;
  constructor(path, declarations, options) {
    this.declared = declare(declarations);
    this.#options = { bytes: true, callbacks: options.callbacks, optional: options.optional, errno: options.errno };
    this.handle = binding.open(path, { lazy: options.lazy, global: options.global });
    this.#symbols = binding.symbols(this.handle, this.declared.handle, this.#options);
  }

  // Constants are inherited properties: those of whole headers are many, and are not listed among the functions.
  object() {
    const constants = Object.create(prototype);
    for (const [name, value] of this.declared.constants) define(constants, name, { value, enumerable: true });
    const object = Object.create(constants);
    const missing = new Set(binding.missing(this.#symbols));
    for (const key of this.declared.functionKeys) {
      if (missing.has(key)) define(object, key, { value: null, enumerable: true });
      else defineLazily(object, key, () => this.#functionOf(key));
    }
    for (const key of this.declared.variableKeys) this.#addVariable(object, key);
    for (const { key, reason } of this.declared.problems.unsupported) defineUnsupported(object, key, reason);
    return object;
  }

  #addVariable(object, key) {
    const { symbol, type, constant } = this.declared.variableOf(key);
    const pointer = binding.symbol(this.handle, symbol);
    const isClosed = () => binding.isClosed(this.handle);
    define(object, key, {
      ...accessors(key, this.declared.typeOf(type), constant, pointer, isClosed),
      enumerable: true,
    });
  }

  #functionOf(key) {
    const description = this.declared.functionOf(key);
    const { symbol, errno, nonblocking } = description;
    const signature = this.declared.signatureOf(description);
    const details = {
      name: key,
      errno: errno || isIn(this.#options.errno, key),
      symbol: () => binding.symbol(this.handle, symbol),
    };
    if (signature.variadic === signature.parameters.length) {
      const make = (all, types) => this.#variadic(types, { ...details, signature: all });
      return variadicFunction(key, signature, details.symbol, make);
    }
    const { freedBy } = signature.result ?? {};
    const free = freedBy === undefined ? undefined : this.#freeing(freedBy, key);
    const f = new CFunction(binding.functionOf(this.#symbols, key), { ...details, signature, free });
    return nonblocking ? f.async : f.function;
  }

  #variadic(types, details) {
    const native = binding.variadic(this.handle, this.declared.handle, details.name, types, this.#options);
    return new CFunction(native, details).function;
  }

  // The function that takes a result back: a declared one, or one of the library or of those that it needs.
  #freeing(name, key) {
    if (this.declared.functionKeys.includes(name)) return binding.functionOf(this.#symbols, name);
    const pointer = binding.symbol(this.handle, name);
    if (pointer === null)
      throw new Error(
        `cannot use ${JSON.stringify(key)}: there is no function ${JSON.stringify(name)}, which frees its result`,
      );
    return binding.pointerFunction(pointer, declareFunction(name, FREE), name, {});
  }
}

const isIn = (option, key) => option === true || (Array.isArray(option) && option.includes(key));

function define(object, name, descriptor) {
  Object.defineProperty(object, name, { configurable: true, ...descriptor });
}

// Defines a property whose value is made when script first reads it.
function defineLazily(object, name, make) {
  define(object, name, {
    enumerable: true,
    get() {
      const value = make();
      define(object, name, { value, enumerable: true });
      return value;
    },
  });
}

function defineUnsupported(object, name, reason) {
  define(object, name, {
    get() {
      throw new TypeError(`cannot use ${JSON.stringify(name)}: ${reason}`);
    },
  });
}

function addAliases(object, aliases) {
  for (const [alias, key] of Object.entries(aliases)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    if (descriptor === undefined)
      throw new TypeError(`the alias ${JSON.stringify(alias)}: nothing named ${JSON.stringify(key)} is declared`);
    if (Object.hasOwn(object, alias)) throw new TypeError(`the alias ${JSON.stringify(alias)} is a declared name`);
    if (descriptor.set === undefined && descriptor.get !== undefined) defineLazily(object, alias, () => object[key]);
    else define(object, alias, descriptor);
  }
}

function pathOf(path) {
  if (path === null || typeof path === "string") return path;
  if (path instanceof URL || typeof path?.href === "string") return fileURLToPath(path);
  throw new TypeError("the path is neither a string, a URL nor null");
}

// Loads a library, and returns its functions. A path of null is the process itself.
function open(path, declarations, options = {}) {
  if (options.binary !== undefined) binding.use(pathOf(options.binary));
  const library = new Library(libraryPath(pathOf(path)), declarations, options);
  const object = library.object();
  addAliases(object, options.aliases ?? {});
  libraries.set(object, library);
  return object;
}

function libraryOf(object) {
  const library = libraries.get(object);
  if (library === undefined) throw new TypeError("expected a library that `open` has returned");
  return library;
}

// Closes a library. Calls of its functions throw from now on.
function close(object) {
  binding.close(libraryOf(object).handle);
}

// The address of any symbol of a library, or null.
const symbol = (object, name) => binding.symbol(libraryOf(object).handle, name);

// The types that the C text declares, by their names.
function types(object) {
  const { declared } = libraryOf(object);
  return Object.freeze(Object.fromEntries(declared.typeNames.map((name) => [name, declared.get(name)])));
}

// What was read of the declarations, and what could not be read.
function describe(object) {
  const { handle, declared } = libraryOf(object);
  return {
    path: binding.resolvedPath(handle),
    functions: Object.fromEntries(
      declared.functionKeys.map((key) => [key, declared.signatureOf(declared.functionOf(key))]),
    ),
    variables: Object.fromEntries(
      declared.variableKeys.map((key) => [key, declared.typeOf(declared.variableOf(key).type)]),
    ),
    constants: Object.fromEntries(declared.constants),
    ...declared.problems,
  };
}

module.exports = { close, describe, libraryOf, open, symbol, types };
