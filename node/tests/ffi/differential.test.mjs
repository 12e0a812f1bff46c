// `hotcall/ffi` answers as `node:ffi` does: the same value, or an error of the same class and code whose message begins alike.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { test } from "node:test";

import * as ours from "../../lib/ffi.mjs";
import { compile } from "../native.mjs";
import { answers } from "./answers.mjs";
import { cases, outcome } from "./cases.mjs";

// The differences, which docs/ffi.md explains.
const address = { value: '"bigint"' };
const DIFFERENCES = new Map([
  ...["pointer", "string", "buffer", "arraybuffer", "function"].map((type) => [`id_pointer(an empty array as ${type})`, address]),
  ["getRawPointer(an empty Buffer)", address],
  ["id_i32(-0)", { value: "0" }],
  ["id_u32(-0)", { value: "0" }],
  ["a library that is not there", { class: "Error", code: "ERR_FFI_CALL_FAILED", message: "dlopen failed: cannot find library" }],
  ["a file that is no library", { class: "Error", code: "ERR_FFI_CALL_FAILED", message: "dlopen failed: library /dev/null" }],
  ["DynamicLibrary without new", { class: "TypeError" }],
]);

// Other runtimes' own: Bun's Buffer does not know the encoding "", and Deno's Node-API does not know shared buffers.
const RUNTIMES = {
  bun: [['exportString("hé", address, 12, "")', { class: "TypeError", code: "ERR_UNKNOWN_ENCODING", message: "Unknown encoding" }]],
  deno: [["getRawPointer(a SharedArrayBuffer)", { class: "TypeError" }]],
};
const runtime = Object.keys(RUNTIMES).find((name) => process.versions[name] !== undefined);
const expectedHere = new Map([...DIFFERENCES, ...(RUNTIMES[runtime] ?? [])]);

const path = compile("ffi");
const recorded = JSON.parse(readFileSync(answers, "utf8"));

// Without the value that an error ends with: each version of Node prints it in its own way.
const beginning = (message) => message.split(". Received")[0];

// Errors without a code are the engine's own, with words of its own.
const agree = (mine, theirs) =>
  mine.value === theirs.value &&
  mine.class === theirs.class &&
  mine.code === theirs.code &&
  (theirs.code === undefined || mine.message.startsWith(beginning(theirs.message)));

test("every case is answered as node:ffi answers it", () => {
  const wrong = [];
  let tried = 0;
  for (const [name, run] of cases(path)) {
    const expected = expectedHere.get(name) ?? recorded[name];
    const actual = outcome(run, ours, path);
    tried++;
    if (expected === undefined || !agree(actual, expected)) wrong.push({ name, expected, actual });
  }
  assert.deepEqual(wrong, []);
  assert.equal(tried, Object.keys(recorded).length);
});

test("the differences are differences", () => {
  for (const [name, expected] of DIFFERENCES) assert.ok(!agree(expected, recorded[name]), name);
});

test("node:ffi answers as recorded", { skip: !isBuiltin("node:ffi") && "this Node.js has no node:ffi" }, async () => {
  const ffi = await import("node:ffi");
  for (const [name, run] of cases(path)) {
    const answer = JSON.parse(JSON.stringify(outcome(run, ffi, path)));
    assert.ok(agree(answer, recorded[name]), `${name}: ${JSON.stringify(answer)}`);
  }
});
