"use strict";
// Declarations: C text, or an object in Deno's form with hotcall's extensions.

const binding = require("../binding.cjs");
const { DeclaredObject, DeclaredText } = require("./declared.cjs");
const { Signature } = require("./types.cjs");

// Copies script's object as JSON can hold it. Each property is read once, so getters and proxies run once.
function plain(value, path, above) {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "function" || typeof value === "symbol")
    throw new TypeError(`${path}: a ${typeof value} is not a declaration`);
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) throw new TypeError(`${path}: a type that contains itself`);
  const inside = [...above, value];
  if (Array.isArray(value)) return Array.from(value, (element, index) => plain(element, `${path}[${index}]`, inside));
  const copy = Object.create(null);
  for (const key of Object.keys(value)) {
    const property = plain(value[key], path === "" ? key : `${path}.${key}`, inside);
    if (property !== undefined) copy[key] = property;
  }
  return copy;
}

// Reads declarations.
function declare(declarations) {
  if (typeof declarations === "string") return new DeclaredText(declarations);
  if (typeof declarations !== "object" || declarations === null) {
    throw new TypeError("the declarations are neither C text nor an object");
  }
  return new DeclaredObject(plain(declarations, "", []));
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
  const made = Signature.of(JSON.parse(binding.describe(handle)).functions[0], new Map());
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
