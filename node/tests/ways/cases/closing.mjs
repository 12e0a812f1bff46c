// Closes libraries while optimised code calls their functions. Prints the names of the cases that passed.

import assert from "node:assert/strict";
import vm from "node:vm";
import { binding, isNode } from "../../this_runtime.mjs";
import { callers } from "../../tiers.mjs";
import { open } from "../table.mjs";

const CLOSED = { name: "Error", message: /^library .* is closed$/ };
const pair = Float64Array.of(1, 2);
const usual = {
  t_i32: [1], t_u32: [4294967295], t_i64: [5n], t_u64: [1], t_f64: [0.5], t_f32: [1], t_bool: [true], t_pointer: [null],
  t_text: ["text"], t_bytes: [new Uint8Array(4)], t_first: [new Uint8Array(4)], t_sum: [new Uint8Array(4), 4],
  t_at: [new Uint8Array(4), 1], t_swap: [pair, new Float64Array(2)], t_dot: [pair, pair], t_call: [null, 1],
};

let texts = 0;
const compile = (text) => new vm.Script(`(${text}) // ${(texts += 1)}`).runInThisContext();
const collect = async () => {
  globalThis.gc?.();
  await new Promise(setImmediate);
  globalThis.gc?.();
};

const cases = {
  // Each caller is in its tier when the library is closed.
  "calls of each type and tier throw after close": () => {
    const { opened, ...functions } = open();
    const all = Object.entries(usual)
      .filter(([key]) => key !== "t_call")
      .flatMap(([key, args]) => Object.values(callers(functions[key], args.length)).map((caller) => ({ caller, args })));
    for (const { caller, args } of all) {
      caller.ready(args);
      caller.run(args);
    }
    binding.close(opened);
    for (let round = 0; round < 3; round++) for (const { caller, args } of all) assert.throws(() => caller.run(args), CLOSED);
    assert.throws(() => functions.t_call(null, 1), CLOSED);
  },

  "one opening does not close the other": () => {
    const [one, other] = [open(), open()];
    const [caller] = Object.values(callers(other.t_i32, 1)).slice(-1);
    caller.ready([1]);
    binding.close(one.opened);
    assert.throws(() => one.t_i32(1), CLOSED);
    assert.equal(caller.run([1]), 2);
    assert.equal(binding.isClosed(other.opened), false);
    binding.close(other.opened);
    assert.throws(() => caller.run([1]), CLOSED);
  },

  "functions keep a library that script has dropped": async () => {
    const { t_text, t_swap } = open();
    const [caller] = Object.values(callers(t_text, 1)).slice(-1);
    caller.ready(["text"]);
    for (let round = 0; round < 3; round++) await collect();
    assert.equal(caller.run(["longer"]), 6n);
    const into = new Float64Array(2);
    t_swap(pair, into);
    assert.deepEqual([...into], [2, 1]);
  },

  // New functions get the memory of old ones. Old callers must not reach them.
  "callers of closed libraries never reach other functions": async () => {
    const old = [];
    for (let round = 0; round < 40; round++) {
      const { opened, t_i32, t_f64, t_text } = open();
      const [f, args, result] = [[t_i32, [1], 2], [t_f64, [3], 1.5], [t_text, ["abc"], 3n]][round % 3];
      const [caller] = Object.values(callers(f, 1)).slice(-1);
      caller.ready(args);
      assert.equal(caller.run(args), result);
      binding.close(opened);
      old.push({ caller, args });
      if (old.length > 10) old.shift();
      for (const { caller, args } of old) assert.throws(() => caller.run(args), CLOSED);
      if (round % 8 === 0) await collect();
    }
  },

  "closing among the arguments of a call": () => {
    for (let round = 0; round < 3; round++) {
      const { opened, t_i32 } = open();
      const site = compile("function site(f, n, at, stop) { for (let i = 0; i < n; i++) f(i === at ? (stop(), i) : i); return n; }");
      assert.equal(site(t_i32, 20_000, -1), 20_000);
      assert.throws(() => site(t_i32, 20_000, 19_000, () => binding.close(opened)), CLOSED);
    }
  },

  "closing in a loop that catches": () => {
    const { opened, t_f64 } = open();
    const site = compile(`function site(f, n, at, stop) {
      let [good, caught, ends] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        if (i === at) stop();
        try { if (f(i) === i / 2) good++; } catch (error) { if (/is closed$/.test(error.message)) caught++; } finally { ends++; }
      }
      return [good, caught, ends];
    }`);
    assert.deepEqual(site(t_f64, 30_000, -1), [30_000, 0, 30_000]);
    assert.deepEqual(site(t_f64, 20_000, 5_000, () => binding.close(opened)), [5_000, 15_000, 20_000]);
  },

  "closing in a callback": () => {
    const declared = binding.declarations("int32_t number(int32_t);", "c");
    for (let round = 0; round < 5; round++) {
      const { opened, t_call, t_i32 } = open();
      const callback = binding.callback(declared, "number", (value) => {
        if (value === 5) binding.close(opened);
        return value;
      }, {});
      const pointer = binding.callbackPointer(callback);
      const site = compile("function site(f, p, n) { let sum = 0; for (let i = 10; i < n; i++) sum += f(p, i); return sum; }");
      assert.equal(site(t_call, pointer, 3_010), (3_000 * 3_021) / 2);
      // C goes on, and its result arrives.
      assert.equal(t_call(pointer, 5), 6);
      assert.throws(() => t_call(pointer, 1), CLOSED);
      assert.throws(() => t_i32(1), CLOSED);
      binding.callbackClose(callback);
    }
  },

  "many openings": async () => {
    for (let round = 0; round < 300; round++) {
      const { opened, t_i32, t_sum } = open();
      assert.equal(t_i32(round), round + 1);
      assert.equal(t_sum(Uint8Array.of(1, 2, 3), 3), 6);
      if (round % 2) binding.close(opened);
      if (round % 100 === 0) await collect();
    }
  },
};

const passed = [];
for (const [name, run] of Object.entries(cases)) {
  await run();
  passed.push(name);
}
console.log(JSON.stringify({ passed, isNode }));
