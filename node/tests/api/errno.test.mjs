import assert from "node:assert/strict";
import { test } from "node:test";
import { errno, errnoName, open, os } from "../../lib/index.mjs";
import { header, library } from "../native.mjs";

test("errno_is_captured_by_the_functions_that_are_named", () => {
  const lib = open(library, header, { errno: ["fail_with"] });
  assert.equal(lib.fail_with(os.errno.ENOENT), -1);
  assert.equal(errno(), os.errno.ENOENT);
  assert.equal(errnoName(errno()), "ENOENT");
  lib.nop();
  assert.equal(errno(), os.errno.ENOENT);
  assert.equal(errnoName(123456), undefined);
  const all = open(library, header, { errno: true });
  all.fail_with(os.errno.EACCES);
  assert.equal(errno(), os.errno.EACCES);
  const deno = open(library, { fail_with: { parameters: ["i32"], result: "i32", errno: true } });
  deno.fail_with(os.errno.EEXIST);
  assert.equal(errnoName(errno()), "EEXIST");
});
