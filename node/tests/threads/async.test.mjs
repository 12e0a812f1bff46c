// Calls on threads of libuv's pool.

import assert from "node:assert/strict";
import { test } from "node:test";
import { async, binding, c, sleep } from "./library.mjs";

const isNode = process.versions.bun === undefined && process.versions.deno === undefined;

test("calls_run_on_other_threads_at_the_same_time", async () => {
  const { value } = await async(c.thread_id);
  assert.notEqual(value, c.thread_id());
  const start = Date.now();
  const calls = [1, 2, 3].map((n) => async(c.wait_and_return, 200, n));
  assert.ok(Date.now() - start < 150);
  assert.deepEqual((await Promise.all(calls)).map(({ value }) => value), [1, 2, 3]);
  assert.ok(Date.now() - start < 550, "the calls ran one after the other");
});

test("more_calls_than_threads_wait_in_the_queue", async () => {
  const calls = Array.from({ length: 1000 }, (_, n) => async(c.wait_and_return, 0, n));
  assert.deepEqual((await Promise.all(calls)).map(({ value }) => value), Array.from({ length: 1000 }, (_, n) => n));
});

test("each_call_has_the_errno_of_its_thread", async () => {
  const errors = Array.from({ length: 20 }, (_, n) => n + 1);
  const calls = await Promise.all(errors.map((error) => async(c.fail_after, error % 3, error)));
  assert.deepEqual(calls, errors.map((errno) => ({ value: -1, errno })));
  assert.equal((await async(c.wait_and_return, 0, 1)).errno, undefined);
});

test("wrong_arguments_reject_the_promise", async () => {
  await assert.rejects(async(c.wait_and_return, 1.5, 2), {
    name: "TypeError",
    message: 'cannot call "wait_and_return": argument 1 (i32): 1.5 is not an integer',
  });
  await assert.rejects(async(c.wait_and_return, 1), /argument 2 \(i32\): expected an integer, not undefined/);
  assert.equal((await async(c.wait_and_return, 1, 2, "more")).value, 2);
  assert.throws(() => binding.async(() => {}, []), { name: "TypeError", message: "expected a function of C" });
  assert.throws(() => binding.async(c.thread_id, 5), { name: "TypeError", message: /async: argument 2/ });
});

test("functions_of_a_closed_library_reject", async () => {
  const { path } = await import("./library.mjs");
  const library = binding.open(path, undefined);
  const declarations = binding.declarations("int32_t wait_and_return(int32_t ms, int32_t value);", "c");
  const { wait_and_return } = binding.functions(library, declarations, {});
  const running = async(wait_and_return, 50, 1);
  binding.close(library);
  await assert.rejects(async(wait_and_return, 0, 2), /closed/);
  assert.equal((await running).value, 1);
});

test("structs_go_into_the_given_buffer", async () => {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setFloat64(0, 3, true);
  bytes.setInt32(8, 4, true);
  const into = new Uint8Array(24);
  const swapped = async(c.swap_pair, bytes, into.subarray(8));
  bytes.setFloat64(0, 100, true);
  assert.deepEqual(await swapped, { value: undefined, errno: undefined });
  const result = new DataView(into.buffer, 8);
  assert.deepEqual([result.getFloat64(0, true), result.getInt32(8, true)], [4, 3]);
  await assert.rejects(async(c.swap_pair, bytes, new Uint8Array(15)), TypeError);
  await assert.rejects(async(c.swap_pair, bytes), TypeError);
});

test("a_destination_that_is_detached_meanwhile_rejects", async () => {
  const into = new Uint8Array(16);
  const swapped = async(c.swap_pair, new Uint8Array(16), into);
  structuredClone(into.buffer, { transfer: [into.buffer] });
  await assert.rejects(swapped, /the buffer for the result was detached during the call/);
});

test("strings_are_copied", async () => {
  const texts = Array.from({ length: 50 }, (_, n) => "ü".repeat(n));
  const lengths = texts.map((text) => async(c.length_after, text, 5));
  assert.deepEqual((await Promise.all(lengths)).map(({ value }) => value), texts.map((text) => BigInt(2 * text.length)));
  await assert.rejects(async(c.length_after, "a\0b", 0), /argument 1/);
});

test("buffers_stay_until_the_call_has_ended", async () => {
  const calls = Array.from({ length: 40 }, (_, n) => async(c.sum_after, new Uint8Array(10_000).fill(n), 10_000, 20));
  globalThis.gc?.();
  const garbage = [];
  for (let n = 0; n < 200; n++) garbage.push(new Uint8Array(10_000).fill(255));
  assert.deepEqual((await Promise.all(calls)).map(({ value }) => value), Array.from({ length: 40 }, (_, n) => n * 10_000));
  const bytes = new Uint8Array(8);
  await async(c.fill_after, bytes.subarray(2), 4, 7, 1);
  assert.deepEqual([...bytes], [0, 0, 7, 7, 7, 7, 0, 0]);
});

// V8 12.4 reallocates the memory of a buffer that is transferred with another length, whoever else has it.
const reallocates = process.versions.v8?.startsWith("12.");

test("the_memory_of_detached_buffers_stays_too", { skip: !isNode }, async () => {
  const calls = Array.from({ length: 20 }, (_, n) => {
    const buffer = new ArrayBuffer(100_000);
    new Uint8Array(buffer).fill(n);
    const call = async(c.sum_after, buffer, 100_000, 50);
    if (n % 2 === 0) structuredClone(buffer, { transfer: [buffer] });
    else buffer.transfer(reallocates ? undefined : 10);
    assert.equal(buffer.byteLength, 0);
    return call;
  });
  globalThis.gc?.();
  await sleep(10);
  for (let n = 0; n < 40; n++) new Uint8Array(100_000).fill(255);
  assert.deepEqual((await Promise.all(calls)).map(({ value }) => value), Array.from({ length: 20 }, (_, n) => n * 100_000));
});

test("buffers_that_script_can_shrink_are_refused", async () => {
  const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
  await assert.rejects(async(c.sum_after, resizable, 8, 0), TypeError);
  await assert.rejects(async(c.sum_after, new Uint8Array(resizable), 8, 0), TypeError);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  await assert.rejects(async(c.sum_after, detached, 8, 0), TypeError);
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(2);
  assert.equal((await async(c.sum_after, shared, 8, 0)).value, 16);
});

test("variadic_functions_run_on_other_threads", async () => {
  const declarations = binding.declarations("int snprintf(char *to, size_t size, const char *format, ...);", "c");
  const print = binding.variadic(binding.open(null, undefined), declarations, "snprintf", '["i32", "f64"]', undefined, { bytes: true });
  const to = new Uint8Array(20);
  assert.equal((await async(print, to, 20, "%d %.1f", 42, 0.5)).value, 6);
  assert.equal(new TextDecoder().decode(to.subarray(0, 6)), "42 0.5");
});
