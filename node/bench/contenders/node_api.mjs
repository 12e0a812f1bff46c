// An addon written by hand for these functions, over Node-API.

import { nodeApiAddon } from "../native.mjs";
import { bigints, bytes, doubles, increment, large, points, pointsInBytes, text } from "./values.mjs";

export function contender() {
  const addon = nodeApiAddon();
  return {
    version: process.versions.napi,
    functions: {
      nop: [addon.nothing],
      two_ints: [addon.add_i32],
      two_doubles: [addon.add_f64, ...doubles],
      bigints: [addon.add_i64, ...bigints],
      bigint_arguments: [addon.compare_i64, ...bigints],
      large_u32: [addon.middle_u32, ...large],
      buffer: [addon.first_byte, bytes],
      buffer_length: [addon.sum_bytes, bytes],
      pointer: [addon.read_memory, addon.memory()],
      pointer_result: [addon.memory],
      string: [addon.text_length, text],
      string_result: [addon.greeting],
      structs_bytes: [addon.dot_bytes, ...pointsInBytes],
      structs_objects: [addon.dot, ...points],
      struct_into: [addon.add_points_into, ...pointsInBytes, new Float64Array(2)],
      struct_object: [addon.add_points, ...points],
      eight_ints: [addon.add_eight],
      polymorphic: [[addon.add_i32, addon.subtract_i32]],
      in_try: [addon.add_i32],
      callback: [addon.repeat, increment],
      call_back: [addon.repeat, increment],
    },
  };
}
