// Callbacks where Node's ends the process, or says that the behaviour is undefined.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { dlopen } from "../../lib/ffi.mjs";
import { compile } from "../native.mjs";
import { isBun } from "../this_runtime.mjs";

function v8Collector() {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

const gc = isBun ? () => globalThis.Bun.gc(true) : v8Collector();

const i32 = { arguments: ["i32"], return: "i32" };
const path = compile("ffi");
const open = () =>
  dlopen(path, {
    call_i32: { arguments: ["function", "i32"], return: "i32" },
    call_pointer: { arguments: ["function", "pointer"], return: "pointer" },
    call_i64: { arguments: ["pointer", "i64"], return: "i64" },
    call_void: { arguments: ["pointer"] },
    keep: { arguments: ["pointer"] },
    call_kept: i32,
    add: { arguments: ["i32", "i32"], return: "i32" },
  });

test("an exception surfaces when C has returned", () => {
  const { lib, functions } = open();
  const thrown = new RangeError("mine");
  const callback = lib.registerCallback(i32, () => {
    throw thrown;
  });
  assert.throws(() => functions.call_i32(callback, 1), thrown);
  assert.equal(functions.add(1, 2), 3);
});

test("C gets zero for a value that is not of the type, and the error surfaces", () => {
  const { lib, functions } = open();
  for (const value of [1.5, 2 ** 31, 1n, "1", null, undefined, {}, Promise.resolve(1)]) {
    const callback = lib.registerCallback(i32, () => value);
    assert.throws(() => functions.call_i32(callback, 1), TypeError, String(value));
  }
  for (const value of ["text", 1.5, {}, new Uint8Array(1)]) {
    const callback = lib.registerCallback({ arguments: ["pointer", "pointer"], return: "pointer" }, () => value);
    assert.throws(() => functions.call_pointer(callback, 1n), TypeError, String(value));
  }
});

test("a callback may close its library, and later calls throw", () => {
  const { lib, functions } = open();
  const callback = lib.registerCallback(i32, (value) => {
    lib.close();
    return value + 1;
  });
  assert.equal(functions.call_i32(callback, 1), 2);
  assert.throws(() => functions.call_i32(callback, 1), { code: "ERR_FFI_LIBRARY_CLOSED" });
});

test("a callback may unregister itself, and C gets zero from late calls", () => {
  const { lib, functions } = open();
  const callback = lib.registerCallback(i32, (value) => {
    lib.unregisterCallback(callback);
    return value + 1;
  });
  functions.keep(callback);
  assert.equal(functions.call_kept(1), 2);
  assert.equal(functions.call_kept(1), 0);
});

test("a callback without a reference is collected, and C gets zero", async () => {
  const { lib, functions } = open();
  const types = [
    ["call_i32", i32, 1, 0],
    ["call_i64", { arguments: ["i64"], return: "i64" }, 1n, 0n],
  ];
  for (const [name, signature, value, zero] of types) {
    const callback = lib.registerCallback(signature, (value) => value);
    assert.equal(functions[name](callback, value), value);
    lib.unrefCallback(callback);
    // What a WeakRef led to lives until the turn ends.
    for (let tries = 0; tries < 50 && functions[name](callback, value) === value; tries++) {
      await new Promise(setImmediate);
      gc();
    }
    assert.equal(functions[name](callback, value), zero);
    for (const method of ["refCallback", "unrefCallback"]) assert.throws(() => lib[method](callback), { code: "ERR_INVALID_ARG_VALUE" });
    lib.unregisterCallback(callback);
  }
});

test("a callback with a reference again is not collected", async () => {
  const { lib, functions } = open();
  const callback = lib.registerCallback(i32, (value) => value + 1);
  lib.unrefCallback(callback);
  lib.refCallback(callback);
  for (let i = 0; i < 5; i++) {
    await new Promise(setImmediate);
    gc();
  }
  assert.equal(functions.call_i32(callback, 1), 2);
});

test("functions that were made before a callback call it, whatever their types", () => {
  const { lib, functions } = open();
  for (let i = 0; i < 3; i++) {
    assert.throws(() => functions.call_void(lib.registerCallback(() => { throw new Error("called"); })), /called/);
  }
  const callback = lib.registerCallback(i32, (value) => value * 3);
  functions.keep(callback);
  assert.equal(functions.call_kept(2), 6);
});

test("a library that script has dropped lives as long as its functions, and so do its callbacks", async () => {
  const { call_i32, callback } = (() => {
    const { lib, functions } = open();
    return { call_i32: functions.call_i32, callback: lib.registerCallback(i32, (value) => value + 1) };
  })();
  for (let i = 0; i < 5; i++) {
    await new Promise(setImmediate);
    gc();
  }
  assert.equal(call_i32(callback, 1), 2);
});
