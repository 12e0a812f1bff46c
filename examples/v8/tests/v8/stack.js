// Functions with more integers than registers, which come as `double` and `int64_t`: every bound at every position, and the values that V8
// or the trampoline refuses.

const { symbols: c } = openLibrary(generated.path, generated.declarations);

const RANGES = { u8: [0, 255], i8: [-128, 127], u16: [0, 65535], i16: [-32768, 32767], u32: [0, 2 ** 32 - 1], i32: [-(2 ** 31), 2 ** 31 - 1] };
// -0 is taken.
const refused = [-0, 1.5, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 2 ** 63, -(2 ** 63), 2 ** 64 - 2048, 1e300, "1", null, undefined, 1n, {}, Symbol.iterator, true];
for (const [type, [low, high]] of Object.entries(RANGES)) {
    for (const count of [7, 8, 12]) {
        const symbol = c[`hash_${type}_${count}`];
        same(whySlow(symbol), null);
        const types = Array(count).fill(type);
        const hash = (args) => args.reduce((hash, value) => mix(hash, bytesFor(type, value)), HASH);
        const slow = interpreted(symbol, count);
        const usual = types.map((_, index) => index + 1);
        const fast = optimise(caller(symbol, count), [() => usual], 40);
        for (let at = 0; at < count; at++) {
            const args = (value) => usual.map((other, index) => (index === at ? value : other));
            for (const value of [low, high, 0, 1, low + 1, high - 1]) {
                const what = `${symbol.name}: ${value} at ${at}`;
                const before = slowCalls(symbol);
                same(fast(...args(value)), hash(args(value)), what);
                same(isOptimised(fast), true, what);
                same(slowCalls(symbol), before, what);
            }
        }
        // Beyond the bounds the trampoline refuses, and V8 keeps its code.
        same(fast(...usual), hash(usual));
        for (let at = 0; at < count; at++) {
            for (const value of [low - 1, high + 1]) {
                const args = usual.map((other, index) => (index === at ? value : other));
                const result = outcome(fast, args);
                same(result, outcome(slow, args), `${symbol.name}: ${value} at ${at}`);
                same(result.includes(`argument ${at + 1} (${type}): ${value} is out of range`), true, result);
            }
        }
        // Others make V8 drop its code, which it compiles again.
        for (const at of [0, 1, 5, 6, count - 1]) {
            for (const value of refused) {
                const args = usual.map((other, index) => (index === at ? value : other));
                same(outcome(fast, args), outcome(slow, args), `${symbol.name}: ${typeof value} at ${at}`);
            }
            optimise(fast, [() => usual], 3);
            same(fast(...usual), hash(usual));
        }
    }
}

// Each refusal drops the code of the loop, and no call is lost.
let caught = 0;
function loop(rounds) {
    let sum = 0;
    for (let i = 1; i <= rounds; i++) {
        try {
            sum += c.hash_i32_7(1, 2, 3, 4, 5, 6, i % 1000 === 0 ? 1.5 : 7) === 0 ? 0 : 1;
        } catch {
            caught++;
        }
    }
    return sum;
}
for (let i = 1; i <= 5; i++) {
    same(loop(50_000), 49_950);
    same(caught, i * 50);
}

// Floats and integers, both in registers and on the stack.
const mixed = Object.entries(generated.declarations).filter(([key, { parameters }]) => {
    return key.startsWith("hash_") && parameters.length > 7 && new Set(parameters).size === 1 && ["f32", "f64"].includes(parameters[0]);
});
for (const [key, { parameters }] of mixed) {
    const call = optimise(caller(c[key], parameters.length), [() => parameters.map((_, index) => index)], 40);
    for (const first of [0.5, -0, NaN, 3]) {
        const args = parameters.map((_, index) => (index ? index : first));
        const before = slowCalls(c[key]);
        same(call(...args), parameters.reduce((hash, type, index) => mix(hash, bytesFor(type, args[index])), HASH), key);
        same(slowCalls(c[key]), before, key);
    }
}
same(mixed.length > 0, true);
print("end");
