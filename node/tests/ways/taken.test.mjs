// Counters prove which way calls take.

import assert from "node:assert/strict";
import { test } from "node:test";
import { binding, calls, cold, fresh, functions, hasV8, hot } from "./ways.mjs";

const skip = !hasV8;
const version = Number(process.versions.node?.split(".")[0]);

// The number of ordinary calls that `run` makes of `f`.
function ordinary(f, run) {
    const before = calls(f);
    run();
    return calls(f) - before;
}

test("diagnostics and ways say what is on", { skip }, () => {
    const diagnostics = binding.diagnostics();
    assert.match(diagnostics.runtime, /^node \d+\./);
    assert.equal(diagnostics.v8, process.versions.v8);
    assert.deepEqual([diagnostics.fast, diagnostics.ordinary, diagnostics.napi], ["on", "on", "on"]);
    const f = functions("int32_t id_i32(int32_t); int32_t call_with(int32_t (*)(int32_t), int32_t); int32_t call_it(int32_t);",
        { callbacks: ["call_it"], errno: ["id_i32"] });
    assert.match(binding.ways(f.id_i32).ordinary, /errno/);
    assert.match(binding.ways(f.call_with).fast, /call script back/);
    assert.match(binding.ways(f.call_it).fast, /call script back/);
    assert.equal(binding.ways(f.call_it).ordinary, "on");
    assert.throws(() => binding.ways(() => 0), { name: "TypeError", message: /function of C/ });
});

test("functions have a name and a length", () => {
    const f = functions("struct vector { double x, y; }; struct vector vector_add(struct vector, struct vector);\n" +
        "uint32_t sum_bytes(const uint8_t *, uint32_t);");
    assert.deepEqual([f.sum_bytes.name, f.sum_bytes.length], ["sum_bytes", 2]);
    // The bytes for the result are one more argument.
    assert.equal(f.vector_add.length, 3);
    assert.throws(() => new f.sum_bytes(), TypeError);
});

const cases = {
    "int32_t id_i32(int32_t)": [[1], [-7]],
    "uint32_t id_u32(uint32_t)": [[1], [2 ** 32 - 1]],
    "int64_t id_i64(int64_t)": [[1], [-5n]],
    "uint64_t id_u64(uint64_t)": [[1], [2n ** 64n - 1n]],
    "float id_f32(float)": [[0.5], [-2]],
    "double id_f64(double)": [[0.5], [3]],
    "bool id_bool(bool)": [[true], [false]],
    "int32_t has_bytes(const void *)": [[new Uint8Array(4)], [null], [binding.alloc(8)], ["text"], [new DataView(new ArrayBuffer(8))]],
    "uint32_t sum_bytes(const uint8_t *, uint32_t)": [[Uint8Array.of(1, 2, 3), 3], [new Uint8Array(5000).fill(1), 5000]],
    // In V8 12.4 nothing may be allocated in a fast call, so only flat strings of ASCII are fast.
    "size_t length_of(const char *)": version === 22 ? [["text"], [Buffer.from("abc\0")]]
        : [["text"], ["a".repeat(99)], ["é".repeat(7) + "x".repeat(20)], [Buffer.from("abc\0")]],
    "double vector_dot(struct vector, struct vector)": [[Float64Array.of(1, 2), Float64Array.of(3, 4)]],
    "struct vector vector_add(struct vector, struct vector)":
        [[Float64Array.of(1, 2), Float64Array.of(3, 4), new Float64Array(2)]],
};

for (const [text, args] of Object.entries(cases)) {
    test(`optimised calls of ${text} are fast`, { skip }, () => {
        const f = Object.values(functions(`struct vector { double x, y; }; ${text};`))[0];
        assert.equal(binding.ways(f).fast, "on");
        const [one, other] = [hot(f, args[0]), cold(f)];
        for (const arg of args) {
            assert.equal(ordinary(f, () => one(...arg)), 0, `fast: ${args.indexOf(arg)}`);
            assert.equal(ordinary(f, () => other(...arg)), 1, `ordinary: ${args.indexOf(arg)}`);
            assert.deepEqual(one(...arg), other(...arg));
        }
    });
}

test("refused calls throw, also from optimised code", { skip }, () => {
    const f = functions("int32_t id_i32(int32_t);").id_i32;
    const call = hot(f, [1]);
    for (let round = 0; round < 3; round++) {
        assert.throws(() => call(1.5), { name: "TypeError", message: 'cannot call "id_i32": argument 1 (i32): 1.5 is not an integer' });
        assert.equal(ordinary(f, () => assert.equal(call(5), 5)), 0);
    }
});

test("optimised code catches the exceptions of fast calls", { skip }, () => {
    const f = functions("int32_t id_i32(int32_t);").id_i32;
    const loop = fresh(`function loop(f, values) {
        let caught = 0, sum = 0, last = 0;
        for (const value of values) {
            try { sum += f(value); } catch (error) { caught++; } finally { last++; }
        }
        return [sum, caught, last];
    }`);
    const values = Array.from({ length: 1000 }, (_, index) => (index % 10 === 0 ? index + 0.5 : index));
    const expected = loop(f, values);
    assert.deepEqual([expected[1], expected[2]], [100, 1000]);
    for (let round = 0; round < 200; round++) assert.deepEqual(loop(f, values), expected);
    // Calls inside of `try` are ordinary in V8 12.4.
    if (version !== 22) assert.ok(ordinary(f, () => loop(f, values)) < 1000);
});

test("polymorphic call sites, other numbers of arguments and other receivers work", { skip }, () => {
    const f = functions("int32_t id_i32(int32_t); double id_f64(double); bool id_bool(bool);");
    const loop = fresh("function loop(functions, n) { let sum = 0; for (let i = 0; i < n; i++) sum += functions[i & 1](i); return sum; }");
    const expected = (99999 * 100000) / 2;
    for (let round = 0; round < 20; round++) assert.equal(loop([f.id_i32, f.id_f64], 100000), expected);
    const many = fresh("function many(f) { return f(1, 2, 3) + f.call({}, 2) + f.apply(null, [3]) + Reflect.apply(f, 1, [4]) + f.bind(5)(6); }");
    for (let round = 0; round < 20000; round++) assert.equal(many(f.id_i32), 16);
    const few = fresh("function few(f) { return f(); }");
    for (let round = 0; round < 2000; round++) assert.throws(() => few(f.id_i32), /not undefined/);
});
