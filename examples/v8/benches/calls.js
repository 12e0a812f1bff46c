// Loops that call C functions, for calls.rs: by hotcall's trampolines, by C functions that are written for V8 without and with V8's
// options after the arguments, and by the ordinary callback. "script" has a library function's wrapper, which throws. Prints one line of
// JSON: samples in nanoseconds a round.

const [path, only] = scriptArgs;
const point = { struct: ["f64", "f64"] };
const quad = { struct: ["i32", "i32", "i32", "i32"] };
const list = (count, type) => Array(count).fill(type);
const p = Float64Array.of(1, 2);
const q = Float64Array.of(4, 6);
const out = new Float64Array(2);
const four = Int32Array.of(1, 2, 3, 4);

// The name, the types, the arguments in the loop, and their values.
const cases = [
    ["nop", [], "void", "", {}],
    ["add_i32", ["i32", "i32"], "i32", "i, 1", {}],
    ["add_f64", ["f64", "f64"], "f64", "i, 0.5", {}],
    ["sum8_f64", list(8, "f64"), "f64", "i, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5", {}],
    ["sum12_i32", list(12, "i32"), "i32", "i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11", {}],
    ["first_byte", ["buffer", "u32"], "u8", "four, 16", { four }],
    ["point_dist2", [point, point], "f64", "p, q", { p, q }],
    ["point_add", [point, point], point, "p, q, out", { p, q, out }],
    // With a new array of bytes for each result, which V8 does not pass to functions that take one of doubles.
    ["point_add new", [point, point], point, "p, q", { p, q }],
    ["quad_sum", [quad], "i32", "four", { four }],
];

// The random address of a loop's code costs a nanosecond, so each way has several loops at different addresses.
const LOOPS = 8;
const SAMPLES = 5;
const ROUNDS = 100_000;

// The loop of one way, with code of its own. Functions of equal source share the facts that V8 learns about callees.
let loops = 0;

function loop(call, values, place) {
    const names = Object.keys(values);
    // Some instructions before it, which move the loop.
    const before = Array.from({ length: place }, (_, index) => `let v${index} = rounds ${"+-*&|^"[index % 6]} ${index + 3};`).join(" ");
    const after = Array.from({ length: place }, (_, index) => `, v${index}`).join("");
    const body = `let result; for (let i = 0; i < rounds; i++) ${call}; return [result${after}];`;
    return new Function(...names, `/* ${loops++} */ return function (rounds) { ${before} ${body} };`)(...Object.values(values));
}

// Optimising runs beside the program, and takes time.
function warm(run, slow) {
    for (let fast = 0, i = 0; (fast < 5 || i < 20) && i < 1000; i++) {
        const before = slow();
        run(ROUNDS / 10);
        fast = slow() === before ? fast + 1 : 0;
    }
}

function measure([name, parameters, result, args, values]) {
    const [symbol, special] = name.split(" ");
    const { symbols } = openLibrary(path, {
        typed: { name: symbol, parameters, result },
        c: { name: symbol, parameters, result, direct: `direct_${symbol}` },
        c_with_options: { name: symbol, parameters, result, direct: `direct_${symbol} with options` },
        ordinary: { name: symbol, parameters, result, callback: true },
    });
    if (whySlow(symbols.typed) !== null) throw new Error(`${name}: ${whySlow(symbols.typed)}`);
    const some = ["typed", "script", "ordinary", "empty"];
    const ways = special ? some.slice(1) : [...some, "c", "c_with_options"];
    const functions = { ...symbols, script: symbols.typed, typed: nativeOf(symbols.typed) };
    const times = Object.fromEntries(ways.map((way) => [way, []]));
    const slow = () => slowCalls(symbols.typed) + slowCalls(symbols.c) + slowCalls(symbols.c_with_options);
    for (let place = 0; place < LOOPS; place++) {
        const run = Object.fromEntries(ways.map((way) => {
            const call = way === "empty" ? "result = i" : `result = native(${args})`;
            return [way, loop(call, { ...values, native: functions[way] }, place)];
        }));
        for (const way of ways) warm(run[way], slow);
        const before = slow();
        for (let sample = 0; sample < SAMPLES; sample++) {
            for (const way of ways) {
                const rounds = way === "ordinary" ? ROUNDS / 10 : ROUNDS;
                const start = now();
                run[way](rounds);
                times[way].push((now() - start) / rounds);
            }
        }
        if (slow() !== before) throw new Error(`${name}: calls were slow`);
    }
    return { case: name, ...times };
}

print(JSON.stringify(cases.filter(([name]) => only === undefined || name === only).map(measure)));
