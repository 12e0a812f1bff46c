// Functions of up to 20 parameters, in registers and on the stack, and structs of all sizes. C returns a hash of their distinct values.

const { symbols: c } = openLibrary(generated.path, generated.declarations);

// Values of a type, each different.
let made = 0;

function valueOf(type) {
    made++;
    const pattern = BigInt(made) * 0x9e3779b97f4a7c15n;
    if (typeof type === "object") return structOf(type.struct);
    if (type in INTEGERS) {
        const bits = Math.abs(INTEGERS[type]);
        const big = (INTEGERS[type] < 0 ? BigInt.asIntN : BigInt.asUintN)(bits, pattern);
        return bits < 64 ? Number(big) : made % 3 ? big : made;
    }
    switch (type) {
        case "bool":
            return made % 3 === 0;
        case "f32":
            return Math.fround(made * 1.37 - 9);
        case "f64":
            return made * -1.1e-3;
        case "pointer":
            return made % 5 ? Pointer.create(BigInt.asUintN(64, pattern)) : null;
        case "buffer":
            return made % 7 ? outside(new [Uint8Array, Float64Array, Int16Array][made % 3](made % 2 ? 2 : 100).fill(made)) : null;
    }
}

function structOf(fields) {
    const bytes = new Uint8Array(structSize(fields) + (made % 3));
    const begins = offsets(fields);
    for (const [index, field] of fields.entries()) bytes.set(bytesFor(field, valueOf(field)), begins[index]);
    return bytes;
}

// The bytes that C mixes in.
function mixed(hash, type, value) {
    if (typeof type === "object") return offsets(type.struct).reduce((hash, begin, index) => mix(hash, value.slice(begin, begin + sizeOf(type.struct[index]))), hash);
    if (type !== "buffer") return mix(hash, bytesFor(type, value));
    return mix(hash, [value === null ? 0xff : bytesAt(value)[0]]);
}

// An array whose bytes lie outside of V8's heap, because someone has asked for its buffer. Fast calls take the address of no other.
function outside(array) {
    array.buffer;
    return array;
}

// A struct's buffer is not asked for, because that would move its bytes.
const bytesAt = (array) => new Uint8Array(array.slice().buffer);

const isWide = (type) => Math.abs(INTEGERS[type]) === 64;
let fast = 0;
for (const [key, { parameters, result }] of Object.entries(generated.declarations)) {
    if (!key.startsWith("hash_")) continue;
    const symbol = c[key];
    same(whySlow(symbol), null, key);
    same(symbol.length, parameters.length, key);
    const make = () => parameters.map(valueOf);
    const hash = (args) => parameters.reduce((hash, type, index) => mixed(hash, type, args[index]), HASH);
    const ordinary = interpreted(symbol, parameters.length);
    const first = make();
    same(ordinary(...first), hash(first), `${key}, interpreted`);
    optimise(symbol, [make], 3);
    const call = optimise(caller(symbol, parameters.length), [make], 3);
    for (let i = 0; i < 3; i++) {
        const args = make();
        const expected = hash(args);
        const before = slowCalls(symbol);
        const actual = call(...args);
        // Extra arguments are ignored.
        const more = symbol(...args, 1, "2");
        same(actual, expected, key);
        same(more, expected, key);
        sameWay(isOptimised(call), true, key);
        sameWay(slowCalls(symbol) - before, 0, `ordinary calls of ${key}`);
        fast += 2;
    }
    // A wrong argument is named, at any position.
    const places = new Set([0, parameters.length >> 1, parameters.length - 1]);
    for (const index of parameters.length ? places : []) {
        const args = make();
        args[index] = Symbol.iterator;
        const expected = outcome(ordinary, args);
        const head = `TypeError: cannot call "${key}": argument ${index + 1} (`;
        if (!expected.startsWith(head)) throw new Error(`${key}: ${expected}`);
        same(outcome(call, args), expected, key);
    }
    // Missing arguments are undefined.
    if (parameters.length > 0) {
        const args = make().slice(0, -1);
        const short = optimise(functionOf(symbol, "", `return symbol(...arguments);`), [() => args], 3);
        same(outcome(short, args), outcome(interpreted(symbol, parameters.length), args), key);
    }
}
print(`${fast} fast calls`);

// Structs in and out, of all sizes and classes.
for (const [key, { parameters, result }] of Object.entries(generated.declarations)) {
    if (!key.startsWith("same_") || typeof result !== "object") continue;
    const symbol = c[key];
    const { struct: fields } = result;
    const size = structSize(fields);
    const begins = offsets(fields);
    const seen = (bytes) => begins.map((begin, index) => Array.from(bytes.slice(begin, begin + sizeOf(fields[index])))).join(" ");
    same(whySlow(symbol), null, key);
    const kinds = [undefined, () => new Uint8Array(size), () => new Uint8Array(size + 100), () => new Uint8Array(size + 100).subarray(3)];
    for (const into of kinds) {
        const args = () => (into ? [structOf(fields), into()] : [structOf(fields)]);
        const call = optimise(caller(symbol, into ? 2 : 1), [args]);
        for (let i = 0; i < 3; i++) {
            const list = args();
            const expected = seen(list[0]);
            const before = slowCalls(symbol);
            const actual = call(...list);
            sameWay(slowCalls(symbol) - before, 0, `ordinary calls of ${key}`);
            same(seen(actual), expected, key);
            same(actual.constructor, Uint8Array);
            if (into) {
                same(actual, list[1], key);
                same(actual.slice(size).every((byte) => byte === 0), true, `${key} writes no more than its size`);
            } else {
                same(actual.length, size, key);
            }
            // Writes into the argument itself.
            if (into) same(seen(call(list[0], list[0])), expected, key);
        }
        if (!into) continue;
        const short = () => new Uint8Array(size - 1);
        const ordinary = interpreted(symbol, 2);
        for (const list of [[structOf(fields), short()], [short(), into()], [null, into()], [structOf(fields), null]]) {
            const expected = outcome(ordinary, list);
            same(expected.startsWith("TypeError"), true, expected);
            same(outcome(call, list), expected, key);
        }
    }
}
print("end");
