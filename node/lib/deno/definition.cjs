"use strict";
// Script's declarations for the binding, as JSON. Each property is read once, so that getters and proxies cannot give
// two answers, and only own properties count. The text is written by hand: script may change `toJSON` of any
// prototype.

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

// Reads a declaration: its JSON, and what JavaScript has to know of it. `type` is JSON of the type of the static or
// of the function's result.
function read(value, what) {
  if (!isObject(value)) throw new TypeError(`Invalid FFI ${what}, expected an object`);
  const isStatic = hasOwn(value, "type");
  const names = isStatic ? STATIC : FUNCTION;
  const given = { __proto__: null };
  let text = "";
  for (let index = 0; index < names.length; index++) {
    const name = names[index];
    const property = hasOwn(value, name) ? value[name] : undefined;
    if (property === undefined) continue;
    given[name] = json(property, null);
    text += `${text === "" ? "" : ","}"${name}":${given[name]}`;
  }
  // Deno lets every function call script back. `callback: false` says that one does not, so that calls of it are
  // faster.
  const callsBack = !(hasOwn(value, "callback") && value.callback === false);
  const type = isStatic ? given.type : given.result;
  const symbol = given.name === undefined ? undefined : parse(given.name);
  return { json: `{${text}}`, symbol, isStatic, isNonblocking: given.nonblocking === "true", callsBack, type };
}

// Reads the declarations of a library. `callbacks` has the keys of what may call script back.
function readLibrary(symbols) {
  if (!isObject(symbols)) throw new TypeError("Invalid FFI symbols, expected an object");
  const names = keys(symbols);
  const callbacks = [];
  const all = [];
  const text = list(names.length, (index) => {
    const name = names[index];
    const declared = read(symbols[name], `symbol '${name}'`);
    declared.name = name;
    declared.symbol ??= name;
    all[index] = declared;
    if (declared.callsBack) callbacks[callbacks.length] = name;
    return `${stringify(name)}:${declared.json}`;
  });
  return { declarations: binding.declarations(`{${text}}`, "json"), callbacks, all };
}

// The key of a function that is declared alone.
const KEY = "definition";

// Reads the declaration of one function.
function readFunction(value) {
  const declared = read(value, KEY);
  if (declared.isStatic) throw new TypeError("Invalid FFI definition, expected that of a function");
  return { declarations: binding.declarations(`{"${KEY}":${declared.json}}`, "json"), key: KEY, ...declared };
}

// The binding's description of a type, of which JSON was read.
function typeOf(text) {
  if (text[0] === '"') return { kind: parse(text) };
  const declarations = binding.declarations(`{"it":{"type":${text}}}`, "json");
  return parse(binding.describe(declarations)).statics[0].type;
}

module.exports = { readFunction, readLibrary, typeOf };
