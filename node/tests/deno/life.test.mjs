// What lives how long: buffers behind pointers, callbacks, libraries and functions at addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { dlopen, UnsafeCallback, UnsafeFnPointer, UnsafePointer, UnsafePointerView } from "hotcall/deno";
import { fixture, inNode } from "./script.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

const unary = { parameters: ["i32"], result: "i32" };
const { symbols: c } = dlopen(fixture, {
  call_twice: { parameters: ["function", "i32"], result: "i32" },
  add_address: { parameters: [], result: "pointer" },
});

// Collects garbage, and lets finalisers run.
async function collect() {
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const litter = () => Array.from({ length: 20000 }, () => new Uint8Array(64).fill(0xee));

async function isCollected(reference) {
  await collect();
  assert.equal(reference.deref(), undefined, "it is collected");
}

const holders = {
  "a pointer": (buffer) => UnsafePointer.of(buffer),
  "a pointer behind another": (buffer) => UnsafePointer.offset(UnsafePointer.offset(UnsafePointer.of(buffer), 4), -4),
  "a buffer over it": (buffer) => UnsafePointerView.getArrayBuffer(UnsafePointer.of(buffer), 8),
  "a buffer over it that was transferred": (buffer) =>
    UnsafePointerView.getArrayBuffer(UnsafePointer.of(buffer), 8).transfer(),
};

for (const [name, hold] of Object.entries(holders)) {
  test(`a buffer lives as long as ${name}`, async () => {
    const reference = await (async () => {
      let buffer = new Uint8Array(64).fill(7);
      const reference = new WeakRef(buffer.buffer);
      const holder = hold(buffer);
      buffer = undefined;
      await collect();
      litter();
      const bytes = holder instanceof ArrayBuffer
        ? new Uint8Array(holder)
        : new Uint8Array(UnsafePointerView.getArrayBuffer(holder, 8));
      assert.deepEqual([...bytes.subarray(0, 8)], Array(8).fill(7));
      return reference;
    })();
    await isCollected(reference);
  });
}

test("a callback lives until it is closed", async () => {
  const made = (() => {
    const f = (it) => it + 1;
    const callback = new UnsafeCallback(unary, f);
    return { pointer: callback.pointer, reference: new WeakRef(f) };
  })();
  await collect();
  litter();
  assert.equal(c.call_twice(made.pointer, 1), 2003);
  assert.notEqual(made.reference.deref(), undefined);
});

test("a closed callback lets its function go", async () => {
  const reference = (() => {
    const f = (it) => it + 1;
    const callback = new UnsafeCallback(unary, f);
    assert.equal(c.call_twice(callback.pointer, 1), 2003);
    callback.close();
    return new WeakRef(f);
  })();
  await isCollected(reference);
});

test("an exception on another thread is an uncaught one", () => {
  const script = `
    const { symbols } = Deno.dlopen(process.argv[1], {
      call_elsewhere: { parameters: ["function", "i32", "i32", "i32"], result: "void" },
    });
    const callback = Deno.UnsafeCallback.threadSafe({ parameters: ["i32"], result: "i32" }, (it) => {
      throw new Error("call " + it);
    });
    process.on("uncaughtException", ({ message }) => {
      console.log(message);
      if (message === "call 2") callback.close();
    });
    symbols.call_elsewhere(callback.pointer, 1, 2, 0);`;
  const { status, stdout, stderr } = inNode("--eval", [script, fixture]);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "call 1\ncall 2\n", stderr: "" });
});

test("a function lives longer than its library's object", async () => {
  const add = dlopen(fixture, { add: { parameters: ["i32", "i32"], result: "i32" } }).symbols.add;
  await collect();
  assert.equal(add(2, 3), 5);
});

test("functions at addresses and libraries are collected", async () => {
  const references = (() => {
    const pointer = new UnsafeFnPointer(c.add_address(), { parameters: ["i32", "i32"], result: "i32" });
    assert.equal(pointer.call(2, 3), 5);
    const library = dlopen(fixture, {
      pair_back: { parameters: [{ struct: ["i32", "f64"] }], result: { struct: ["i32", "f64"] } },
    });
    assert.equal(library.symbols.pair_back(new Uint8Array(16)).length, 16);
    return [new WeakRef(pointer), new WeakRef(library), new WeakRef(library.symbols.pair_back)];
  })();
  for (const reference of references) await isCollected(reference);
});
