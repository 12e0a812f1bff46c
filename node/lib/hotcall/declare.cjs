"use strict";
// Declarations: C text, or an object in Deno's form with hotcall's extensions.

const binding = require("../binding.cjs");
const { Declared } = require("./declared.cjs");
const { Signature } = require("./types.cjs");

// Reads declarations. `JSON.stringify` reads each property once, so getters and proxies run once.
function declare(declarations) {
  if (typeof declarations === "string") return new Declared(binding.declarations(declarations, "c"), declarations);
  if (typeof declarations !== "object" || declarations === null) {
    throw new TypeError("the declarations are neither C text nor an object");
  }
  return new Declared(binding.declarations(JSON.stringify(declarations), "json"), "");
}

// A type in Deno's form.
function typeJson(type) {
  if (type === undefined) return "void";
  if (type.kind === "array") return { array: typeJson(type.element), length: type.length };
  if (type.isRecord) return recordJson(type);
  if (type.kind === "text") return { pointer: "char", const: type.constant };
  return type.kind;
}

function recordJson(type) {
  const named = type.fields.every(({ name }) => name !== null);
  const fields = type.fields.map(({ name, type }) => [name, typeJson(type)]);
  return { [type.kind]: named ? Object.fromEntries(fields) : fields.map(([, type]) => type) };
}

// A function's declaration in Deno's form.
function signatureJson({ parameters, result }) {
  return { parameters: parameters.map(({ type }) => typeJson(type)), result: typeJson(result) };
}

// Declarations of one function, named `key`. Deno's form does not have alignments, so structs may become others.
function declareFunction(key, signature) {
  const handle = binding.declarations(JSON.stringify({ [key]: signatureJson(signature) }), "json");
  const made = Signature.of(JSON.parse(binding.describe(handle, key)), new Map());
  const types = ({ parameters, result }) => [...parameters.map(({ type }) => type), result];
  const inMade = types(made);
  types(signature).forEach((type, index) => {
    if (layoutOf(type) === layoutOf(inMade[index])) return;
    throw new TypeError(`cannot use ${type} in the type of a function: its members are aligned in a way of their own`);
  });
  return handle;
}

// The offsets of all members, as text.
function layoutOf(type) {
  if (type?.kind === "array") return `${layoutOf(type.element)}*${type.length}`;
  if (!type?.isRecord) return `${type?.size}`;
  return `${type.size}/${type.align}{${type.fields.map(({ offset, type }) => `${offset}:${layoutOf(type)}`)}}`;
}

module.exports = { declare, declareFunction, typeJson };
