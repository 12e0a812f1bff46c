// Every type with every value: from the interpreter, and from optimised code, in which the value is a variable's, a literal, one of many
// kinds, or the first of its kind. Each time the result or exception must be equal, and good values must take the fast call.

const { symbols: c } = openLibrary(generated.path, generated.declarations);
const { symbols: slow } = openLibrary(generated.path, {
    is_function: { name: "hash_pointer_1", parameters: ["function"], result: "u32" },
});

// The arguments that a symbol is tried with: number `at` is the value, the others are these. `type` is a C type, or the number of bytes
// that it needs.
function place(symbol, type, { name = symbol.name, others = [], at = 0, result = ({ value }) => value }) {
    const args = (value) => [...others.slice(0, at), value, ...others.slice(at)];
    return { symbol, name, type, at, args, result };
}

// Of similar types one is tried in all ways, and the others in a few.
const FULL = ["bool", "u8", "i32", "u32", "i64", "f32", "f64", "pointer", "buffer", 16];
const places = [];
for (const type of ["bool", ...Object.keys(INTEGERS), "f32", "f64", "pointer"]) {
    places.push(place(c[`same_${type}`], type, {}));
    // V8 does not support such results.
    if (whySlow(c[`same_${type}`]) === null) continue;
    places.push(place(c[`hash_${type}_1`], type, { result: ({ value }) => hashOf(type)(value) }));
    places.push(place(c[`box_${type}`], type, { result: ({ value }) => Uint8Array.from(bytesFor(type, value)) }));
}
places.push(place(slow.is_function, "function", { name: "hash_pointer_1", result: ({ value }) => hashOf("pointer")(value) }));
places.push(place(c.hash_buffer_1, "buffer", { result: ({ value, bytes }) => mix(HASH, [value === null ? 0xff : bytes[0]]) }));
for (const size of [1, 16, 40]) {
    const hash = ({ bytes }) => mix(mix(hashOf("i32")(7), bytes), bytesFor("f64", 0.5));
    places.push(place(c[`hash_bytes_${size}`], size, { others: [7, 0.5], at: 1, result: hash }));
}
// The types whose integers go to the stack: the first as a double, the others in registers and in memory.
for (const [type, at] of [["u8", 0], ["u8", 3], ["i32", 0], ["i32", 3], ["i32", 11], ["u32", 0], ["u32", 11]]) {
    const others = Array.from({ length: 11 }, (_, index) => index + 1);
    const result = ({ value }) => hashOf(...Array(12).fill(type))(...others.slice(0, at), value, ...others.slice(at));
    places.push(place(c[`hash_${type}_12`], type, { others, at, result }));
}

// True if V8 calls C by a fast call for a good value.
function isFast({ symbol, type }, entry) {
    if (whySlow(symbol) !== null) return false;
    // C may keep the address of a buffer. So the ordinary callback moves the bytes of such an array out of V8's heap.
    if (type === "buffer" && entry.inHeap) return false;
    // The shortest code reads small integers, and calls no helper.
    if (symbol === c.same_i32) return !Object.is(entry.make(), -0);
    return true;
}

// The ways in which a value reaches the call. `(place, entry)` returns a function and a maker of its arguments, or nothing if it cannot.
const WAYS = {
    // V8 sees other values first.
    "the first of its kind"({ symbol, at, args, good }, entry) {
        const usual = () => args(good.make());
        const make = () => optimise(caller(symbol, usual().length), [usual], 3);
        return [kept(symbol, `first ${at}`, make), () => args(entry.make())];
    },
    "a variable"({ symbol, args }, entry) {
        const own = () => args(entry.make());
        return [optimise(caller(symbol, own().length), [own], 3), own];
    },
    "a literal"({ symbol, at, args }, entry) {
        if (entry.text === undefined) return undefined;
        const texts = args(0).map((value, index) => (index === at ? entry.text : sourceOf(value)));
        return [optimise(functionOf(symbol, "", `return symbol(${texts.join(", ")});`), [() => []], 3), () => []];
    },
    "one of many kinds"({ symbol, at, args, good }, entry) {
        const lists = [good.make, ...MANY].map((make) => () => args(make()));
        const make = () => optimise(caller(symbol, lists[0]().length), lists, 3);
        return [kept(symbol, `many ${at}`, make), () => args(entry.make())];
    },
    "an element of doubles": element(new Float64Array(1)),
    "an element of floats": element(new Float32Array(1)),
    "an element of integers": element(new Int32Array(1)),
    "an element of unsigned integers": element(new Uint32Array(1)),
    "an element of bytes": element(new Int8Array(1)),
    "an element of BigInts": element(new BigInt64Array(1)),
    "an element of unsigned BigInts": element(new BigUint64Array(1)),
};
const FEW = ["the first of its kind", "one of many kinds"];

// A function that is used as long as V8 keeps it optimised.
const functions = new Map();

function kept(symbol, key, make) {
    const known = functions.get(key);
    if (known?.symbol === symbol && isOptimised(known.run)) return known.run;
    const run = make();
    functions.set(key, { symbol, run });
    return run;
}

const MANY = [() => 0, () => 0.5, () => "1", () => null, () => undefined, () => ({}), () => 1n, () => true, () => new Uint8Array(64)];

// The compiler knows the kind of the number, and keeps it in a register.
function element(array) {
    return ({ symbol, at, args }, entry) => {
        const value = entry.make();
        if (typeof value !== typeof array[0]) return undefined;
        array[0] = value;
        if (!Object.is(array[0], value)) return undefined;
        const texts = args(0).map((other, index) => (index === at ? "array[0]" : sourceOf(other)));
        const run = () => functionOf(symbol, "array", `return symbol(${texts.join(", ")});`);
        const make = () => optimise(run(), [() => [array]], 3);
        return [kept(symbol, `${array.constructor.name} ${at}`, make), () => [array]];
    };
}

let calls = 0;
const wrong = [];

function check(place, entry, how, expected) {
    const { symbol } = place;
    const way = WAYS[how](place, entry);
    if (way === undefined) return;
    const [call, args] = way;
    const fast = !expected.startsWith("TypeError") && isFast(place, entry);
    const what = `${symbol.name}, argument ${place.at + 1}: ${entry.name} as ${how}`;
    for (let i = 0; i < 3; i++) {
        const list = args();
        const before = slowCalls(symbol);
        same(outcome(call, list), expected, what);
        calls++;
        const ordinary = slowCalls(symbol) - before;
        if (ordinary !== (fast ? 0 : 1)) {
            wrong.push(`${what}: ${ordinary ? "" : "not "}by the ordinary callback; optimised: ${isOptimised(call)}`);
            break;
        }
    }
}
%NeverOptimizeFunction(check);

for (const place of places) {
    const { type, at } = place;
    const ordinary = interpreted(place.symbol, place.args(0).length);
    place.good = VALUES.find((entry) => conversion(type, entry).problem === undefined);
    // V8 must know the functions that the prelude's functions for structs call.
    for (let i = 0; i < WARM; i++) outcome(ordinary, place.args(place.good.make()));
    for (const entry of VALUES) {
        // Memory that does not exist is not read.
        if (type === "buffer" && entry.bytes?.length === 0) continue;
        const converted = conversion(type, entry);
        const expected = outcome(ordinary, place.args(entry.make()));
        const what = `${place.name} of ${entry.name}`;
        if (converted.problem === undefined) {
            same(expected, outcome(() => place.result(converted)), what);
        } else {
            const name = typeof type === "number" ? "struct {" : type;
            const head = `TypeError: cannot call "${place.name}": argument ${at + 1} (${name}`;
            const isRight = expected.startsWith(head) && expected.endsWith(`: ${converted.problem}`);
            if (!isRight) throw new Error(`${what}: ${expected}, not ${converted.problem}`);
        }
        const ways = FULL.includes(type) && whySlow(place.symbol) === null ? Object.keys(WAYS) : FEW;
        for (const how of ways) check(place, entry, how, expected);
    }
}
same(scriptsRun(), 0, "script that ran");

// V8's hole: if its compiler knows that numbers are integers from 0 to 2^64, they arrive in 64 bits unchecked. The greatest of them are
// then negative, and are not refused. It needs enough integers that some lie on the stack.
const greatest = functionOf(c.hash_i32_12, "x", "return symbol(1, 2, 3, (x >>> 0) * 4294967296 + 4294965248, 5, 6, 7, 8, 9, 10, 11, 12);");
const number = 2 ** 64 - 2048;
throws(() => greatest(-1), TypeError, `argument 4 (i32): ${number} is out of range`);
optimise(greatest, [() => [-1]], 3);
same(greatest(-1), hashOf(...Array(12).fill("i32"))(1, 2, 3, -2048, 5, 6, 7, 8, 9, 10, 11, 12), "the hole");
// Smaller types are out of range in both cases, and other functions do not have this hole.
throws(() => greatest(-2), TypeError, `argument 4 (i32): ${number - 2 ** 32} is out of range`);
const few = functionOf(c.hash_i32_6, "x", "return symbol(1, 2, 3, (x >>> 0) * 4294967296 + 4294965248, 5, 6);");
optimise(few, [() => [-1]], 3);
throws(() => few(-1), TypeError, `argument 4 (i32): ${number} is out of range`);
if (wrong.length > 0) throw new Error(`of ${calls} calls these ${wrong.length} took the wrong way:\n${wrong.join("\n")}`);
print(`${calls} calls`);
print("end");
