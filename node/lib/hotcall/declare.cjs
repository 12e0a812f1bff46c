"use strict";
// Declarations: C text, or an object in Deno's form with hotcall's extensions.

const binding = require("../binding.cjs");
const { CType, Signature } = require("./types.cjs");

// Copies script's object as JSON can hold it. Each property is read once, so getters and proxies run once.
function plain(value, path, above) {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "function" || typeof value === "symbol") throw new TypeError(`${path}: a ${typeof value} is not a declaration`);
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

// Reads declarations. `handle` is the binding's.
function declare(declarations) {
  if (typeof declarations === "string") {
    return { ...describe(binding.declarations(declarations, "c")), text: declarations };
  }
  if (typeof declarations !== "object" || declarations === null) {
    throw new TypeError("the declarations are neither C text nor an object");
  }
  return describe(binding.declarations(JSON.stringify(plain(declarations, "", [])), "json"));
}

function describe(handle) {
  const description = JSON.parse(binding.describe(handle));
  const types = new Map();
  for (const { name, type } of description.types) {
    if (type != null) types.set(name, new CType(type, types));
  }
  return {
    handle,
    types,
    functions: description.functions.map((of) => ({ ...of, signature: Signature.of(of, types) })),
    statics: description.statics.map((of) => ({ ...of, type: new CType(of.type, types) })),
    constants: description.constants.map(({ name, value }) => [name, constantOf(value)]),
    unsupported: description.unsupported,
    warnings: description.warnings,
    skipped: description.skipped,
  };
}

// Integers are numbers where numbers hold them exactly.
function constantOf(value) {
  if (value === null) return null;
  if (value.integer !== undefined) {
    const integer = BigInt(value.integer);
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  }
  return value.number !== undefined ? Number(value.number) : new TextDecoder().decode(Uint8Array.from(value.text));
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

// Declarations of one function, named `key`.
function declareFunction(key, signature) {
  return binding.declarations(JSON.stringify({ [key]: signatureJson(signature) }), "json");
}

module.exports = { declare, declareFunction, typeJson };
