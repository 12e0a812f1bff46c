// Runtimes whose V8 is not known, and processes in which a way is switched off: `diagnostics` says why, and calls work.
// Node 20, for which the package is not made, runs this file too.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { binding, isBun, isDeno, isNode } from "../this_runtime.mjs";
import { open } from "../ways/table.mjs";

const major = Number(process.versions.node.split(".")[0]);
const knowsV8 = isNode && major >= 22;

test("diagnostics say which ways are on, and why others are off", () => {
  const { runtime, v8, fast, ordinary, napi } = binding.diagnostics();
  const name = (isDeno && "deno") || (isBun && "bun") || "node";
  assert.match(runtime, new RegExp(`^${name} \\d+\\.\\d+`));
  assert.equal(v8, knowsV8 ? process.versions.v8 : null);
  const { HOTCALL_WAYS: limit = "fast" } = process.env;
  const unless = (isOn) => {
    if (!knowsV8) return /^the runtime does not export V8's /;
    return isOn ? /^on$/ : /^the environment variable HOTCALL_WAYS is /;
  };
  assert.match(fast, unless(limit === "fast"));
  assert.match(ordinary, unless(limit !== "napi"));
  assert.equal(napi, "on");
});

test("functions of each type work", () => {
  const lib = open();
  const into = new Float64Array(2);
  const pointer = binding.alloc(8);
  lib.t_swap(Float64Array.of(1, 2), into);
  const results = [
    lib.t_i32(41),
    lib.t_u32(2 ** 32 - 1),
    lib.t_i64(-1n),
    lib.t_u64(-1n),
    lib.t_f64(-0),
    lib.t_f32(0.1),
    lib.t_bool(false),
    lib.t_text("é€😀"),
    lib.t_first(Uint8Array.of(9)),
    lib.t_sum(new Uint8Array(4).fill(2), 4n),
    [...into],
    lib.t_dot(into, into),
    binding.address(lib.t_pointer(pointer)) === binding.address(pointer),
    lib.t_pointer(null),
  ];
  const expected = [42, 2 ** 32 - 1, -1n, 2n ** 64n - 1n, -0, Math.fround(0.1), true, 9n, 9, 8, [2, 1], 5, true, null];
  assert.deepEqual(results, expected);
  const declared = binding.declarations("int32_t number(int32_t);", "c");
  const callback = binding.callback(declared, "number", (value) => value * 2, {});
  assert.equal(lib.t_call(binding.callbackPointer(callback), 4), 9);
  assert.throws(() => lib.t_i32(1.5), {
    name: "TypeError",
    message: 'cannot call "t_i32": argument 1 (i32): 1.5 is not an integer',
  });
  binding.close(lib.opened);
  assert.throws(() => lib.t_i32(1), /is closed$/);
});

// A process of its own for each limit runs this file again.
for (const ways of knowsV8 && !process.env.HOTCALL_WAYS ? ["ordinary", "napi"] : []) {
  test(`the same with ${ways} calls alone`, () => {
    const env = { ...process.env, HOTCALL_WAYS: ways };
    delete env.NODE_TEST_CONTEXT;
    const { status, stdout } = spawnSync(process.execPath, ["--test", fileURLToPath(import.meta.url)], {
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
  });
}
