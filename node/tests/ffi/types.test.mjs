// `ffi.d.ts` gives calls their types.

import assert from "node:assert/strict";
import { test } from "node:test";

import { typeErrors } from "../typescript.mjs";

test("calls have the types of their signatures", () => {
  assert.equal(typeErrors(new URL("types.ts", import.meta.url)), "");
});
