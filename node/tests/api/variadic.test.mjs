import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);

test("types_and_values_of_variadic_arguments_take_turns", () => {
  const text = [];
  assert.equal(
    lib.format(text, 64, "%d %s %.2f %lld", "int", 5, "const char *", "abc", "float", 1.5, "int64_t", 7n),
    12,
  );
  assert.deepEqual(text, ["5 abc 1.50 7"]);
  assert.equal(lib.sum_variadic(3, "int", 1, "int", 2, "short", 3), 6);
  assert.equal(lib.sum_variadic(0), 0);
  assert.equal(lib.sum_variadic_f64(2, "double", 1.5, "float", 2.5), 4);
});

test("a_function_for_certain_types_is_made_once", () => {
  const sum = lib.sum_variadic.variadic("int", "int");
  assert.equal(sum(2, 3, 4), 7);
  assert.equal(lib.sum_variadic.variadic("i32", "int32_t"), sum);
  assert.equal(sum.native, sum);
});

test("wrong_variadic_arguments_are_refused", () => {
  assert.throws(
    () => lib.sum_variadic(1, "int"),
    /cannot call "sum_variadic": each variadic argument is a type and a value/,
  );
  assert.throws(
    () => lib.sum_variadic(1, "int", "x"),
    /cannot call "sum_variadic": argument 2 \(i32\): expected an integer, not a string/,
  );
  assert.throws(() => lib.sum_variadic(1, "nothing", 1), /cannot use the type "nothing"/);
  assert.throws(() => lib.sum_variadic(1, 5, 1), TypeError);
});
