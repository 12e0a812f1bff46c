// Node's own `node:ffi`, from 26.9 on. It does not have structs by value.

import { isBuiltin } from "node:module";

import { callees, manySymbols } from "../native.mjs";
import { symbols } from "../symbols.mjs";
import { bigints, bytes, doubles, increment, large, text } from "./values.mjs";

const signature = (result, ...parameters) => ({ arguments: parameters, return: result });

const declarations = {
  nothing: signature("void"),
  add_i32: signature("i32", "i32", "i32"),
  subtract_i32: signature("i32", "i32", "i32"),
  add_f64: signature("f64", "f64", "f64"),
  add_i64: signature("i64", "i64", "i64"),
  compare_i64: signature("i32", "i64", "i64"),
  middle_u32: signature("u32", "u32", "u32"),
  first_byte: signature("i32", "buffer"),
  sum_bytes: signature("u32", "buffer", "u32"),
  read_memory: signature("i32", "pointer"),
  memory: signature("pointer"),
  text_length: signature("i32", "string"),
  greeting: signature("string"),
  add_eight: signature("i32", ...Array(8).fill("i32")),
  repeat: signature("i32", "function", "i32"),
};

function openSymbols(dlopen) {
  const library = manySymbols();
  const types = { int: "i32", double: "f64" };
  const wanted = Object.fromEntries(
    symbols.map(({ name, parameters }) => [name, signature("i32", ...parameters.map((type) => types[type]))]),
  );
  return () => {
    const { lib, functions } = dlopen(library, wanted);
    const found = Object.keys(functions).length;
    lib.close();
    return found;
  };
}

export async function contender() {
  if (!isBuiltin("node:ffi")) throw new Error("this Node does not have it");
  const { dlopen } = await import("node:ffi");
  const { lib, functions } = dlopen(callees().library, declarations);
  const allSymbols = openSymbols(dlopen);
  const incremented = lib.registerCallback(signature("i32", "i32"), increment);
  return {
    version: process.versions.node,
    functions: {
      nop: [functions.nothing],
      two_ints: [functions.add_i32],
      two_doubles: [functions.add_f64, ...doubles],
      bigints: [functions.add_i64, ...bigints],
      bigint_arguments: [functions.compare_i64, ...bigints],
      large_u32: [functions.middle_u32, ...large],
      buffer: [functions.first_byte, bytes],
      buffer_length: [functions.sum_bytes, bytes],
      pointer: [functions.read_memory, functions.memory()],
      pointer_result: [functions.memory],
      string: [functions.text_length, text],
      eight_ints: [functions.add_eight],
      polymorphic: [[functions.add_i32, functions.subtract_i32]],
      in_try: [functions.add_i32],
      callback: [functions.repeat, incremented],
      call_back: [functions.repeat, incremented],
      symbol: [allSymbols],
      symbol_function: [allSymbols],
    },
  };
}
