"use strict";
// Codecs of numbers and booleans. A codec writes a value of script to memory of C (`encode`), and reads one (`decode`).
//
// encode(value, view, at, context, path, name); decode(view, at)

const { endianness } = require("node:os");
const { generate } = require("./generate.cjs");
const { expected, refuse } = require("./refusal.cjs");

const little = endianness() === "LE";

// The methods of `DataView`, sizes, ranges, and typed arrays.
const scalars = {
  i8: { method: "Int8", size: 1, min: -(2 ** 7), max: 2 ** 7 - 1, array: Int8Array },
  u8: { method: "Uint8", size: 1, min: 0, max: 2 ** 8 - 1, array: Uint8Array },
  i16: { method: "Int16", size: 2, min: -(2 ** 15), max: 2 ** 15 - 1, array: Int16Array },
  u16: { method: "Uint16", size: 2, min: 0, max: 2 ** 16 - 1, array: Uint16Array },
  i32: { method: "Int32", size: 4, min: -(2 ** 31), max: 2 ** 31 - 1, array: Int32Array },
  u32: { method: "Uint32", size: 4, min: 0, max: 2 ** 32 - 1, array: Uint32Array },
  i64: { method: "BigInt64", size: 8, min: -(2 ** 63), max: 2 ** 63, array: BigInt64Array },
  u64: { method: "BigUint64", size: 8, min: 0, max: 2 ** 64, array: BigUint64Array },
  isize: { method: "BigInt64", size: 8, min: -(2 ** 63), max: 2 ** 63, array: BigInt64Array },
  usize: { method: "BigUint64", size: 8, min: 0, max: 2 ** 64, array: BigUint64Array },
  f32: { method: "Float32", size: 4, array: Float32Array },
  f64: { method: "Float64", size: 8, array: Float64Array },
  bool: { method: "Uint8", size: 1 },
};

function outOfRange(value) {
  return Number.isInteger(value) ? `${value} is out of range` : `${value} is not an integer`;
}

// The values that each class of types stores for a value of script, or an error.
const checks = {
  integer:
    (kind, { min, max }) =>
    (value, context, path, name) => {
      if (typeof value !== "number") refuse(context, path, name, kind, expected("an integer", value));
      if (!(value >= min && value <= max) || Math.trunc(value) !== value)
        refuse(context, path, name, kind, outOfRange(value));
      return value;
    },
  wide:
    (kind, { min, max }) =>
    (value, context, path, name) => {
      if (typeof value === "bigint") return value;
      if (typeof value !== "number") refuse(context, path, name, kind, expected("an integer or a BigInt", value));
      if (!(value >= min && value < max) || Math.trunc(value) !== value)
        refuse(context, path, name, kind, outOfRange(value));
      return BigInt(value);
    },
  float: (kind) => (value, context, path, name) => {
    if (typeof value !== "number") refuse(context, path, name, kind, expected("a number", value));
    return value;
  },
  boolean: (kind) => (value, context, path, name) => {
    if (typeof value !== "boolean") refuse(context, path, name, kind, expected("a boolean", value));
    return value ? 1 : 0;
  },
};

function classOf(kind) {
  if (kind === "bool") return "boolean";
  if (kind[0] === "f") return "float";
  return scalars[kind].size === 8 ? "wide" : "integer";
}

function makeCodec(kind) {
  const scalar = scalars[kind];
  const check = checks[classOf(kind)](kind, scalar);
  const encode = `(value, view, at, context, path, name) =>
    view.set${scalar.method}(at, check(value, context, path, name), little)`;
  const decode = `(view, at) => view.get${scalar.method}(at, little)${kind === "bool" ? " !== 0" : ""}`;
  return generate(`{ size: ${scalar.size}, encode: ${encode}, decode: ${decode} }`, { check, little });
}

const made = new Map();

// The codec of a scalar type.
function scalarCodec(kind) {
  let codec = made.get(kind);
  if (codec === undefined) made.set(kind, (codec = makeCodec(kind)));
  return codec;
}

module.exports = { little, scalars, scalarCodec };
