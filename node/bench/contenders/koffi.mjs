// koffi, which takes structs as objects alone.

import { createRequire } from "node:module";

import { packageFolder } from "../../tests/tools.mjs";
import { callees, manySymbols } from "../native.mjs";
import { prototypes } from "../symbols.mjs";
import { bigints, bytes, doubles, increment, large, points, text } from "./values.mjs";

const require = createRequire(import.meta.url);

function openSymbols(koffi) {
  const library = manySymbols();
  return () => {
    const lib = koffi.load(library);
    const found = prototypes.map((prototype) => lib.func(prototype)).length;
    lib.unload();
    return found;
  };
}

export function contender() {
  const folder = packageFolder("koffi");
  const koffi = require(folder);
  const lib = koffi.load(callees().library);
  koffi.struct("point", { x: "double", y: "double" });
  const callback = koffi.proto("int32_t callback(int32_t)");
  const incremented = koffi.register(increment, koffi.pointer(callback));
  const addI32 = lib.func("int32_t add_i32(int32_t a, int32_t b)");
  const dot = lib.func("double dot(point a, point b)");
  const addPoints = lib.func("point add_points(point a, point b)");
  const memory = lib.func("void *memory(void)");
  const allSymbols = openSymbols(koffi);
  const repeat = lib.func("int32_t repeat(callback *f, int32_t count)");
  return {
    version: require(`${folder}/package.json`).version,
    functions: {
      nop: [lib.func("void nothing(void)")],
      two_ints: [addI32],
      two_doubles: [lib.func("double add_f64(double a, double b)"), ...doubles],
      bigints: [lib.func("int64_t add_i64(int64_t a, int64_t b)"), ...bigints],
      bigint_arguments: [lib.func("int32_t compare_i64(int64_t a, int64_t b)"), ...bigints],
      large_u32: [lib.func("uint32_t middle_u32(uint32_t a, uint32_t b)"), ...large],
      buffer: [lib.func("int32_t first_byte(const uint8_t *bytes)"), bytes],
      buffer_length: [lib.func("uint32_t sum_bytes(const uint8_t *bytes, uint32_t count)"), bytes],
      pointer: [lib.func("int32_t read_memory(void *memory)"), memory()],
      pointer_result: [memory],
      string: [lib.func("int32_t text_length(const char *text)"), text],
      string_result: [lib.func("const char *greeting(void)")],
      structs_bytes: [dot, ...points],
      structs_objects: [dot, ...points],
      struct_object: [addPoints, ...points],
      eight_ints: [
        lib.func("int32_t add_eight(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t)"),
      ],
      polymorphic: [[addI32, lib.func("int32_t subtract_i32(int32_t a, int32_t b)")]],
      in_try: [addI32],
      callback: [repeat, incremented],
      call_back: [repeat, incremented],
      symbol: [allSymbols],
      symbol_function: [allSymbols],
    },
  };
}
