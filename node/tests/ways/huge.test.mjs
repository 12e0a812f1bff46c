// Buffers of more than 4 GiB: lengths and places beyond 32 bits. Their pages are not touched, so they take no memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { callers } from "../tiers.mjs";
import { open } from "./table.mjs";

const GIB = 2 ** 30;
const SIZE = 5 * GIB;

function buffers() {
  try {
    const buffer = new ArrayBuffer(SIZE);
    return [buffer, new SharedArrayBuffer(SIZE)];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}
const all = buffers();
const skip = all === null && "this system does not give so much address space";

const { t_at, t_sum, t_swap, t_dot } = open();
const each = (f, usual, check) => {
  for (const [tier, caller] of Object.entries(callers(f, f.length))) {
    check((...args) => {
      caller.ready(usual);
      return caller.run(args);
    }, tier);
  }
};

test("C reads beyond 4 GiB", { skip }, () => {
  const small = new Uint8Array(8);
  for (const buffer of all) {
    const whole = new Uint8Array(buffer);
    [whole[4 * GIB + 3], whole[SIZE - 1]] = [77, 88];
    const views = [
      whole,
      new DataView(buffer),
      new Float64Array(buffer),
      ...(buffer instanceof ArrayBuffer ? [buffer] : []),
    ];
    each(t_at, [small, 1], (call, tier) => {
      for (const view of views) {
        assert.equal(call(view, 4 * GIB + 3), 77, tier);
        assert.equal(call(view, BigInt(SIZE - 1)), 88, tier);
      }
      assert.equal(call(whole.subarray(4 * GIB), 3), 77, tier);
      assert.equal(call(new DataView(buffer, 4 * GIB + 1), 2), 77, tier);
    });
    each(t_sum, [small, 1], (call, tier) => assert.equal(call(whole.subarray(SIZE - 4), 4), 88, tier));
  }
});

test("structs are read and written beyond 4 GiB", { skip }, () => {
  const [small, into] = [new Float64Array(2), new Float64Array(2)];
  for (const buffer of all) {
    // The length of `whole` is 2 ** 32 and more elements: its low 32 bits say that it has few.
    for (const whole of [new Uint8Array(buffer, 0, 4 * GIB), new Uint8Array(buffer, 0, 4 * GIB + 8)]) {
      whole.fill(0, 0, 16);
      each(t_dot, [small, small], (call, tier) => assert.equal(call(whole, Float64Array.of(1, 2)), 0, tier));
      each(t_swap, [small, into], (call, tier) => {
        call(Float64Array.of(3, 4), whole);
        assert.deepEqual(new Float64Array(buffer, 0, 2), Float64Array.of(4, 3), tier);
      });
    }
    const end = new Float64Array(buffer, SIZE - 16);
    each(t_swap, [small, into], (call) => call(Float64Array.of(5, 6), end));
    assert.deepEqual(end, Float64Array.of(6, 5));
    each(t_dot, [small, small], (call, tier) => assert.equal(call(end, Float64Array.of(1, 2)), 16, tier));
  }
});
