"use strict";
// As much of the package koffi as libmagic-ffi needs, over hotcall.

const { open } = require("hotcall");

const text = { pointer: "char", const: true };
const TYPES = { int: "i32", size_t: "usize", void: "void", string: text, "void*": "buffer", "void**": "buffer", "size_t*": "buffer" };
const typeOf = (type) => (typeof type === "string" ? TYPES[type] : "pointer");

const opaque = () => ({});
const pointer = (type) => ({ type });

function load(path) {
  const func = (name, result, parameters) => {
    const declaration = { parameters: parameters.map(typeOf), result: typeOf(result) };
    const call = open(path, { [name]: declaration })[name];
    const withCallback = (...values) => {
      const done = values.pop();
      call.async(...values).then((value) => done(null, value), done);
    };
    return Object.assign((...values) => call(...values), { async: withCallback });
  };
  open(path, {});
  return { func };
}

module.exports = { load, opaque, pointer };
