"use strict";
// Script's declarations for the binding, as JSON. Each property is read once, so that getters and proxies cannot give two
// answers, and only own properties count. The text is written by hand: script may change `toJSON` of any prototype.

const binding = require("../binding.cjs");

const { hasOwn, keys } = Object;
const { isArray } = Array;
const { parse, stringify } = JSON;

// The keys of a function's declaration and of a static's.
const FUNCTION = ["name", "optional", "nonblocking", "parameters", "result"];
const STATIC = ["name", "optional", "type"];

const isObject = (value) => typeof value === "object" && value !== null;

function list(length, element) {
  let text = "";
  for (let index = 0; index < length; index++) text += (index === 0 ? "" : ",") + element(index);
  return text;
}

// JSON of a value in a declaration. `around` is the chain of the objects that it is in.
function json(value, around) {
  // What JSON cannot say becomes null, which is not a type.
  if (!isObject(value)) return (typeof value === "bigint" ? `${value}` : stringify(value)) ?? "null";
  for (let outer = around; outer !== null; outer = outer.around) {
    if (outer.value === value) throw new TypeError("Recursive struct definition");
  }
  const inside = { value, around };
  if (isArray(value)) return `[${list(value.length, (index) => json(value[index], inside))}]`;
  const names = keys(value);
  return `{${list(names.length, (index) => member(names[index], value[names[index]], inside))}}`;
}

function member(name, value, around) {
  if (name === "struct" && isArray(value) && value.length === 0) {
    throw new TypeError("Struct must have at least one field");
  }
  return `${stringify(name)}:${json(value, around)}`;
}

// JSON of a declaration.
function declaration(value, what) {
  if (!isObject(value)) throw new TypeError(`Invalid FFI ${what}, expected an object`);
  const names = hasOwn(value, "type") ? STATIC : FUNCTION;
  let text = "";
  for (let index = 0; index < names.length; index++) {
    const name = names[index];
    const given = hasOwn(value, name) ? value[name] : undefined;
    if (given !== undefined) text += `${text === "" ? "" : ","}${member(name, given, null)}`;
  }
  return `{${text}}`;
}

// Deno lets every function call script back. `callback: false` says that one does not, so that calls of it are faster.
const callsBack = (value) => !(hasOwn(value, "callback") && value.callback === false);

const describe = (declarations) => parse(binding.describe(declarations));

// Reads the declarations of a library. `callbacks` has the keys of what may call script back.
function readLibrary(symbols) {
  if (!isObject(symbols)) throw new TypeError("Invalid FFI symbols, expected an object");
  const names = keys(symbols);
  const callbacks = [];
  const text = list(names.length, (index) => {
    const name = names[index];
    const value = symbols[name];
    const text = declaration(value, `symbol '${name}'`);
    if (callsBack(value)) callbacks[callbacks.length] = name;
    return `${stringify(name)}:${text}`;
  });
  const declarations = binding.declarations(`{${text}}`, "json");
  return { declarations, callbacks, names, ...describe(declarations) };
}

// The key of a function that is declared alone.
const KEY = "definition";

// Reads the declaration of one function.
function readFunction(value) {
  const declarations = binding.declarations(`{"${KEY}":${declaration(value, KEY)}}`, "json");
  const { 0: described } = describe(declarations).functions;
  if (described === undefined) throw new TypeError("Invalid FFI definition, expected that of a function");
  return { declarations, key: KEY, described, callbacks: callsBack(value) };
}

module.exports = { readFunction, readLibrary };
