// This package, by its main entry.

import { createRequire } from "node:module";

import { callback, close, diagnostics, open } from "../../lib/index.mjs";
import { callees, manySymbols } from "../native.mjs";
import { prototypes, symbols } from "../symbols.mjs";
import { bigints, bytes, doubles, increment, large, points, pointsInBytes, text } from "./values.mjs";

const { version } = createRequire(import.meta.url)("../../package.json");

// Opens the library with many symbols. Functions are made when script first reads them.
function openSymbols(count) {
  const library = manySymbols();
  const declarations = `${prototypes.join(";\n")};`;
  return () => {
    const lib = open(library, declarations);
    const counted = count(lib);
    close(lib);
    return counted;
  };
}

const names = (lib) => Object.keys(lib).length;
const functions = (lib) => symbols.filter(({ name }) => typeof lib[name] === "function").length;

export function contender() {
  const { library, declarations } = callees();
  const lib = open(library, declarations);
  const incremented = callback("int32_t (*)(int32_t)", increment);
  return {
    version,
    notes: diagnostics(),
    functions: {
      nop: [lib.nothing],
      two_ints: [lib.add_i32],
      two_doubles: [lib.add_f64, ...doubles],
      bigints: [lib.add_i64, ...bigints],
      bigint_arguments: [lib.compare_i64, ...bigints],
      large_u32: [lib.middle_u32, ...large],
      buffer: [lib.first_byte, bytes],
      buffer_length: [lib.sum_bytes, bytes],
      pointer: [lib.read_memory, lib.memory()],
      pointer_result: [lib.memory],
      string: [lib.text_length, text],
      string_result: [lib.greeting],
      structs_bytes: [lib.dot, ...pointsInBytes],
      structs_objects: [lib.dot, ...points],
      struct_into: [lib.add_points, ...pointsInBytes, new Float64Array(2)],
      struct_object: [lib.add_points, ...points],
      eight_ints: [lib.add_eight],
      polymorphic: [[lib.add_i32, lib.subtract_i32]],
      in_try: [lib.add_i32],
      callback: [lib.repeat, incremented],
      call_back: [lib.repeat, incremented],
      symbol: [openSymbols(names)],
      symbol_function: [openSymbols(functions)],
    },
  };
}
