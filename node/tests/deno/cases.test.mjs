// Runs the scripts in `scripts/cases` here and in Deno. `*.out` has their lines. Where Deno gives something else, the
// next line says what, and names the row of the table of differences in `docs/deno.md` that decides so:
//
//     u8 of 256 → throws TypeError
//       in Deno: 0 (range)

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixture, hasBun, hasDeno, here, inBun, inDeno, inNode } from "./script.mjs";

const ENDS = "ends the process";

// Bun's external values have a prototype, and script may extend them. Its Node-API does not tell that an
// `ArrayBuffer` is detached, and Deno's does not take a `SharedArrayBuffer`.
const BUN_DIFFERS = ["a pointer", "a pointer is extensible", "buffer of a detached buffer"];
const DENO_DIFFERS = ["a shared buffer is a buffer"];

const folder = join(here, "scripts", "cases");
const scripts = readdirSync(folder).flatMap((file) => (file.endsWith(".out") ? [file.slice(0, -4)] : []));

// The cases of a script: their names, what they give here and in Deno, and the row that decides so.
function cases(script) {
  const found = [];
  for (const line of readFileSync(join(folder, `${script}.out`), "utf8").trimEnd().split("\n")) {
    const difference = /^  in Deno: (.*) \((.*)\)$/.exec(line);
    const outcome = /^(.*) → (.*)$/.exec(line);
    if (difference !== null) Object.assign(found.at(-1), { inDeno: difference[1], row: difference[2] });
    else found.push({ name: outcome[1], here: outcome[2], inDeno: outcome[2] });
  }
  return found;
}

const lines = (all, where) => all.map((one) => `${one.name} → ${one[where]}`);

// Checks what a script printed, and shows the lines alone that differ.
function check({ status, stdout, stderr }, expected) {
  const printed = stdout.trimEnd().split("\n");
  const differing = (some, others) => some.filter((line, index) => line !== others[index]).slice(0, 10);
  const [actual, wanted] = [differing(printed, expected), differing(expected, printed)];
  assert.deepEqual({ status, stderr, lines: actual }, { status: 0, stderr: "", lines: wanted });
}

// The names in the first column of the table.
const documented = readFileSync(join(here, "..", "..", "docs", "deno.md"), "utf8")
  .split("\n")
  .flatMap((line) => /^\| `([^`]+)` \|/.exec(line)?.[1] ?? []);

for (const script of scripts) {
  const path = join(folder, `${script}.ts`);
  const all = cases(script);

  test(`${script}: this Node gives what is written down`, () => check(inNode(path, [fixture]), lines(all, "here")));

  test(`${script}: Node-API alone gives the same`, () => {
    check(inNode(path, [fixture], { env: { HOTCALL_WAYS: "napi" } }), lines(all, "here"));
  });

  test(`${script}: differences are in the table`, () => {
    for (const { name, row } of all) assert.ok(row === undefined || documented.includes(row), `${name}: ${row}`);
  });

  test(`${script}: Deno gives what is written down`, { skip: !hasDeno && "Deno is not there" }, () => {
    check({ ...inDeno(path, [fixture]), stderr: "" }, lines(all, "inDeno"));
  });

  // This package in another runtime, where it does as in Node, but for a few cases.
  function checkElsewhere({ status, stdout, stderr }, differing) {
    const isEqual = (line) => !differing.some((name) => line.startsWith(`${name} → `));
    check(
      { status, stdout: stdout.split("\n").filter(isEqual).join("\n"), stderr },
      lines(all, "here").filter(isEqual),
    );
  }

  test(`${script}: this package in Deno`, { skip: !hasDeno && "Deno is not there" }, () => {
    checkElsewhere(inDeno(path, [fixture], { flags: ["--preload", join(here, "replace.mjs")] }), DENO_DIFFERS);
  });

  test(`${script}: this package in Bun`, { skip: !hasBun && "Bun is not there" }, () => {
    checkElsewhere(inBun(path, [fixture]), BUN_DIFFERS);
  });

  const ending = all.filter((one) => one.inDeno === ENDS);
  test(`${script}: what ends Deno's process`, { skip: !hasDeno && "Deno is not there" }, () => {
    for (const { name } of ending) {
      const { signal, stdout, stderr } = inDeno(path, [fixture], { env: { CASE: name } });
      assert.ok(signal !== null || /panicked/.test(stderr), `${name}: ${stdout}`);
    }
  });
}
