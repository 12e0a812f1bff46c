import assert from "node:assert/strict";
import { test } from "node:test";
import { callback, close, functionAt, open, pointer, types } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);

test("functions_of_script_are_callbacks_for_one_call", () => {
  assert.equal(
    lib.apply((a, b) => a * b, 6, 7),
    42,
  );
  const seen = [];
  lib.each(Int32Array.of(5, 6), 2, (value, index, context) => seen.push([value, index, context]), null);
  assert.deepEqual(seen, [
    [5, 0n, null],
    [6, 1n, null],
  ]);
  assert.equal(
    lib.fold((sum, value) => sum + value, 0, 5),
    10n,
  );
  assert.equal(
    lib.compare_callback((value) => !value, false),
    true,
  );
});

test("callbacks_get_structs_and_strings_and_return_them", () => {
  assert.equal(
    lib.map_point(({ x, y }) => x * y, { x: 3, y: 4 }),
    12,
  );
  assert.deepEqual(
    lib.make_point((x, y) => ({ x: y, y: x }), 1, 2),
    { x: 2, y: 1 },
  );
  assert.deepEqual(
    lib.make_point((x, y) => Float64Array.of(x, y), 1, 2),
    { x: 1, y: 2 },
  );
  let text;
  lib.on_text((value) => void (text = value), "Grüße");
  assert.equal(text, "Grüße");
  assert.throws(
    () => lib.make_point(() => ({ x: 1 }), 1, 2),
    /a callback returned what is not of its type: y \(f64\): expected a number, not undefined/,
  );
});

test("a_callback_is_used_until_it_is_closed", () => {
  const made = callback(types(lib).binary, (a, b) => a - b);
  assert.equal(lib.apply(made, 5, 3), 2);
  assert.equal(lib.apply(made.pointer, 5, 3), 2);
  assert.equal(lib.apply(pointer(made), 5, 3), 2);
  made.close();
  made.close();
  const seen = [];
  const handler = callback("void (*)(int32_t)", (value) => void seen.push(value));
  lib.set_handler(handler);
  const calling = open(library, header, { callbacks: ["call_handler"] });
  calling.call_handler(1);
  handler[Symbol.dispose]();
  calling.call_handler(2);
  assert.deepEqual(seen, [1]);
});

test("a_callback_for_one_call_is_closed_behind_it", () => {
  const calling = open(library, header, { callbacks: ["call_handler"] });
  let calls = 0;
  calling.set_handler(() => void calls++);
  calling.call_handler(1);
  assert.equal(calls, 0);
  assert.throws(
    () =>
      lib.apply(
        () => {
          throw new Error("inside");
        },
        1,
        "x",
      ),
    /argument 3/,
  );
});

test("only_functions_that_are_marked_may_call_back", () => {
  const handler = callback("void (*)(int32_t)", () => {});
  lib.set_handler(handler);
  assert.throws(
    () => lib.call_handler(1),
    /script cannot run while this function runs: make it with the option "callbacks"/,
  );
  handler.close();
  const made = callback(types(lib).binary, (a, b) => a - b);
  assert.throws(() => lib.apply_pointer(made.pointer, 1, 2), /script cannot run while this function runs/);
  assert.equal(open(library, header, { callbacks: true }).apply_pointer(made.pointer, 3, 2), 1);
  made.close();
});

test("an_exception_in_a_callback_surfaces_when_c_has_returned", () => {
  const thrown = new RangeError("inside");
  assert.throws(
    () =>
      lib.apply(
        () => {
          throw thrown;
        },
        1,
        2,
      ),
    thrown,
  );
  assert.throws(() => lib.apply(() => "x", 1, 2), TypeError);
  assert.equal(
    lib.apply((a, b) => a + b, 1, 2),
    3,
  );
});

test("functions_of_libraries_are_arguments_without_callbacks", () => {
  assert.equal(lib.apply(lib.add_i32, 2, 3), 5);
  assert.throws(() => lib.apply_pointer(lib.add_i32, 2, 3), /cannot call "apply_pointer": argument 1/);
  assert.equal(lib.apply_pointer(pointer(lib.add_i32), 2, 3), 5);
});

test("pointers_become_functions", () => {
  const subtract = functionAt(lib.get_operation("subtract"), types(lib).binary);
  assert.equal(subtract(5, 3), 2);
  assert.equal(lib.get_operation("none"), null);
  const dot = functionAt(pointer(lib.dot), {
    parameters: [{ struct: { x: "f64", y: "f64" } }, { struct: { x: "f64", y: "f64" } }],
    result: "f64",
  });
  assert.equal(dot({ x: 1, y: 2 }, { x: 3, y: 4 }), 11);
  assert.equal(functionAt(pointer(lib.text_length), "size_t (*)(const char *)")("abc"), 3n);
  assert.throws(() => functionAt(pointer(lib.dot), "int"), /argument 2 is not the type of a function/);
  assert.throws(() => functionAt(null, "int (*)(int)"), /null/);
  assert.throws(() => functionAt(5, "int (*)(int)"), TypeError);
});

test("wrong_callbacks_are_refused", () => {
  assert.throws(() => callback("int", () => {}), /cannot make a callback: the type is not a function's/);
  assert.throws(() => callback("int (*)(int)", 5), /cannot make a callback: number is not a function/);
  assert.throws(() => lib.apply(5, 1, 2), /cannot call "apply": argument 1/);
  assert.throws(() => lib.apply({}, 1, 2), /cannot call "apply": argument 1/);
  assert.throws(() => lib.apply(undefined, 1, 2), /cannot call "apply": argument 1/);
  const deno = open(library, { apply: { parameters: ["function", "i32", "i32"], result: "i32" } });
  assert.throws(
    () => deno.apply(() => 1, 1, 2),
    /cannot call "apply": argument 1 \(function\): the declaration does not say the signature: make a callback/,
  );
  using_(
    callback(types(lib).binary, (a, b) => a + b),
    (made) => assert.equal(deno.apply(made, 1, 2), 3),
  );
});

function using_(resource, use) {
  use(resource);
  resource[Symbol.dispose]();
}

test("a_callback_may_call_the_same_function_and_close_its_library", () => {
  assert.equal(
    lib.apply((a, b) => (a === 0 ? b : lib.apply((c, d) => c + d, a, b)), 3, 4),
    7,
  );
  const other = open(library, header);
  assert.equal(
    other.apply(
      (a, b) => {
        close(other);
        return a + b;
      },
      3,
      4,
    ),
    7,
  );
  assert.throws(() => other.apply((a, b) => a + b, 3, 4), /closed/);
});
