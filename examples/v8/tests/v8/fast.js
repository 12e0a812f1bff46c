// Calls from optimised code give the results and exceptions of the ordinary callback, which good arguments do not reach.

const [path, noLayout] = scriptArgs;
const integers = ["u8", "i8", "u16", "i16", "u32", "i32"];
const names = ["bool", ...integers, "f32", "f64"];
const declarations = {};
for (const name of names) declarations[`same_${name}`] = { parameters: [name], result: name };
const point = { struct: ["f64", "f64"] };
const { symbols: c, close } = openLibrary(path, {
    ...declarations,
    is_odd_i64: { parameters: ["i64"], result: "i32" },
    is_odd_u64: { parameters: ["u64"], result: "i32" },
    same_i64: { parameters: ["i64"], result: "i64" },
    same_pointer: { parameters: ["pointer"], result: "pointer" },
    is_null: { parameters: ["pointer"], result: "bool" },
    first_byte: { parameters: ["buffer"], result: "i32" },
    point_dist2: { parameters: [point, point], result: "f64" },
    point_add: { parameters: [point, point], result: point },
    counter_value: { parameters: [], result: "i32" },
    count: { parameters: [], result: "void" },
    call_times: { parameters: ["function", "i32"], result: "i32" },
    call_pointer: { name: "call_times", parameters: ["pointer", "i32"], result: "i32" },
    call_marked: { name: "call_times", parameters: ["pointer", "i32"], result: "i32", callback: true },
});

// Good arguments are called fast, all others as by the interpreter. Each list of arguments has code of its own, because V8 drops code
// that gets types it was not made for.
function compare(symbol, good, others) {
    const ordinary = interpreted(symbol, good[0].length);
    same(whySlow(symbol), null, symbol.name);
    for (const [index, args] of good.entries()) {
        const what = `${symbol.name}, arguments ${index}`;
        const call = optimised(symbol, args);
        const expected = outcome(ordinary, args);
        const before = slowCalls(symbol);
        for (let i = 0; i < 100; i++) same(outcome(call, args), expected, what);
        sameWay(slowCalls(symbol) - before, 0, `ordinary calls of ${what}`);
    }
    for (const args of others) {
        const call = optimised(symbol, good[0]);
        const expected = outcome(ordinary, args);
        for (let i = 0; i < 3; i++) same(outcome(call, args), expected, symbol.name);
    }
}

// The text makes V8 keep the numbers as they are. An array of numbers alone may hold doubles.
const each = (...values) => values.map((value) => [value, ""].slice(0, 1));
const wrong = each("1", null, undefined, {}, 1n, Symbol.iterator, true);
const ranges = { u8: [0, 255], i8: [-128, 127], u16: [0, 65535], i16: [-32768, 32767], u32: [0, 4294967295] };
ranges.i32 = [-2147483648, 2147483647];
for (const name of integers) {
    const [low, high] = ranges[name];
    const bad = each(low - 1, high + 1, 2 ** 32, 2 ** 53, -(2 ** 53), 1e300, 1.5, NaN, Infinity, -0);
    compare(c[`same_${name}`], each(0, 1, low, high), [...bad, ...wrong]);
}
compare(c.is_odd_i64, each(0, 1, -1, 2 ** 53 - 1, 1 - 2 ** 53), [...each(2 ** 63, 1.5, 2n ** 63n, -1n), ...wrong]);
compare(c.is_odd_u64, each(0, 1, 2 ** 53 - 1), [...each(-1, 2 ** 64, 2 ** 63, 1.5, 2n ** 64n - 1n, -1n), ...wrong]);
compare(c.same_f64, each(0.5, -0, NaN, Infinity, 1e300, 3), wrong);
compare(c.same_f32, each(0.5, -0, NaN, Infinity, 0.1, 1e300, 3), wrong);
compare(c.same_bool, each(true, false), [...wrong, ...each(0, 1)]);
compare(c.is_null, each(null, Pointer.create(8n)), [...each(undefined, 0, new Uint8Array(1)), ...wrong]);

const bytes = Uint8Array.from({ length: 100 }, (_, index) => index + 1);
const detached = new Uint8Array(8);
%ArrayBufferDetach(detached.buffer);
const views = [bytes, bytes.subarray(7), Uint8Array.of(42), Float64Array.of(1.5), null, new Uint8Array(bytes.buffer, 9, 1)];
compare(c.first_byte, each(...views), [...each(bytes.buffer, new DataView(bytes.buffer, 3), detached, [1]), ...wrong]);

const a = Float64Array.of(1, 2);
const b = new Uint8Array(Float64Array.of(4, 6).buffer);
compare(c.point_dist2, [[a, b], [b, a]], [[a, new Uint8Array(15)], [a, null], [detached, a], [a, a.buffer]]);
// New arrays lie in V8's heap, where only machine code finds them.
const added = [[a, b, new Uint8Array(16)], ...(noLayout ? [] : [[a, b]])];
compare(c.point_add, added, [[a, b, new Uint8Array(15)], [a], [a, b, null]]);

compare(c.counter_value, [[]], []);
const before = c.counter_value();
const count = optimised(c.count, []);
const slowly = slowCalls(c.count);
for (let i = 0; i < 1000; i++) count();
same(c.counter_value() - before, WARM + 1 + 1000);
sameWay(slowCalls(c.count), slowly);

for (const slow of ["same_i64", "same_pointer", "call_times", "call_marked"]) same(typeof whySlow(c[slow]), "string", slow);

// A fast call must not run script. So C gets zeros, and is called once.
let ran = 0;
const callback = new Callback({ parameters: ["i32"], result: "i32" }, () => ++ran);
const { pointer } = callback;
const call = optimised(c.call_pointer, [Pointer.create(0n), 0]);
const counted = c.counter_value();
throws(() => call(pointer, 3), TypeError, "`callback: true`");
same(c.counter_value() - counted, 1);
same(ran, 0);
// The exception leaves nothing behind, and the ordinary way works.
same(c.same_i32(5), 5);
same(c.call_marked(pointer, 3), 1 + 2 + 3);
same(optimised(c.call_marked, [pointer, 3])(pointer, 0), 0);

// Script that a callback of an ordinary call runs may call fast. A callback from there is refused alone.
const again = optimised(c.call_pointer, [Pointer.create(0n), 0]);
const failing = new Callback({ parameters: ["i32"], result: "i32" }, () => {
    throws(() => again(pointer, 1), TypeError, "`callback: true`");
    return 5;
});
same(c.call_marked(failing.pointer, 2), 10);

close();
for (const symbol of [c.same_i32, c.count]) throws(() => optimised(symbol, [1])(1), Error, "is closed");
throws(count, Error, "is closed");
print("end");
