"use strict";
// Libraries: objects whose properties are C's functions, variables and constants.

const { fileURLToPath } = require("node:url");
const binding = require("../binding.cjs");
const { libraryPath } = require("../permissions.cjs");
const { declare, declareFunction } = require("./declare.cjs");
const { CFunction } = require("./functions.cjs");
const { CType, Signature } = require("./types.cjs");
const { optionsOf } = require("./options.cjs");
const { Variable } = require("./variables.cjs");
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
  #aliases;
  constructor(path, declarations, options) {
    this.#aliases = options.aliases ?? {};
    this.declared = declare(declarations);
    this.#options = { bytes: true, callbacks: options.callbacks, optional: options.optional, errno: options.errno };
    this.handle = binding.open(path, { lazy: options.lazy, global: options.global });
    this.#symbols = binding.symbols(this.handle, this.declared.handle, this.#options);
  }

  // Constants are inherited properties: those of whole headers are many, and are not listed among the functions.
  object() {
    const constants = Object.create(prototype);
    for (const [name, value] of this.declared.constants) define(constants, name, value);
    const object = Object.create(constants);
    const missing = new Set(binding.missing(this.#symbols));
    const makeFunction = (key) => this.#functionOf(key);
    for (const key of this.declared.functionKeys) {
      if (missing.has(key)) define(object, key, null);
      else defineLazily(object, key, makeFunction);
    }
    const makeVariable = (key) => this.#variableOf(key);
    for (const key of this.declared.variableKeys) defineVariable(object, key, makeVariable);
    for (const key of this.declared.unsupportedKeys) defineUnsupported(object, key, (key) => this.#reasonOf(key));
    for (const [alias, key] of Object.entries(this.#aliases)) this.#addAlias(object, alias, key);
    return object;
  }

  #reasonOf(key) {
    return this.declared.problems.unsupported.find((one) => one.key === key).reason;
  }

  #addAlias(object, alias, key) {
    const place = `the alias ${JSON.stringify(alias)}`;
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property === undefined) throw new TypeError(`${place}: nothing named ${JSON.stringify(key)} is declared`);
    if (Object.hasOwn(object, alias)) throw new TypeError(`${place} is a declared name`);
    if (this.declared.variableKeys.includes(key)) Object.defineProperty(object, alias, property);
    else defineLazily(object, alias, () => object[key]);
  }

  #variableOf(key) {
    const { symbol, type, constant } = this.declared.describe(key);
    return new Variable(key, this.declared.typeOf(type), constant, new LibrarySymbol(this.handle, symbol));
  }

  #functionOf(key) {
    const description = this.declared.describe(key);
    const { symbol, errno, nonblocking } = description;
    const signature = this.declared.signatureOf(description);
    const details = {
      name: key,
      errno: errno || isIn(this.#options.errno, key),
      symbol: new LibrarySymbol(this.handle, symbol),
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
    if (pointer === null) {
      const place = `cannot use ${JSON.stringify(key)}`;
      throw new Error(`${place}: there is no function ${JSON.stringify(name)}, which frees its result`);
    }
    return binding.pointerFunction(pointer, declareFunction(name, FREE), name, {});
  }
}

// A symbol of a library, which is looked up at its first use.
class LibrarySymbol {
  #library;
  #name;
  #pointer;
  constructor(library, name) {
    this.#library = library;
    this.#name = name;
  }

  get isClosed() {
    return binding.isClosed(this.#library);
  }

  get pointer() {
    return (this.#pointer ??= binding.symbol(this.#library, this.#name));
  }
}

const isIn = (option, key) => option === true || (Array.isArray(option) && option.includes(key));

function define(object, name, value) {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true });
}

// Defines a property whose value is made when script first reads it. It stays an accessor: V8 copies the description of the whole
// object for each one that turns into a data property, 40 µs among 128 functions. In loops an accessor costs 1 ns.
function defineLazily(object, name, make) {
  let value;
  Object.defineProperty(object, name, {
    enumerable: true,
    configurable: true,
    get() {
      return (value ??= make(name));
    },
  });
}

function defineVariable(object, name, make) {
  let variable;
  Object.defineProperty(object, name, {
    enumerable: true,
    configurable: true,
    get: () => (variable ??= make(name)).value,
    set(value) {
      (variable ??= make(name)).value = value;
    },
  });
}

function defineUnsupported(object, name, reasonOf) {
  Object.defineProperty(object, name, {
    configurable: true,
    get() {
      throw new TypeError(`cannot use ${JSON.stringify(name)}: ${reasonOf(name)}`);
    },
  });
}

function pathOf(path) {
  if (path === null || typeof path === "string") return path;
  if (path instanceof URL || typeof path?.href === "string") return fileURLToPath(path);
  throw new TypeError("the path is neither a string, a URL nor null");
}

const OPTIONS = ["callbacks", "errno", "optional", "aliases", "lazy", "global", "binary"];

// Loads a library, and returns its functions. A path of null is the process itself.
function open(path, declarations, given) {
  const options = optionsOf("open", given, OPTIONS);
  if (options.binary !== undefined) binding.use(pathOf(options.binary));
  const library = new Library(libraryPath(pathOf(path)), declarations, options);
  const object = library.object();
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
      declared.functionKeys.map((key) => [key, declared.signatureOf(declared.describe(key))]),
    ),
    variables: Object.fromEntries(
      declared.variableKeys.map((key) => [key, declared.typeOf(declared.describe(key).type)]),
    ),
    constants: Object.fromEntries(declared.constants),
    ...declared.problems,
  };
}

module.exports = { close, describe, libraryOf, open, symbol, types };
