// A million calls in one turn of the event loop leave nothing behind. V8 does not open a scope for the values of a fast
// call. So a value that was forgotten there would stay until the turn ends: 8 bytes a call.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeno, isNode } from "../this_runtime.mjs";
import { run } from "./table.mjs";

const flags = isDeno
  ? ["--v8-flags=--expose-gc,--max-semi-space-size=1"]
  : ["--expose-gc", ...(isNode ? ["--max-semi-space-size=1"] : [])];
const calls = isNode ? { fast: 1_000_000, ordinary: 300_000, napi: 200_000 } : { napi: 200_000 };

// Other runtimes are less quiet.
const noise = isNode ? 0 : 2 ** 21;

// Deno 2.9.6 keeps 48 bytes of each external value for good.
const kept = new Set(isDeno ? ["pointers", "pointers to bytes"] : []);

for (const [ways, count] of Object.entries(calls)) {
  test(`${count} calls in one turn do not grow the process: ${ways}`, () => {
    const grown = run("growth", { flags, ways, args: [count] });
    const total = (of) => Object.values(grown).reduce((sum, counts) => sum + counts[of], 0);
    for (const [name, { calls, bytes }] of Object.entries(grown)) {
      if (!kept.has(name)) assert.ok(bytes < 4 * calls + noise, `${name}: ${bytes} bytes in ${calls} calls`);
    }
    // Calls from code that is not optimised yet are ordinary, and some kinds always.
    if (ways === "fast")
      assert.ok(total("ordinary") < 0.7 * total("calls"), `${total("ordinary")} of ${total("calls")}`);
    else assert.ok(total("ordinary") >= total("calls"));
  });
}
