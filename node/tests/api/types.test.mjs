import assert from "node:assert/strict";
import { test } from "node:test";
import { typeErrors } from "../typescript.mjs";

for (const file of ["declarations", "c_text"]) {
  test(`types_of_${file}`, () => {
    assert.equal(typeErrors(new URL(`types/${file}.ts`, import.meta.url)), "");
  });
}
