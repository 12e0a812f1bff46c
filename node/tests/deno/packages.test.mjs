// Packages that look at the global `Deno`: what they make of it with `hotcall/deno/register`, and without it.

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { packageFolder } from "../tools.mjs";
import { inNode } from "./script.mjs";

const SAME = {
  chalk: `import chalk from "chalk"; console.log(chalk.red("text"), chalk.level)`,
  "supports-color": `import supportsColor from "supports-color"; console.log(supportsColor)`,
  zx: `import { $ } from "zx"; console.log((await $({ quiet: true })\`echo text\`).stdout)`,
  environment: `import { isDeno, isNode } from "environment"; console.log(isDeno, isNode)`,
  "browser-or-node": `import { isDeno, isNode } from "browser-or-node"; console.log(isDeno, isNode)`,
  hono: `import { env, getRuntimeKey } from "hono/adapter"; console.log(getRuntimeKey(), env({}).TEXT)`,
};

// std-env takes the global itself for Deno.
const OTHER = {
  "std-env": [
    `import { isDeno, isNode, runtime } from "std-env"; console.log(isDeno, isNode, runtime)`,
    "false true node",
    "true true deno",
  ],
};

function output(program, ...args) {
  const options = { cwd: dirname(packageFolder("chalk")), env: { TEXT: "text" }, flags: ["--input-type=module"] };
  const { status, stdout, stderr } = inNode("--eval", [program, ...args], options);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  return stdout.trimEnd();
}

// Imports run before a module's own text, so the module that deletes the global comes first.
const without = (program) => `import "data:text/javascript,delete globalThis.Deno";\n${program}`;

for (const [name, program] of Object.entries(SAME)) {
  test(`${name} does the same`, () => assert.equal(output(program), output(without(program))));
}

for (const [name, [program, before, after]] of Object.entries(OTHER)) {
  test(`${name} sees Deno`, () => {
    assert.equal(output(without(program)), before);
    assert.equal(output(program), after);
  });
}

test("supports-color sees the script's arguments", () => {
  const program = `import supportsColor from "supports-color"; console.log(supportsColor.stdout.level)`;
  assert.equal(output(program, "script", "--color=256"), "2");
});
