"use strict";
// Libraries, their symbols, functions and callbacks.

const binding = require("../binding.cjs");
const { libraryPath, requireMemory } = require("../permissions.cjs");
const { checkedAddress } = require("./address.cjs");
const { makeFunction } = require("./call.cjs");
const { Callback } = require("./callback.cjs");
const { callFailed, closed, invalidType, invalidValue } = require("./errors.cjs");
const { isSignature, read, refuseNul } = require("./signature.cjs");

function checkedName(name, what) {
  if (typeof name !== "string") throw invalidType(`${what} must be a string`);
  refuseNul(name, what);
  return name;
}

function openLibrary(path) {
  const allowed = libraryPath(path);
  // Loads the addon, if it is not there yet. That it is missing is another error.
  const { open } = binding;
  try {
    // To the loader an empty path is this process too.
    return open(allowed === "" ? null : allowed, { lazy: true });
  } catch (error) {
    throw callFailed(`dlopen failed: ${error.message}`, error);
  }
}

class DynamicLibrary {
  #path;
  // Functions hold this object, and so the library and its callbacks.
  #state;
  #symbols = new Map();
  #functions = new Map();

  constructor(path) {
    if (path !== null) {
      if (typeof path !== "string") throw invalidType("Library path must be a string or null");
      refuseNul(path, "Library path");
    }
    this.#path = path ?? "";
    this.#state = { handle: openLibrary(path), closed: false, callbacks: new Map() };
  }

  get path() {
    return this.#path;
  }

  get symbols() {
    return this.getSymbols();
  }

  get functions() {
    return this.getFunctions();
  }

  #open() {
    if (this.#state.closed) throw closed();
    return this.#state;
  }

  #address(name) {
    const { handle } = this.#open();
    const known = this.#symbols.get(name);
    if (known !== undefined) return known;
    const pointer = binding.symbol(handle, name);
    if (pointer === null) throw callFailed(`dlsym failed: ${this.#path}: undefined symbol: ${name}`);
    return binding.address(pointer);
  }

  // Reads a signature and finds the symbol. Nothing is kept before all that a call asks for is there.
  #prepare(name, signature) {
    const wanted = read(name, signature);
    const made = this.#functions.get(name);
    if (made !== undefined && made.key !== wanted.key) {
      throw invalidValue(`Function ${name} was already requested with a different signature`);
    }
    return { name, wanted, made, address: this.#address(name) };
  }

  #finish({ name, wanted, made, address }) {
    if (made !== undefined) return made.call;
    const call = makeFunction(this.#state, name, wanted, address);
    this.#symbols.set(name, address);
    this.#functions.set(name, { key: wanted.key, call });
    return call;
  }

  getFunction(name, signature) {
    checkedName(name, "Function name");
    if (!isSignature(signature)) throw invalidType("Function signature must be an object");
    return this.#finish(this.#prepare(name, signature));
  }

  getFunctions(definitions) {
    this.#open();
    const functions = { __proto__: null };
    if (definitions === undefined) {
      for (const [name, { call }] of this.#functions) functions[name] = call;
      return functions;
    }
    if (!isSignature(definitions)) throw invalidType("Functions signatures must be an object");
    const prepared = Object.keys(definitions).map((name) => {
      refuseNul(name, "Function name");
      const signature = definitions[name];
      if (!isSignature(signature)) throw invalidType(`Signature of function ${name} must be an object`);
      return this.#prepare(name, signature);
    });
    for (const function_ of prepared) functions[function_.name] = this.#finish(function_);
    return functions;
  }

  getSymbol(name) {
    checkedName(name, "Symbol name");
    const address = this.#address(name);
    this.#symbols.set(name, address);
    return address;
  }

  getSymbols() {
    this.#open();
    return Object.assign({ __proto__: null }, Object.fromEntries(this.#symbols));
  }

  registerCallback(signature, f) {
    requireMemory();
    if (typeof signature === "function") [signature, f] = [{}, signature];
    if (!isSignature(signature)) throw invalidType("First argument must be a function or a signature object");
    if (typeof f !== "function") throw invalidType("Second argument must be a function");
    const wanted = read("<callback>", signature);
    const { callbacks } = this.#open();
    const callback = new Callback(wanted, f);
    const { address } = callback;
    callbacks.set(address, callback);
    return address;
  }

  #callback(pointer) {
    const { callbacks } = this.#open();
    const callback = callbacks.get(checkedAddress(pointer, "first argument"));
    if (callback === undefined) throw invalidValue("Callback not found");
    return callback;
  }

  unregisterCallback(pointer) {
    this.#callback(pointer).close();
    this.#state.callbacks.delete(pointer);
  }

  refCallback(pointer) {
    this.#callback(pointer).ref();
  }

  unrefCallback(pointer) {
    this.#callback(pointer).unref();
  }

  close() {
    const state = this.#state;
    if (state.closed) return;
    state.closed = true;
    for (const callback of state.callbacks.values()) callback.close();
    state.callbacks.clear();
    this.#symbols.clear();
    this.#functions.clear();
    binding.close(state.handle);
  }

  [Symbol.dispose]() {
    this.close();
  }
}

function dlopen(path, definitions) {
  const lib = new DynamicLibrary(path);
  try {
    const functions = definitions === undefined ? Object.freeze({ __proto__: null }) : lib.getFunctions(definitions);
    return {
      lib,
      functions,
      [Symbol.dispose]() {
        lib.close();
      },
    };
  } catch (error) {
    lib.close();
    throw error;
  }
}

const dlclose = (handle) => handle.close();
const dlsym = (handle, symbol) => handle.getSymbol(symbol);

module.exports = { DynamicLibrary, dlclose, dlopen, dlsym };
