import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const FLAG = "--disallow-code-generation-from-strings";
const folder = fileURLToPath(new URL(".", import.meta.url));
const own = fileURLToPath(import.meta.url);
const { NODE_TEST_CONTEXT: _, ...env } = process.env;
const run = (...args) => spawnSync(process.execPath, [FLAG, ...args], { encoding: "utf8", env });

test("the_flag_forbids_code_of_text", () => {
  assert.match(run("-e", "new Function('')").stderr, /EvalError/);
});

const isOther = (name) => name.startsWith("types.") || name.startsWith("collection.");
for (const name of readdirSync(folder).filter((name) => name.endsWith(".test.mjs") && !isOther(name))) {
  const file = folder + name;
  if (file === own) continue;
  test(`without_code_of_text_${name.split(".")[0]}`, () => {
    const { status, stdout, stderr } = run(file);
    assert.equal(status, 0, stdout + stderr);
  });
}
