import assert from "node:assert/strict";
import { test } from "node:test";
import { open, os } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);

test("async_runs_on_another_thread_and_converts_values", async () => {
  assert.equal(await lib.add_i32.async(1, 2), 3);
  assert.notEqual(await lib.thread_id.async(), lib.thread_id());
  assert.deepEqual(await lib.point_add.async({ x: 1, y: 2 }, { x: 3, y: 4 }), { x: 4, y: 6 });
  const bytes = new Float64Array(2);
  assert.equal(await lib.point_add.async({ x: 1, y: 2 }, { x: 3, y: 4 }, bytes), bytes);
  assert.deepEqual(bytes, Float64Array.of(4, 6));
  assert.equal(await lib.greeting.async(), "Grüße, 世界 👋");
  assert.equal(await lib.text_length.async("Grüße"), 7n);
  assert.equal(await lib.id_text.async("again"), "again");
  const values = [];
  await lib.squares.async(values, 3);
  assert.deepEqual(values, [0, 1, 4]);
  assert.equal(await lib.make_text.async("owned"), "owned");
  assert.equal(lib.live_texts(), 0);
});

test("many_calls_wait_for_a_thread", async () => {
  const results = await Promise.all(Array.from({ length: 300 }, (_, i) => lib.add_i32.async(i, 1)));
  assert.deepEqual(
    results,
    Array.from({ length: 300 }, (_, i) => i + 1),
  );
});

test("wrong_arguments_reject_the_promise", async () => {
  await assert.rejects(lib.add_i32.async(1.5, 2), {
    name: "TypeError",
    message: 'cannot call "add_i32": argument 1 (i32): 1.5 is not an integer',
  });
  await assert.rejects(lib.dot.async({ x: 1 }, { x: 1, y: 1 }), /y \(f64\): expected a number, not undefined/);
});

test("errno_of_the_thread_comes_with_the_result", async () => {
  const capturing = open(library, header, { errno: ["fail_and_wait"] });
  const [first, second] = await Promise.all([
    capturing.fail_and_wait.async(os.errno.ENOENT, 20),
    capturing.fail_and_wait.async(os.errno.EACCES, 10),
  ]);
  assert.deepEqual(first, { value: -1, errno: os.errno.ENOENT });
  assert.deepEqual(second, { value: -1, errno: os.errno.EACCES });
});

test("variadic_functions_and_callbacks_are_called_on_other_threads", async () => {
  assert.equal(await lib.sum_variadic.async(2, "int", 20, "int", 22), 42);
  assert.equal(await lib.apply.async((a, b) => a * b, 6, 7), 42);
  assert.equal(await lib.map_point.async(({ x, y }) => x + y, { x: 1, y: 2 }), 3);
});

test("a_nonblocking_declaration_makes_the_function_asynchronous", async () => {
  const deno = open(library, { add_i32: { parameters: ["i32", "i32"], result: "i32", nonblocking: true } });
  const result = deno.add_i32(2, 3);
  assert.ok(result instanceof Promise);
  assert.equal(await result, 5);
});
