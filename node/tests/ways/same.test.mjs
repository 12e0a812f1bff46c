// The same results and exceptions in every way, cold and optimised.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const cases = fileURLToPath(new URL("cases.mjs", import.meta.url));

function outcomes(way) {
    const env = { ...process.env, HOTCALL_WAYS: way };
    const text = execFileSync(process.execPath, [cases], { env, encoding: "utf8", maxBuffer: 1 << 26 });
    return JSON.parse(text);
}

test("functions return and throw the same in all ways", () => {
    const reference = outcomes("napi");
    assert.ok(Object.keys(reference).length > 1000);
    for (const way of ["ordinary", "fast"]) {
        const found = outcomes(way);
        assert.deepEqual(Object.keys(found), Object.keys(reference));
        const different = [];
        for (const [name, tiers] of Object.entries(found)) {
            for (const [tier, outcome] of Object.entries(tiers)) {
                const expected = reference[name][tier] ?? reference[name].cold;
                if (outcome !== expected) different.push({ way, name, tier, outcome, expected });
            }
        }
        assert.deepEqual(different, []);
    }
});
