// Callbacks that C calls from threads of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { async, binding, c, callback, sleep } from "./library.mjs";

test("a_thread_waits_for_the_value", async () => {
  const thread = c.thread_id();
  const seen = [];
  const add = callback("unary", (value) => {
    seen.push(c.thread_id() === thread);
    return value + 1;
  });
  assert.equal((await async(c.call_elsewhere, add.pointer, 41)).value, 42);
  const threads = Array.from({ length: 8 }, (_, n) => c.start(add.pointer, n, 100));
  await sleep(50);
  const sums = await Promise.all(threads.map((thread) => async(c.join, thread)));
  assert.deepEqual(sums.map(({ value }) => value), Array.from({ length: 8 }, (_, n) => 100 * n + 4950 + 100));
  assert.deepEqual(new Set(seen), new Set([true]));
  add.close();
});

// Deno answers calls that have come meanwhile before it runs ticks.
test("ticks_and_microtasks_run_between_calls", { skip: process.versions.deno !== undefined }, async () => {
  const order = [];
  const f = callback("unary", (value) => {
    order.push(`call ${value}`);
    process.nextTick(() => order.push(`tick ${value}`));
    Promise.resolve().then(() => order.push(`microtask ${value}`));
    return value;
  });
  await async(c.join, c.start(f.pointer, 1, 2));
  assert.deepEqual(order, ["call 1", "tick 1", "microtask 1", "call 2", "tick 2", "microtask 2"]);
  f.close();
});

test("nowait_returns_at_once", async () => {
  const seen = [];
  const f = callback("notify", (value) => void seen.push(value), { nowait: true });
  // Script's thread waits for the other one, which does not wait for it.
  c.notify_elsewhere(f.pointer, 3);
  assert.deepEqual(seen, []);
  await sleep(20);
  assert.deepEqual(seen, [0, 1, 2]);
  f.close();
});

test("nowait_requires_void_and_no_pointers", () => {
  assert.throws(() => callback("unary", () => 1, { nowait: true }), { name: "TypeError", message: /returns nothing/ });
  assert.throws(() => callback("notify_pointer", () => {}, { nowait: true }), { name: "TypeError", message: /pointer/ });
});

test("only_nowait_allows_promises", async () => {
  const seen = [];
  const step = async (value) => {
    await sleep(1);
    seen.push(value);
  };
  const posted = callback("notify", step, { nowait: true });
  c.notify_elsewhere(posted.pointer, 2);
  await sleep(50);
  assert.deepEqual(seen, [0, 1]);
  const awaited = callback("unary", async (value) => value);
  assert.throws(() => c.call(awaited.pointer, 1), {
    name: "TypeError",
    message: 'a callback returned a promise, but C waits for its result: make it with the option "nowait"',
  });
  posted.close();
  awaited.close();
});

test("a_closed_callback_gives_zero", async () => {
  const f = callback("unary", (value) => {
    if (value === 3) f.close();
    return value;
  });
  assert.equal((await async(c.join, c.start(f.pointer, 1, 10))).value, 1 + 2 + 3);
  assert.equal((await async(c.call_elsewhere, f.pointer, 1)).value, 0);
});

test("exceptions_from_other_threads_are_uncaught", async () => {
  const caught = [];
  const listener = (error) => caught.push(error);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", listener);
  const f = callback("unary", (value) => {
    if (value === 1) throw new RangeError("elsewhere");
    return value === 2 ? "no number" : value;
  });
  assert.equal((await async(c.join, c.start(f.pointer, 1, 3))).value, 3);
  await sleep(20);
  process.off("uncaughtException", listener);
  for (const other of others) process.on("uncaughtException", other);
  assert.deepEqual(caught.map(({ name, message }) => [name, message]), [
    ["RangeError", "elsewhere"],
    ["TypeError", "a callback returned what is no i32: expected an integer, not a string"],
  ]);
  f.close();
});

test("callbacks_are_answered_while_an_asynchronous_call_runs", async () => {
  const f = callback("unary", (value) => c.wait_and_return(1, value) * 2);
  const calls = Array.from({ length: 20 }, (_, n) => async(c.call, f.pointer, n));
  assert.deepEqual((await Promise.all(calls)).map(({ value }) => value), Array.from({ length: 20 }, (_, n) => 2 * n));
  f.close();
});

test("a_collected_callback_gives_zero_unless_it_is_held", { skip: globalThis.gc === undefined }, async () => {
  const makeHeld = () => {
    const f = callback("unary", () => {
      f.close();
      return 7;
    });
    f.ref();
    return f.pointer;
  };
  const pointers = [callback("unary", () => 7).pointer, makeHeld()];
  for (let n = 0; n < 5; n++) {
    globalThis.gc();
    await sleep(5);
  }
  const [dropped, held] = await Promise.all(pointers.map((pointer) => async(c.call_elsewhere, pointer, 1)));
  assert.deepEqual([dropped.value, held.value], [0, 7]);
});

test("handles_of_other_kinds_are_refused", () => {
  for (const wrong of [{}, null, 5, c.call]) {
    assert.throws(() => binding.callbackPointer(wrong), TypeError);
    assert.throws(() => binding.callbackClose(wrong), TypeError);
    assert.throws(() => binding.callbackRef(wrong, true), TypeError);
  }
});
