// Packages that were written for other FFIs give the same answers over hotcall.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { packageFolder } from "../tools.mjs";

const here = dirname(fileURLToPath(import.meta.url));

function printed(script, modules, ...flags) {
  const env = { ...process.env, NODE_PATH: modules };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, join(here, script)], { env, encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""], script);
  return stdout;
}

for (const [name, script] of Object.entries({ "libmagic-ffi": "magic.cjs", "net-keepalive": "keepalive.cjs" })) {
  test(name, () => {
    const modules = dirname(packageFolder(name));
    const own = printed(script, modules);
    assert.ok(own.split("\n").length > 10, own);
    assert.equal(printed(script, modules, "--require", join(here, "shims.cjs")), own);
  });
}
