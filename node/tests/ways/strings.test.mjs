// Strings for `const char *`: UTF-8 with a zero at its end, copied for the call.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cold, functions, fresh, hasV8, hot } from "./ways.mjs";

const { length_of, total_length } = functions(
    "size_t length_of(const char *); size_t total_length(const char *, const uint8_t *, const char *);");
const texts = ["", "a", "x".repeat(1000), "é", "Grüße, 世界 👋", "a".repeat(13) + "b".repeat(13), "ab".repeat(50).slice(3),
    JSON.stringify({ a: ["ü"] }), `half ${"\ud83d"}`, "\uffff"];
const length = (text) => BigInt(Buffer.byteLength(text));

for (const [name, call] of Object.entries({ cold: cold(length_of), ...(hasV8 && { hot: hot(length_of, ["text"]) }) })) {
    test(`strings arrive as UTF-8 (${name})`, () => {
        for (const text of texts) assert.equal(call(text), length(text), JSON.stringify(text));
        assert.equal(call(null), 0n);
        assert.equal(call(Buffer.from("buffer\0")), 6n);
        assert.throws(() => call("a\0b"), { name: "TypeError", message: /"length_of": argument 1 \(text\): the string has a NUL at 1/ });
        for (const wrong of [undefined, 1, 1n, true, {}, Symbol("text"), new String("text")]) assert.throws(() => call(wrong), TypeError);
    });
}

test("strings do not disturb bytes that lie in V8's heap", () => {
    const call = hasV8 ? hot(total_length, ["a", Uint8Array.of(1), "b"]) : cold(total_length);
    // Concatenations are made flat when they are copied, which may collect.
    const loop = fresh(`function loop(call, n) {
        let wrong = 0;
        for (let i = 0; i < n; i++) {
            const first = "x".repeat(i % 50) + i, second = i + "é".repeat(i % 70);
            const bytes = new Uint8Array(4 + i % 60);
            bytes[0] = i;
            const expected = first.length * 1000000 + (i & 255) * 1000 + (second.length + i % 70);
            if (Number(call(first, bytes, second)) !== expected) wrong++;
        }
        return wrong;
    }`);
    assert.equal(loop(call, 30000), 0);
});

test("copies are released", () => {
    const call = hasV8 ? hot(length_of, ["text"]) : cold(length_of);
    const text = "t".repeat(100000);
    const grow = () => {
        for (let i = 0; i < 2000; i++) call(text);
        for (let i = 0; i < 100; i++) assert.throws(() => call(text + "\0"), TypeError);
        return process.memoryUsage().rss;
    };
    grow();
    const before = grow();
    // 200 MB would be added each time.
    assert.ok(grow() - before < 50e6);
});
