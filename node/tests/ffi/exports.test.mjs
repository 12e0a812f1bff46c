// The ES module, the CommonJS module and the types have the same names.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as module_ from "../../lib/ffi.mjs";

test("the modules and the types have the same names", () => {
  const { default: commonjs, ...named } = module_;
  assert.deepEqual(Object.keys(named).sort(), Object.keys(commonjs).sort());
  const types = readFileSync(new URL("../../lib/ffi.d.ts", import.meta.url), "utf8");
  const declared = types.matchAll(/^export (?:function|const|class) (\w+)/gm);
  assert.deepEqual([...new Set(Array.from(declared, ([, name]) => name))].sort(), Object.keys(commonjs).sort());
  for (const [name, value] of Object.entries(named)) assert.equal(commonjs[name], value, name);
});
