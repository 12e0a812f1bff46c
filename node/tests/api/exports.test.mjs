import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as module from "../../lib/index.mjs";

const commonJs = createRequire(import.meta.url)("../../lib/index.cjs");

test("both_module_systems_and_the_types_have_the_same_names", () => {
  const { default: all, ...named } = module;
  assert.equal(all, commonJs);
  assert.deepEqual({ ...named }, { ...commonJs });
  const types = readFileSync(new URL("../../lib/index.d.ts", import.meta.url), "utf8");
  const declared = types.matchAll(/^export (?:function|const) (\w+)/gm);
  assert.deepEqual([...new Set(Array.from(declared, ([, name]) => name))].sort(), Object.keys(commonJs).sort());
});

test("documented_functions_exist", () => {
  const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
  const imported = [...page.matchAll(/^import \{ (.*) \} from "hotcall"/gm)].flatMap(([, names]) => names.split(", "));
  for (const name of imported) assert.ok(name in commonJs, name);
});
