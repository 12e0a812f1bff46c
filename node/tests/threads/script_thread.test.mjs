// Callbacks that C calls on script's own thread.

import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { binding, c, callback, library, sleep } from "./library.mjs";

test("all_kinds_of_arguments_arrive", () => {
  const pointer = binding.pointerOf(new Uint8Array(8));
  let seen;
  const f = callback("mixed", (...args) => {
    seen = args;
    return 2.5;
  });
  assert.equal(c.call_mixed(f.pointer, pointer), 2.5);
  const address = seen.pop();
  assert.deepEqual(seen, [-8, 0xfffffff0, -(2n ** 63n), 0.5, 1e300, true]);
  assert.equal(binding.address(address), binding.address(pointer));
  assert.equal(c.call_mixed(f.pointer, null), 2.5);
  assert.equal(seen.pop(), null);
  f.close();
});

test("results_of_all_kinds_are_checked", () => {
  const results = [[-5, -5], [2 ** 31 - 1, 2 ** 31 - 1], [-(2 ** 31), -(2 ** 31)], [-0, 0], [4n, 4]];
  for (const [result, expected] of results) {
    const f = callback("unary", () => result);
    if (typeof result === "bigint") assert.throws(() => c.call(f.pointer, 1), TypeError);
    else assert.equal(c.call(f.pointer, 1), expected);
    f.close();
  }
  for (const wrong of [2 ** 31, 1.5, NaN, "1", undefined, null, {}, Symbol("x"), true]) {
    const f = callback("unary", () => wrong);
    assert.throws(() => c.call(f.pointer, 1), { name: "TypeError", message: /a callback returned what is no i32/ }, String(wrong));
    f.close();
  }
});

test("an_exception_surfaces_when_c_has_returned", () => {
  let calls = 0;
  const f = callback("unary", (value) => {
    calls++;
    if (value === 2) throw new RangeError("inside");
    return 1;
  });
  assert.throws(() => c.call_times(f.pointer, 10), { name: "RangeError", message: "inside" });
  // Script does not run while an exception waits.
  assert.equal(calls, 3);
  assert.equal(c.call_times(f.pointer, 2), 2);
  for (const thrown of [undefined, null, 5, "text"]) {
    const g = callback("unary", () => {
      throw thrown;
    });
    try {
      c.call(g.pointer, 1);
      assert.fail("it threw nothing");
    } catch (error) {
      assert.equal(error, thrown);
    }
    g.close();
  }
  f.close();
});

test("an_exception_passes_every_way_of_a_call", () => {
  const f = callback("unary", (value) => {
    if (value === 1) throw new RangeError("inside");
    return 5;
  });
  const declarations = binding.declarations("int32_t call_times(int32_t (*f)(int32_t), int32_t count);", "c");
  const keepsErrno = binding.functions(library, declarations, { errno: true }).call_times;
  for (const callTimes of [c.call_times, keepsErrno]) {
    for (let n = 0; n < 200; n++) {
      assert.throws(() => callTimes(f.pointer, 3), { name: "RangeError", message: "inside" });
      assert.equal(callTimes(f.pointer, 1), 5);
    }
  }
  f.close();
});

test("script_catches_an_exception_of_an_inner_callback", () => {
  const inner = callback("unary", (value) => {
    if (value % 2 === 1) throw new RangeError(`inner ${value}`);
    return value;
  });
  let caught = 0;
  const outer = callback("unary", (value) => {
    try {
      return c.call(inner.pointer, value);
    } catch (error) {
      caught += error.message === `inner ${value}` ? 1 : 1000;
      return c.call(inner.pointer, 100);
    }
  });
  assert.equal(c.call_times(outer.pointer, 1000), 500 * 100 + 249_500);
  assert.equal(caught, 500);
  inner.close();
  outer.close();
});

test("callbacks_nest", () => {
  const f = callback("unary", (depth) => (depth === 0 ? 0 : 1 + c.call(f.pointer, depth - 1)));
  assert.equal(c.call(f.pointer, 20), 20);
  f.close();
});

test("a_callback_may_close_itself_while_it_runs", () => {
  const f = callback("unary", (value) => {
    f.close();
    return value;
  });
  assert.equal(c.call(f.pointer, 5), 5);
  assert.equal(c.call(f.pointer, 5), 0);
});

test("script_does_not_run_below_functions_that_are_not_marked", () => {
  const f = callback("unary", () => 1);
  c.set_handler(f.pointer);
  const declarations = binding.declarations("int32_t call_handler(int32_t value);", "c");
  const unmarked = binding.functions(binding.open(null, undefined), declarations, { optional: true }).call_handler;
  assert.equal(unmarked, null, "the library is not global");
  assert.equal(c.call_handler(1), 1);
  c.set_handler(null);
  f.close();
});

test("a_million_calls_in_one_turn_do_not_grow", { timeout: 120_000 }, () => {
  const f = callback("unary", (value) => value & 1);
  c.call_times(f.pointer, 100_000);
  const before = process.memoryUsage.rss();
  assert.equal(c.call_times(f.pointer, 1_000_000), 500_000);
  assert.ok(process.memoryUsage.rss() - before < 30e6);
  f.close();
});

test("functions_of_other_contexts_are_callbacks", () => {
  const inner = vm.runInNewContext("(value) => { if (value < 0) throw new RangeError('inner'); return value * 3; }");
  const f = callback("unary", inner);
  assert.equal(c.call(f.pointer, 5), 15);
  assert.throws(() => c.call(f.pointer, -1), /inner/);
  const call = vm.runInNewContext("(call, pointer) => call(pointer, 4)");
  assert.equal(call(c.call, f.pointer), 12);
  f.close();
});

const hasLoop = process.versions.bun === undefined && process.versions.deno === undefined;

test("the_event_loop_may_call_c_that_calls_script", { skip: !hasLoop || process.env.HOTCALL_WAYS === "napi" }, async () => {
  const order = [];
  const f = callback("unary", (value) => {
    order.push(value);
    process.nextTick(() => order.push("tick"));
    Promise.resolve().then(() => order.push("microtask"));
    setTimeout(() => order.push("timer"));
    return 0;
  });
  assert.equal(c.call_from_the_event_loop(binding.eventLoop(), f.pointer), 0);
  await sleep(50);
  assert.deepEqual(order, [7, "tick", "microtask", "timer"]);
  f.close();
});
