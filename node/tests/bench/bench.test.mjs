// The bench runs, its contenders' results are right, and its output has what others read.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { cases } from "../../bench/cases.mjs";
import { compare } from "../../bench/targets.mjs";

const script = join(fileURLToPath(new URL("../../bench", import.meta.url)), "main.mjs");
const bench = (...args) => spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });

function measured(...args) {
  const { status, stdout, stderr } = bench("--json", "--rounds", "1", ...args);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test("every case has a time for this package, koffi and the addon", () => {
  const { runs } = measured("--tier", "interpreter");
  assert.deepEqual(runs.map(({ tier }) => tier), ["interpreter"]);
  assert.deepEqual(runs[0].rows.map(({ id }) => id), cases.map(({ id }) => id));
  const without = { koffi: ["struct_into"], node_api: ["symbol", "symbol_function"] };
  for (const { id, ns } of runs[0].rows) {
    for (const name of ["hotcall", "koffi", "node_api"]) {
      assert.equal(ns[name] > 0, !without[name]?.includes(id), `${id}: ${name}`);
    }
  }
});

test("optimised code is compared with the targets", () => {
  const { runs, targets } = measured("--tier", "optimised", "nop", "two_doubles");
  assert.deepEqual(runs[0].rows.map(({ not_compiled }) => not_compiled), [[], []]);
  const found = targets.map(({ id, what, wanted }) => [id, what, wanted]);
  assert.deepEqual(found, [["two_doubles", "ns", 8], ["two_doubles", "koffi / hotcall", 4]]);
});

test("a target is met at its bound, and short beyond it", () => {
  const met = (hotcall, koffi) => {
    const rows = [{ id: "two_doubles", ns: { hotcall }, over_hotcall: { koffi } }];
    return compare(rows).map(({ met }) => met);
  };
  assert.deepEqual(met(8, 4), [true, true]);
  assert.deepEqual(met(8.1, 3.9), [false, false]);
});

test("a wrong word on the command line is an error that lists the right ones", () => {
  for (const args of [["no_case"], ["--tier", "no_tier"], ["--rounds", "0"], ["--rounds", "many"]]) {
    const { status, stderr } = bench(...args);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, /^bench: /);
  }
  assert.match(bench("no_case").stderr, /no case is called "no_case": there are nop, /);
});
