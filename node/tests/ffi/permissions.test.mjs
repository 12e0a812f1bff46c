// The allow-list of libraries holds for `hotcall/ffi` too.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";

import { compile } from "../native.mjs";
import { isDeno } from "../this_runtime.mjs";

const path = compile("ffi");
const folder = mkdtempSync(join(tmpdir(), "hotcall-"));
after(() => rmSync(folder, { recursive: true }));

// What a script prints with an allow-list.
function printed(allowed, script) {
  const source = `import * as ffi from ${JSON.stringify(new URL("../../lib/ffi.mjs", import.meta.url))};
    const path = ${JSON.stringify(path)};
    import { Buffer } from "node:buffer";
    try { console.log(${script}); } catch (error) { console.log(error.code); }`;
  const env = { ...process.env, HOTCALL_ALLOW_FFI: allowed };
  const file = join(folder, "script.mjs");
  writeFileSync(file, source);
  const { stdout, stderr } = spawnSync(process.execPath, [...(isDeno ? ["run", "-A"] : []), file], { env, encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout.trim();
}

const add = "{ add: { arguments: ['i32', 'i32'], return: 'i32' } }";

test("a library in an allowed folder is opened", () => {
  assert.equal(printed(dirname(path), `ffi.dlopen(path, ${add}).functions.add(20, 22)`), "42");
});

test("others are refused", () => {
  for (const script of [`ffi.dlopen(path, ${add})`, "new ffi.DynamicLibrary(null)", 'new ffi.DynamicLibrary("")', 'new ffi.DynamicLibrary("libc.so.6")']) {
    assert.equal(printed("/usr", script), "ERR_ACCESS_DENIED", script);
  }
});

test("memory at any address needs the permission for everything", () => {
  const scripts = [
    ...["ffi.getInt32(8n)", "ffi.setInt32(8n, 0, 1)", "ffi.toString(8n)", "ffi.toBuffer(8n, 1)", "ffi.toArrayBuffer(8n, 1)"],
    ...["ffi.exportString('x', 8n, 9)", "ffi.exportBuffer(Buffer.alloc(1), 8n, 9)", "ffi.getRawPointer(new Uint8Array(1))"],
    ...["ffi.getCurrentEventLoop()", "new ffi.DynamicLibrary(path).registerCallback(() => {})"],
  ];
  for (const script of scripts) assert.equal(printed(dirname(path), script), "ERR_ACCESS_DENIED", script);
});
