// Calls functions of every type with good, borderline and bad values, cold and optimised, and prints all outcomes. It runs in
// a process for each way: see same.test.mjs.

import { binding, cold, functionsOf, hasV8, hot } from "./ways.mjs";

const scalars = {
    i8: [1, -128, 127],
    u8: [1, 0, 255],
    i16: [1, -(2 ** 15), 2 ** 15 - 1],
    u16: [1, 0, 2 ** 16 - 1],
    i32: [1, -(2 ** 31), 2 ** 31 - 1],
    u32: [1, 0, 2 ** 32 - 1, 2 ** 31],
    i64: [1, -(2 ** 53), -1n, 2n ** 63n - 1n, -(2n ** 63n)],
    u64: [1, 2 ** 53, 2n ** 64n - 1n],
    f32: [0.5, -0, NaN, 3.4e38],
    f64: [0.5, -0, NaN, 1e300, 5e-324],
    bool: [true, false],
};

const detached = () => {
    const array = new Uint8Array(16);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
};
const shrunk = (make) => {
    const buffer = new ArrayBuffer(32, { maxByteLength: 64 });
    const array = make(buffer);
    buffer.resize(8);
    return array;
};
const pointer = binding.alloc(64);
binding.write(pointer, 0, "u8", 9);
const bytes = (length) => Uint8Array.from({ length }, (_, index) => index + 1);
const large = bytes(4096);

// Values of all kinds, each made anew, because Node-API moves bytes for good.
const values = {
    zero: () => 0,
    minusZero: () => -0,
    one: () => 1,
    minusOne: () => -1,
    "127": () => 127,
    "128": () => 128,
    "-129": () => -129,
    "256": () => 256,
    "32768": () => 32768,
    "65536": () => 65536,
    "2^31": () => 2 ** 31,
    "-2^31-1": () => -(2 ** 31) - 1,
    "2^32": () => 2 ** 32,
    "2^53": () => 2 ** 53,
    "2^63": () => 2 ** 63,
    "2^64": () => 2 ** 64,
    fraction: () => 1.5,
    NaN: () => NaN,
    Infinity: () => -Infinity,
    huge: () => 1e300,
    tiny: () => 5e-324,
    true: () => true,
    false: () => false,
    null: () => null,
    undefined: () => undefined,
    empty: () => "",
    text: () => "grüße",
    number: () => "1",
    concatenated: () => "a".repeat(20) + "é€😀".repeat(9),
    half: () => "a\ud800b",
    NUL: () => "a\0b",
    "0n": () => 0n,
    "1n": () => 1n,
    "-1n": () => -1n,
    "2n^63n": () => 2n ** 63n,
    "2n^64n+5n": () => 2n ** 64n + 5n,
    "-2n^100n-7n": () => -(2n ** 100n) - 7n,
    symbol: () => Symbol("s"),
    object: () => ({}),
    valueOf: () => ({ valueOf: () => 1 }),
    array: () => [1],
    function: () => () => 0,
    pointer: () => pointer,
    smallArray: () => bytes(64),
    part: () => bytes(128).subarray(8),
    largeArray: () => large,
    largePart: () => large.subarray(100),
    doubles: () => Float64Array.of(1.5, 2, 3, 4, 5),
    bigInts: () => BigInt64Array.of(1n, 2n, 3n, 4n, 5n),
    short: () => bytes(7),
    dataView: () => new DataView(large.buffer, 3),
    buffer: () => large.buffer.slice(0, 128),
    shared: () => new Uint8Array(new SharedArrayBuffer(64)),
    sharedBuffer: () => new SharedArrayBuffer(64),
    emptyArray: () => new Uint8Array(0),
    emptyOutside: () => new Uint8Array(new ArrayBuffer(0)),
    emptyPart: () => large.subarray(5, 5),
    detached,
    detachedBuffer: () => detached().buffer,
    tracking: () => new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 })),
    outside: () => shrunk((buffer) => new Uint8Array(buffer, 16)),
    outsideView: () => shrunk((buffer) => new DataView(buffer, 16)),
    shrunk: () => shrunk((buffer) => new Uint8Array(buffer)),
    subclass: () => new (class Bytes extends Uint8Array {})(64),
    proxy: () => new Proxy(bytes(64), {}),
};

const vector = { struct: ["f64", "f64"] };
const big = { struct: ["i64", "i64", "i64", "i64", "i64"] };
const declarations = {
    has_bytes_buffer: { name: "has_bytes", parameters: ["buffer"], result: "i32" },
    has_bytes_pointer: { name: "has_bytes", parameters: ["pointer"], result: "i32" },
    has_bytes_text: { name: "has_bytes", parameters: [{ pointer: "char" }], result: "i32" },
    vector_dot: { parameters: [vector, vector], result: "f64" },
    vector_add: { parameters: [vector, vector], result: vector },
    big_sum: { parameters: [big], result: "i64" },
    big_make: { parameters: ["i64"], result: big },
    length_of: { parameters: [{ pointer: "char" }], result: "usize" },
};
const texts = new Set(["length_of", "has_bytes_text"]);
for (const type of Object.keys(scalars)) {
    declarations[`id_${type}`] = { name: `id_${type}`, parameters: [type], result: type };
}

const shown = (value) => {
    if (typeof value === "bigint") return `${value}n`;
    if (Object.is(value, -0)) return "-0";
    return binding.isPointer(value) ? "pointer" : String(value);
};
const outcome = (call, ...args) => {
    try {
        return shown(call(...args));
    } catch (error) {
        return `${error.name}: ${error.message}`;
    }
};

const vectorBytes = () => Float64Array.of(1, 2);
// The arguments of a call with `value` in each place, and what was written behind.
const arguments_ = {
    vector_dot: (value) => [[value, vectorBytes()], [vectorBytes(), value]],
    vector_add: (value) => [[value, vectorBytes(), new Uint8Array(16)], [vectorBytes(), vectorBytes(), value]],
    big_make: (value) => [[value, new Uint8Array(40)], [7, value]],
};
const good = {
    has_bytes_buffer: bytes(8),
    has_bytes_pointer: pointer,
    has_bytes_text: bytes(8),
    length_of: "text",
    vector_dot: vectorBytes(),
    vector_add: vectorBytes(),
    big_sum: BigInt64Array.of(1n, 2n, 3n, 4n, 5n),
    big_make: 5,
};

const f = functionsOf(declarations, {});
const outcomes = {};
for (const key of Object.keys(declarations)) {
    const inPlace = arguments_[key] ?? ((value) => [[value]]);
    const type = key.startsWith("id_") ? key.slice(3) : null;
    const calls = { cold: cold(f[key]) };
    if (hasV8) calls.hot = hot(f[key], inPlace(type ? scalars[type][0] : good[key])[0]);
    const tried = { ...values };
    if (type) scalars[type].forEach((value) => (tried[`own ${shown(value)}`] = () => value));
    for (const [name, make] of Object.entries(tried)) {
        // C would read text without an end.
        if (texts.has(key) && key === "length_of" && ArrayBuffer.isView(make())) continue;
        if (key === "length_of" && typeof make() === "object" && make() !== null) continue;
        for (const [tier, call] of Object.entries(calls)) {
            inPlace(make()).forEach((args, place) => {
                const result = outcome(call, ...args);
                const last = args.at(-1);
                const isGood = ArrayBuffer.isView(last) && !result.includes("Error");
                const written = isGood && last.length < 64 ? `, ${last}` : "";
                (outcomes[`${key} ${place} ${name}`] ??= {})[tier] = result + written;
            });
        }
    }
}
// Missing arguments are undefined, and extra ones are ignored.
outcomes.missing = { cold: outcome(f.id_i32), hot: outcome(f.vector_dot, vectorBytes()) };
outcomes.extra = { cold: outcome(f.id_i32, 1, 2, 3), hot: outcome(cold(f.id_i32), 1, 2, 3) };
process.stdout.write(JSON.stringify(outcomes));
