// The fuzzer with fixed seeds, under each configuration. `long.mjs` has random ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isNode } from "../this_runtime.mjs";
import { configurations } from "./configurations.mjs";
import { fuzz, sum, supports } from "./process.mjs";

const runtime = process.execPath;
const seeds = [1, 2];

for (const [name, configuration] of Object.entries(configurations)) {
  test(
    `all tiers follow the model: ${name}`,
    { skip: !supports(runtime, configuration) && "not in this runtime" },
    () => {
      const counts = fuzz(runtime, configuration, { seeds, functions: 25, calls: 12 });
      assert.equal(counts.length, seeds.length);
      for (const { good, calls, tiers } of counts) {
        // Both kinds of calls were made, in several tiers.
        assert.ok(good > calls / 4 && good < calls, `${good} of ${calls}`);
        assert.ok(Object.keys(tiers).length >= 2);
      }
      const isFast = isNode && (configuration.isFast ?? true);
      assert.equal(sum(counts, "fast") > 100, isFast, `${sum(counts, "fast")} fast calls`);
      assert.equal(sum(counts, "ordinary") > 100, true);
    },
  );
}
