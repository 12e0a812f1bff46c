"use strict";
// What is known of the functions that `open` and `functionAt` return, and the methods of these functions.

const known = new WeakMap();

const method = (name) => ({
  configurable: true,
  get() {
    return known.get(this)?.[name];
  },
});

// The prototype of these functions. It has their methods, so that a native function stays what the binding made.
//
// async: calls on another thread, and returns a promise; native: the native function, for which structs are bytes and
// strings that C returns are pointers; signature: the types; variadic: a function for these types of variadic arguments
const methods = Object.create(Function.prototype, {
  async: method("async"),
  native: method("native"),
  signature: method("signature"),
  variadic: method("variadic"),
});

// Makes a function one of these.
function know(f, details) {
  known.set(f, details);
  return Object.setPrototypeOf(f, methods);
}

module.exports = { know, known };
