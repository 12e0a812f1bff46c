"use strict";
// The types of `node:ffi`: their names, what a parameter of each takes, and the type that the addon is told.

// C's plain char is unsigned on these machines, except on macOS and Windows.
const UNSIGNED_CHAR = ["arm", "arm64", "ppc64", "riscv64", "s390x"];
const charIsSigned = process.platform !== "linux" || !UNSIGNED_CHAR.includes(process.arch);

// `takes` is the text of a test of the parameter that it is given the name of. BigInts are tested by conversion to 64 bits: generated
// code does this without a call.
const narrow = (kind, label, conversion) => ({ kind, label, takes: (v) => `typeof ${v} === "number" && ${conversion(v)} === ${v}` });
const wide = (kind, label, conversion, least) => ({
  kind,
  label,
  takes: (v) => `(typeof ${v} === "bigint" ? ${conversion}(64, ${v}) === ${v} : isSafeInteger(${v})${least(v)})`,
});
const float = (kind, label) => ({ kind, label, takes: (v) => `typeof ${v} === "number"` });

const VOID = { kind: "void" };
const I8 = narrow("i8", "an int8", (v) => `${v} << 24 >> 24`);
const U8 = narrow("u8", "a uint8", (v) => `(${v} & 0xff)`);
const I16 = narrow("i16", "an int16", (v) => `${v} << 16 >> 16`);
const U16 = narrow("u16", "a uint16", (v) => `(${v} & 0xffff)`);
const I32 = narrow("i32", "an int32", (v) => `(${v} | 0)`);
const U32 = narrow("u32", "a uint32", (v) => `${v} >>> 0`);
const I64 = wide("i64", "an int64", "asIntN", () => "");
const U64 = wide("u64", "a uint64", "asUintN", (v) => ` && ${v} >= 0`);
const F32 = float("f32", "a float");
const F64 = float("f64", "a double");
// Addresses are passed as 64-bit integers: the addon's own pointers are objects.
const POINTER = { kind: "u64", isPointer: true };
const FUNCTION = { ...POINTER, isFunction: true };

const named = {
  __proto__: null,
  void: VOID,
  char: charIsSigned ? I8 : U8,
  bool: U8,
  int8: I8,
  i8: I8,
  uint8: U8,
  u8: U8,
  int16: I16,
  i16: I16,
  uint16: U16,
  u16: U16,
  int32: I32,
  i32: I32,
  uint32: U32,
  u32: U32,
  int64: I64,
  i64: I64,
  uint64: U64,
  u64: U64,
  float: F32,
  float32: F32,
  f32: F32,
  double: F64,
  float64: F64,
  f64: F64,
  pointer: POINTER,
  ptr: POINTER,
  string: POINTER,
  str: POINTER,
  buffer: POINTER,
  arraybuffer: POINTER,
  function: FUNCTION,
};

const types = Object.freeze({
  __proto__: null,
  VOID: "void",
  POINTER: "pointer",
  BUFFER: "buffer",
  ARRAY_BUFFER: "arraybuffer",
  FUNCTION: "function",
  BOOL: "bool",
  CHAR: "char",
  STRING: "string",
  FLOAT: "float",
  DOUBLE: "double",
  INT_8: "int8",
  UINT_8: "uint8",
  INT_16: "int16",
  UINT_16: "uint16",
  INT_32: "int32",
  UINT_32: "uint32",
  INT_64: "int64",
  UINT_64: "uint64",
  FLOAT_32: "float32",
  FLOAT_64: "float64",
});

module.exports = { VOID, named, types };
