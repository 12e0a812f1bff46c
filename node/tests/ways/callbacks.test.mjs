// Functions that call script back, and functions that were not made for it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { binding, calls, cold, functions, hasV8, hot, library } from "./ways.mjs";

const text = `
    void set_callback(int32_t (*callback)(int32_t));
    int32_t call_it(int32_t value);
    int32_t times_called(void);
    int32_t call_with(int32_t (*callback)(int32_t), int32_t value);
    uint32_t sum_around(uint8_t *bytes, uint32_t length, void (*callback)(void));
`;
const marked = functions(text, { callbacks: ["call_it"] });
const unmarked = functions(text);
const signatures = binding.declarations("int32_t number(int32_t); void nothing(void);", "c");
const kept = [];
const callback = (key, f) => {
    kept.push(binding.callback(signatures, key, f));
    return binding.callbackPointer(kept.at(-1));
};
const tiers = (f, args) => ({ cold: cold(f), ...(hasV8 && { hot: hot(f, args) }) });

test("marked functions call script back", () => {
    marked.set_callback(callback("number", (value) => value * 2));
    for (const call of Object.values(tiers(marked.call_it, [4]))) assert.equal(call(21), 42);
    const twice = callback("number", (value) => marked.call_it(value) + 1);
    for (const call of Object.values(tiers(marked.call_with, [twice, 4]))) assert.equal(call(twice, 21), 44);
});

test("script does not run while other functions run", () => {
    let ran = 0;
    marked.set_callback(callback("number", () => (ran += 1)));
    for (const [tier, call] of Object.entries(tiers(marked.times_called, []))) assert.equal(typeof call(), "number", tier);
    const refusal = { name: "TypeError", message: 'script cannot run while this function runs: make it with the option "callbacks"' };
    const call = cold(unmarked.call_it);
    const check = (call, tier) => {
        const before = marked.times_called();
        assert.throws(() => call(1), refusal, tier);
        assert.equal(marked.times_called() - before, 1, `${tier}: C runs once`);
    };
    check(call, "cold");
    if (hasV8) {
        // Warmed up with a callback of C itself, because V8 leaves optimised code in which calls throw.
        marked.set_callback(binding.symbol(binding.open("libc.so.6"), "abs"));
        const optimised = hot(unmarked.call_it, [-1]);
        const before = calls(unmarked.call_it);
        assert.equal(optimised(-5), 5);
        assert.equal(calls(unmarked.call_it), before);
        marked.set_callback(callback("number", () => (ran += 1)));
        check(optimised, "hot");
        // An ordinary call after a fast one has nothing to leave.
        check(cold(unmarked.call_it), "cold again");
        check(optimised, "hot again");
        const { call_it } = functions(text, { errno: true });
        check(cold(call_it), "Node-API");
    }
    assert.equal(ran, 0);
});

test("exceptions of callbacks surface when C has returned", () => {
    const error = new RangeError("mine");
    const throwing = callback("number", () => { throw error; });
    for (const call of Object.values(tiers(marked.call_with, [callback("number", (value) => value), 1]))) {
        for (let round = 0; round < 3; round++) assert.throws(() => call(throwing, 1), (thrown) => thrown === error);
    }
    assert.throws(() => marked.call_with(callback("number", () => "text"), 1), TypeError);
});

// Node-API alone cannot keep the memory of a buffer that script detaches.
test("script can neither free nor move bytes that C works on", { skip: !hasV8 }, () => {
    const makers = [() => new Uint8Array(64), () => new Uint8Array(100000), () => new Uint8Array(1000).subarray(100, 200)];
    // Functions that keep errno are called by Node-API.
    const cases = [marked, functions(text, { errno: true })].flatMap((of) => makers.map((make) => [of, make]));
    for (const [{ sum_around }, make] of cases) {
        const bytes = make();
        const others = [];
        const collect = callback("nothing", () => {
            structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
            globalThis.gc?.();
            for (let i = 0; i < 100; i++) others.push(new Uint8Array(bytes.length || 100000).fill(9));
        });
        const length = bytes.length;
        assert.equal(sum_around(bytes, length, collect), 2 * length);
        assert.equal(bytes.length, 0);
        assert.ok(others.every((other) => other.every((byte) => byte === 9)));
    }
});

test("memory is freed when C has returned", { skip: !globalThis.gc }, async () => {
    const size = 20e6;
    const nothing = callback("nothing", () => {});
    const round = async (detaches) => {
        for (let i = 0; i < 30; i++) {
            const bytes = new Uint8Array(size);
            const detach = binding.callback(signatures, "nothing", () => structuredClone(bytes.buffer, { transfer: [bytes.buffer] }));
            assert.equal(marked.sum_around(bytes, size, detaches ? binding.callbackPointer(detach) : nothing), 2 * size);
            binding.callbackClose(detach);
            if (i % 5 === 0) globalThis.gc();
            await new Promise(setImmediate);
        }
        globalThis.gc();
        return process.memoryUsage().rss;
    };
    for (const detaches of [false, true]) {
        const before = await round(detaches);
        assert.ok((await round(detaches)) - before < 15 * size);
    }
});

test("marked functions keep nothing in place as long as no callback is open", { skip: !hasV8 }, () => {
    // Another process, because this one has open callbacks.
    const text = `
        const binding = require(${JSON.stringify(new URL("../../lib/binding.cjs", import.meta.url).pathname)});
        const f = binding.functions(binding.open(${JSON.stringify(library)}),
            binding.declarations("uint32_t sum_bytes(const uint8_t *, uint32_t);", "c"), { bytes: true, callbacks: true });
        const growing = new Uint8Array(new ArrayBuffer(16, { maxByteLength: 32 })).fill(1);
        const sums = [f.sum_bytes(growing, 16)];
        const callback = binding.callback(binding.declarations("void nothing(void);", "c"), "nothing", () => {}, {});
        try { f.sum_bytes(growing, 16); } catch (error) { sums.push(error.message); }
        binding.callbackClose(callback);
        sums.push(f.sum_bytes(growing, 16));
        console.log(JSON.stringify(sums));
    `;
    const [before, refused, after] = JSON.parse(execFileSync(process.execPath, ["-e", text], { encoding: "utf8" }));
    assert.deepEqual([before, after], [16, 16]);
    assert.match(refused, /resizable buffer/);
});

test("functions that call back refuse buffers that script can shrink", () => {
    const growing = new Uint8Array(new ArrayBuffer(16, { maxByteLength: 32 }));
    const nothing = callback("nothing", () => {});
    for (const [tier, call] of Object.entries(tiers(marked.sum_around, [new Uint8Array(8), 8, nothing]))) {
        assert.throws(() => call(growing, 16, nothing), { name: "TypeError", message: /not a resizable buffer/ }, tier);
    }
});
