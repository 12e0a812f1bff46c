// The types of `hotcall/deno` and of the namespace that `hotcall/deno/register` declares.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { typeErrors } from "../typescript.mjs";
import { here, root } from "./script.mjs";

for (const name of ["deno", "register"]) {
  test(`types of ${name}`, () => assert.equal(typeErrors(new URL(`types/${name}.ts`, import.meta.url)), ""));
}

test("types of scripts for Deno", () => {
  const scripts = join(here, "scripts");
  const files = readdirSync(scripts, { recursive: true }).filter((file) => file.endsWith(".ts"));
  const more = ["--allowImportingTsExtensions", "--erasableSyntaxOnly", ...files.map((file) => join(scripts, file))];
  assert.equal(typeErrors(pathToFileURL(join(root, "lib", "deno_register.d.ts")), ...more), "");
});
