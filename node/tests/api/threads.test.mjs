import assert from "node:assert/strict";
import { test } from "node:test";
import { callback, open } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

const lib = open(library, header);

test("another_thread_waits_for_the_value_of_a_callback", async () => {
  assert.equal(await lib.thread_call.async((value) => value * 2, 21), 42);
  const made = callback("int32_t (*)(int32_t)", (value) => value + 1);
  assert.equal(await lib.thread_call.async(made, 1), 2);
  made.close();
});

test("a_callback_without_waiting_may_return_a_promise", async () => {
  const seen = [];
  const { promise, resolve } = Promise.withResolvers();
  const made = callback(
    "void (*)(int32_t)",
    async (value) => {
      seen.push(value);
      if (seen.length === 3) resolve();
    },
    { nowait: true },
  ).ref();
  lib.thread_start(made, 3);
  await promise;
  lib.thread_join();
  made.unref().close();
  assert.deepEqual(seen, [0, 1, 2]);
});

test("a_callback_that_does_not_wait_has_no_result", () => {
  assert.throws(() => callback("int32_t (*)(int32_t)", () => 1, { nowait: true }), TypeError);
});

test("a_promise_is_not_the_value_that_c_waits_for", () => {
  assert.throws(() => lib.apply(async () => 1, 1, 2), /a callback returned a promise, but C waits for its result/);
});
