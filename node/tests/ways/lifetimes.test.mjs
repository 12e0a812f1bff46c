// Closing, and ends of Workers, while V8 has optimised code: as usual, and with collections and moves all the time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isNode } from "../this_runtime.mjs";
import { knows, run } from "./table.mjs";

const configurations = {
  "as usual": {},
  ...(isNode && {
    "ordinary callbacks": { ways: "ordinary" },
    "Node-API": { ways: "napi" },
    "collections by number": { flags: ["--gc-interval=400"] },
    "collections of young objects": { flags: ["--stress-scavenge=50"] },
    "objects that move": { flags: ["--stress-compaction", "--verify-heap"] },
    Turbolev: { flags: ["--turbolev"] },
    "one thread": { flags: ["--single-threaded"] },
  }),
};

for (const [name, { flags = [], ways }] of Object.entries(configurations)) {
  const skip = flags.length > 0 && !knows(...flags) && "this V8 does not have the flags";
  const gc = isNode ? ["--expose-gc"] : [];
  test(`closing: ${name}`, { skip }, () => {
    assert.equal(run("closing", { flags: [...gc, ...flags], ways }).passed.length, 8);
  });
  test(`Workers: ${name}`, { skip: skip || (name === "one thread" && "Workers are threads") }, () => {
    assert.deepEqual(run("workers", { flags, ways, args: [24] }), { natural: 8, exit: 8, terminate: 8 });
  });
}
