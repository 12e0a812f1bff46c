import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("under_collection.mjs", import.meta.url));

for (const flags of [["--gc-interval=400"], ["--stress-scavenge=50"], ["--stress-compaction", "--verify-heap"]]) {
  test(`values_are_right_with_${flags.join("_")}`, () => {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...flags, program], { encoding: "utf8" });
    assert.equal(status, 0, `${signal}\n${stdout}${stderr}`);
  });
}
