// Closing, contexts, Workers, and functions that are collected.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { Worker } from "node:worker_threads";
import { binding, calls, cold, fresh, functions, hasV8, hot, library } from "./ways.mjs";

const text = "int32_t id_i32(int32_t); size_t length_of(const char *); int32_t call_with(int32_t (*)(int32_t), int32_t);" +
    "double id_f64(double); struct vector { double x, y; }; struct vector vector_add(struct vector, struct vector);";
const open = () => {
    const opened = binding.open(library);
    return { opened, f: binding.functions(opened, binding.declarations(text, "c"), { bytes: true }) };
};

test("calls of a closed library throw, also from optimised code", () => {
    const { opened, f } = open();
    const args = {
        id_i32: [1], id_f64: [1.5], length_of: ["text"], call_with: [null, 1],
        vector_add: [new Float64Array(2), new Float64Array(2), new Float64Array(2)],
    };
    const called = Object.entries(f).filter(([key]) => key !== "call_with");
    const all = called.flatMap(([key, function_]) => {
        const tiers = [cold(function_), ...(hasV8 ? [hot(function_, args[key])] : [])];
        return tiers.map((call) => () => call(...args[key]));
    });
    all.forEach((call) => call());
    binding.close(opened);
    assert.equal(binding.isClosed(opened), true);
    const closed = { name: "Error", message: /^library .* is closed$/ };
    for (let round = 0; round < 3; round++) all.forEach((call) => assert.throws(call, closed));
    assert.throws(() => f.call_with(null, 1), closed);
});

test("a loop that closes its library stops there", { skip: !hasV8 }, () => {
    const { opened, f } = open();
    const loop = fresh("function loop(f, n, at, stop) { for (let i = 0; i < n; i++) { if (i === at) stop(); f(i); } return n; }");
    for (let round = 0; round < 100; round++) loop(f.id_i32, 2000, -1);
    assert.throws(() => loop(f.id_i32, 100000, 50000, () => binding.close(opened)), /is closed/);
});

test("functions keep their library", { skip: !globalThis.gc }, async () => {
    const { f } = open();
    for (let round = 0; round < 3; round++) {
        globalThis.gc();
        await new Promise(setImmediate);
    }
    assert.equal(f.id_i32(5), 5);
});

// V8 12.4 keeps all functions of templates.
test("functions can be collected", { skip: !globalThis.gc || process.versions.node.startsWith("22.") }, async () => {
    let collected = 0;
    const registry = new FinalizationRegistry(() => (collected += 1));
    const rounds = 600;
    for (let round = 0; round < rounds; round++) {
        const { opened, f } = open();
        const run = hasV8 && round % 20 === 0 ? hot(f.id_i32, [1]) : cold(f.id_i32);
        assert.equal(run(round), round);
        Object.values(f).forEach((function_) => registry.register(function_));
        if (round % 2) binding.close(opened);
        if (round % 50 === 0) globalThis.gc();
        await new Promise(setImmediate);
    }
    globalThis.gc();
    await new Promise(setImmediate);
    // V8 keeps the first 1,000 functions of a context for good, and collects the others.
    assert.ok(collected > rounds * 5 - 2000, `${collected}`);
});

test("other contexts of node:vm call functions", { skip: typeof vm.createContext !== "function" }, () => {
    const { f } = open();
    const context = vm.createContext({ f, console });
    const run = new vm.Script(`(function run(n) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += f.id_i32(i) + Number(f.length_of("abc"));
        return sum;
    })`).runInContext(context);
    for (let round = 0; round < 50; round++) assert.equal(run(1000), 499500 + 3000);
    const caught = new vm.Script("try { f.id_i32(1.5) } catch (error) { error.message }").runInContext(context);
    assert.match(caught, /1.5 is not an integer/);
});

test("Workers have functions of their own", { skip: process.versions.bun !== undefined }, async () => {
    const source = `
        const { workerData, parentPort } = require("node:worker_threads");
        const binding = require(workerData.binding);
        const opened = binding.open(workerData.library);
        const f = binding.functions(opened, binding.declarations(workerData.text, "c"), { bytes: true });
        let sum = 0;
        for (let i = 0; i < 300000; i++) sum += f.id_i32(i & 7) + (i % 1000 === 0 ? Number(f.length_of("text")) : 0);
        let message;
        try { f.id_i32("text"); } catch (error) { message = error.message; }
        parentPort.postMessage({ sum, message, fast: binding.diagnostics().fast, calls: binding.ways(f.id_i32).calls });
    `;
    const workerData = { binding: fileURLToPath(new URL("../../lib/binding.cjs", import.meta.url)), library, text };
    const run = () => new Promise((resolve, reject) => {
        const worker = new Worker(source, { eval: true, workerData });
        worker.on("message", resolve);
        worker.on("error", reject);
    });
    for (const result of await Promise.all(Array.from({ length: 4 }, run))) {
        assert.equal(result.sum, (300000 / 8) * 28 + 300 * 4);
        assert.match(result.message, /expected an integer, not a string/);
        assert.equal(result.fast, binding.diagnostics().fast);
    }
});

test("C may go on using bytes as long as script keeps the array", () => {
    const f = functions("void keep_bytes(const uint8_t *); uint32_t sum_kept(uint32_t);");
    const bytes = (length) => new Uint8Array(length).fill(1);
    for (const [tier, keep] of Object.entries({ cold: cold(f.keep_bytes), ...(hasV8 && { hot: hot(f.keep_bytes, [bytes(8)]) }) })) {
        for (const length of [1, 8, 64, 65, 1000]) {
            const arrays = Array.from({ length: 64 }, () => bytes(length));
            arrays.forEach((array) => keep(array));
            const litter = [];
            for (let i = 0; i < 100000; i++) litter[i % 1000] = new Uint8Array(8).fill(0xee);
            globalThis.gc?.();
            assert.equal(f.sum_kept(length), 64 * length, `${tier}: ${length}`);
            assert.equal(arrays.length, 64);
        }
    }
});

test("a million calls in one turn make no handles", { skip: !hasV8 }, () => {
    const { f } = open();
    const views = [new Uint8Array(new ArrayBuffer(16, { maxByteLength: 32 })), "text\0more".slice(0, 4), new DataView(new SharedArrayBuffer(8))];
    const loop = fresh("function loop(f, value, n) { for (let i = 0; i < n; i++) f(value); }");
    for (const value of views) {
        loop(f.length_of, value, 20000);
        const before = process.memoryUsage();
        loop(f.length_of, value, 1000000);
        const after = process.memoryUsage();
        // A handle has 8 bytes.
        assert.ok(after.rss - before.rss < 8e6, `${value}: ${after.rss - before.rss}`);
    }
    assert.ok(calls(f.length_of) < 3000000);
});

const cases = fileURLToPath(new URL("cases.mjs", import.meta.url));
const flags = [
    ["--gc-interval=300"],
    ["--stress-scavenge=50"],
    ["--stress-compaction", "--verify-heap"],
    ["--always-sparkplug"],
    ["--no-opt", "--max-lazy"],
];
test("results do not depend on V8's collector and compilers", { skip: !hasV8, timeout: 600000 }, () => {
    const run = (...flags) => execFileSync(process.execPath, [...flags, cases], { encoding: "utf8", maxBuffer: 1 << 26, stdio: ["ignore", "pipe", "ignore"] });
    const expected = run();
    for (const some of flags) assert.equal(run(...some), expected, some.join(" "));
});
