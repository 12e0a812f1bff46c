"use strict";
// The codec of each type. A codec writes a value of script to memory of C (`encode`), and reads one (`decode`).

const { arrayCodec } = require("./arrays.cjs");
const { flexibleCodec } = require("./flexible.cjs");
const { pointerCodec } = require("./pointers.cjs");
const { scalarCodec } = require("./scalars.cjs");
const { structCodec } = require("./structs.cjs");
const { anonymousUnionCodec, unionCodec } = require("./unions.cjs");

const made = new WeakMap();

function codecOf(type) {
  let codec = made.get(type);
  if (codec === undefined) made.set(type, (codec = makeCodec(type)));
  return codec;
}

function makeCodec(type) {
  if (type.isPointer) return pointerCodec(type);
  if (type.kind === "array") return arrayCodec(type, type.length, codecOf(type.element));
  if (!type.isRecord) return scalarCodec(type.kind);
  const last = type.fields.at(-1);
  if (type.kind === "struct" && last?.type.flexible) {
    return flexibleCodec(type, membersOf(type, 0).slice(0, -1), last, codecOf(last.type.element));
  }
  return type.kind === "struct"
    ? structCodec(type, membersOf(type, 0))
    : unionCodec(type, shownBy(type, 0), alternativesOf(type));
}

// The members of an object for a struct. Those of a struct without a name are members of the struct around it
// (C11 6.7.2.1p13).
function membersOf(type, base) {
  return type.fields.flatMap(({ name, offset, type }) => {
    const at = base + offset;
    if (name !== null || !hasNames(type)) return { name: name ?? undefined, offset: at, codec: codecOf(type) };
    if (type.kind === "struct") return membersOf(type, at);
    return { offset: at, codec: anonymousUnionCodec(type, shownBy(type, 0), alternativesOf(type)) };
  });
}

// The members that a union's value shows.
function shownBy(type, base) {
  return type.fields.flatMap(({ name, offset, type }) => {
    const at = base + offset;
    if (name === null) return type.isRecord ? shownBy(type, at) : [];
    return { name, offset: at, codec: codecOf(type) };
  });
}

// What script may give for a union: one member, or those of one struct without a name.
function alternativesOf(type) {
  return type.fields.flatMap(({ name, type }) => {
    if (name !== null) return { names: [name], codec: codecOf(type), of: (value) => value[name], path: name };
    if (type.kind === "union") return alternativesOf(type);
    return { names: shownBy(type, 0).map(({ name }) => name), codec: codecOf(type), of: (value) => value, path: "" };
  });
}

const hasNames = (type) => type.isRecord && type.fields.some(({ name, type }) => name !== null || hasNames(type));

module.exports = { codecOf };
