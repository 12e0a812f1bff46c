// The types of `hotcall/deno` and of the namespace that `hotcall/deno/register` declares.

import assert from "node:assert/strict";
import { test } from "node:test";
import { typeErrors } from "../typescript.mjs";

for (const name of ["deno", "register"]) {
  test(`types of ${name}`, () => assert.equal(typeErrors(new URL(`types/${name}.ts`, import.meta.url)), ""));
}
