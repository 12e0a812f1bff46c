// Exceptions of calls are caught where script says, also in optimised code. This holds even if V8 calls the ordinary callback for a fast
// call of that function.

const [path] = scriptArgs;
const point = { struct: ["f64", "f64"] };
const seven = Array(7).fill("i32");
const declarations = {
    same_i8: { parameters: ["i8"], result: "i8" },
    same_i32: { parameters: ["i32"], result: "i32" },
    same_u32: { parameters: ["u32"], result: "u32" },
    same_f64: { parameters: ["f64"], result: "f64" },
    same_bool: { parameters: ["bool"], result: "bool" },
    is_odd_i64: { parameters: ["i64"], result: "i32" },
    is_null: { parameters: ["pointer"], result: "bool" },
    first_byte: { parameters: ["buffer"], result: "i32" },
    point_dist2: { parameters: [point, point], result: "f64" },
    point_add: { parameters: [point, point], result: point },
    last_of_7: { parameters: seven, result: "i32" },
    count: { parameters: [], result: "void" },
    counter_value: { parameters: [], result: "i32" },
    call_pointer: { name: "call_times", parameters: ["pointer", "i32"], result: "i32" },
    call_marked: { name: "call_times", parameters: ["pointer", "i32"], result: "i32", callback: true },
};
const { symbols: c } = openLibrary(path, declarations);
const definition = { parameters: ["i32"], result: "i32" };
const calling = new Callback(definition, (number) => number);

const a = Float64Array.of(1, 2);
const into = new Uint8Array(16);
const six = [1, 2, 3, 4, 5, 6];
// A symbol, good arguments, bad ones, and the expected messages.
const refusals = [
    [c.same_i32, [1], [1.5], "1.5 is not an integer"],
    [c.same_i32, [1], ["q"], "not a string"],
    [c.same_i32, [1], [2 ** 40], "out of range"],
    [c.same_i8, [1], [300], "300 is out of range"],
    [c.same_u32, [1], [-1], "-1 is out of range"],
    [c.same_u32, [1], ["q"], "not a string"],
    [c.same_f64, [1.5], [Symbol.iterator], "not a symbol"],
    [c.same_bool, [true], [1], "not a number"],
    [c.is_odd_i64, [1], [1.5], "1.5 is not an integer"],
    [c.is_null, [null], [into], "expected null or a pointer"],
    [c.first_byte, [into], [5], "not a number"],
    [c.point_dist2, [a, a], [a, new Uint8Array(15)], "15 bytes are too few"],
    [c.point_add, [a, a, into], [a, a, new Uint8Array(15)], "15 bytes are too few"],
    [c.point_add, [a, a, into], [null, a, into], "not null"],
    [c.last_of_7, [...six, 7], [...six, 1.5], "1.5 is not an integer"],
    [c.last_of_7, [...six, 7], [...six, "q"], "not a string"],
    [c.last_of_7, [...six, 7], [1.5, ...six], "1.5 is not an integer"],
];

// Functions that return `text` if they have caught the call's exception.
const names = (count) => Array.from({ length: count }, (_, index) => `a${index}`).join(", ");
const text = "error.constructor.name + ' ' + error.message + more";
const BODIES = {
    catch: (call) => `let more = ""; try { return ${call}; } catch (error) { return ${text}; }`,
    "catch without a result": (call) => `let more = ""; try { ${call}; return "nothing"; } catch (error) { return ${text}; }`,
    finally: (call) => `let more = ""; try { try { ${call}; } finally { more = " finally"; } } catch (error) { return ${text}; }`,
    // The innermost `try` catches.
    nested: (call) => `let more = ""; try { try { ${call}; } catch (error) { return ${text}; } } catch { return "outer"; }`,
    loop: (call) => `let more = 0, error; for (let i = 0; i < 3; i++) try { ${call}; } catch (caught) { error = caught; more++; } return error && ${text};`,
    again: (call) => `let more = ""; try { try { ${call}; } catch (error) { more = " again"; throw error; } } catch (error) { return ${text}; }`,
    "an inlined function's": (call, list) => `let more = ""; const inner = (${list}) => ${call}; try { return inner(${list}); } catch (error) { return ${text}; }`,
    "an inlined function's finally": (call, list) =>
        `let more = ""; const inner = (${list}) => { try { return ${call}; } finally { more += " finally"; } }; try { inner(${list}); } catch (error) { return ${text}; }`,
    // Statements after the call do not run.
    "what follows": (call) => `let more = ""; try { ${call}; more = " went on"; ${call}; more += " twice"; } catch (error) { return ${text}; }`,
};
const AFTER = { finally: " finally", loop: "3", again: " again", "an inlined function's finally": " finally" };

function catching(symbol, count, body) {
    const list = names(count);
    return functionOf(symbol, list, BODIES[body](`symbol(${list})`, list));
}

const shown = (value) => (value?.toString === undefined ? typeof value : String(value));

// Checks that a function of this body returns the text.
function checkText(result, body, message, what) {
    const isText = typeof result === "string" && result.startsWith("TypeError ") && result.includes(message);
    if (!isText || !result.endsWith(AFTER[body] ?? "")) throw new Error(`${what}: gave ${String(result)}`);
    same(result.includes("went on"), false, what);
}

for (const [symbol, good, bad, message] of refusals) {
    for (const body of Object.keys(BODIES)) {
        const what = `${symbol.name}(${bad.map(shown)}), ${body}`;
        // V8 may see wrong arguments first, last, or only after the code is made.
        for (const [first, second] of [[good, bad], [bad, good], [good, good]]) {
            const run = optimise(catching(symbol, good.length, body), [() => first, () => second], 40);
            for (let i = 0; i < 3; i++) {
                checkText(run(...bad), body, message, what);
                const before = slowCalls(symbol);
                same(String(run(...good)).includes("Error"), false, `${what}, and a good call after it`);
                if (isOptimised(run) && first !== bad) same(slowCalls(symbol), before, `ordinary calls after ${what}`);
            }
        }
        const interpreter = catching(symbol, good.length, body);
        %NeverOptimizeFunction(interpreter);
        checkText(interpreter(...bad), body, message, what);
    }
    // Caught outside of the function.
    const run = optimise(caller(symbol, good.length), [() => good]);
    throws(() => run(...bad), TypeError, message);
}

// Callbacks that a fast call cannot run. V8 then drops the function's code, because V8 did not know that it catches an exception.
// The next call in a loop would run the callback.
for (const body of Object.keys(BODIES).filter((body) => body !== "loop")) {
    for (let i = 0; i < 3; i++) {
        const run = optimise(catching(c.call_pointer, 2, body), [() => [Pointer.create(0n), 0]]);
        same(isOptimised(run), true, body);
        checkText(run(calling.pointer, 1), body, "`callback: true`", body);
    }
}

// Errors have their place.
function place() {
    try {
        return c.same_i8(300);
    } catch (error) {
        return error.stack;
    }
}
same(place().split("\n").some((line) => line.includes("at place (")), true, place());

// Each function has wrong arguments of its own, in one place.
function both(x, y) {
    let caught = "";
    try {
        return c.same_i8(x) + c.same_i32(y);
    } catch (error) {
        caught = error.message;
    } finally {
        caught += "!";
    }
    return caught;
}
optimise(both, [() => [1, 2]]);
same(both(300, 2), `cannot call "same_i8": argument 1 (i8): 300 is out of range!`);
same(both(3, 2.5), `cannot call "same_i32": argument 1 (i32): 2.5 is not an integer!`);
same(both(300, 2.5), `cannot call "same_i8": argument 1 (i8): 300 is out of range!`);
same(both(3, 2), 5);

// A million calls of which some are wrong.
let caught = 0;
function sum(rounds, every) {
    let total = 0;
    for (let i = 1; i <= rounds; i++) {
        try {
            total += c.same_i32(i % every === 0 ? i + 0.5 : 1);
        } catch {
            caught++;
        }
    }
    return total;
}
for (let i = 0; i < 10; i++) {
    caught = 0;
    same(sum(100_000, 1000), 99_900);
    same(caught, 100);
}

// A callback's own exception passes through C, in every kind of call.
const thrown = new RangeError("own");
const throwing = new Callback(definition, () => {
    throw thrown;
});
const viaC = optimise(functionOf(c.call_marked, "pointer, times", "try { return symbol(pointer, times); } catch (error) { return error; }"), [() => [calling.pointer, 1]]);
same(viaC(throwing.pointer, 3), thrown);

// Refusals in script that a callback runs belong to that script, and C continues afterwards.
const refused = optimise(catching(c.same_i8, 1, "catch"), [() => [1]]);
const catchingBack = new Callback(definition, (number) => (refused(300).includes("300") ? refused(number) : -100));
same(c.call_marked(catchingBack.pointer, 4), 0 + 1 + 2 + 3);
const letThrough = optimise(caller(c.same_i8, 1), [() => [1]]);
const failing = new Callback(definition, () => letThrough(300));
throws(() => c.call_marked(failing.pointer, 4), TypeError, "300 is out of range");
same(letThrough(5), 5);
// The exception passes from callback to callback.
const outer = new Callback(definition, (number) => {
    throws(() => c.call_marked(failing.pointer, 1), TypeError, "300 is out of range");
    return letThrough(number);
});
same(c.call_marked(outer.pointer, 4), 0 + 1 + 2 + 3);
// Conversions run no script: an object that converts to a number by itself is not a number.
let converted = 0;
const number = { valueOf: () => ++converted, [Symbol.toPrimitive]: () => ++converted };
throws(() => letThrough(number), TypeError, "not an object");
same(converted, 0);

// Exceptions at the end of the stack are thrown too, and none waits for later.
function deep(symbol, bad, good, depth) {
    let mark = symbol(good);
    try {
        symbol(bad);
        mark = -1;
    } catch (error) {
        if (mark !== good || error.constructor === Error) throw new Error(`at ${depth}: ${mark}, ${error}`);
    }
    return deep(symbol, bad, good, depth + 1) + mark;
}
for (let i = 0; i < 3; i++) {
    throws(() => deep(c.same_i8, 300, 7, 0), RangeError, "call stack");
    same(c.same_i8(7), 7);
    same(letThrough(7), 7);
    same(both(3, 2), 5);
    %OptimizeFunctionOnNextCall(deep);
}

// Symbols in messages.
for (const [key, { parameters }] of Object.entries(declarations)) {
    same(c[key].length, parameters.length, key);
    same(c[key].name, key);
    throws(() => new c[key](), TypeError, "not a constructor");
    same(Object.hasOwn(c[key], "prototype"), false, key);
}
same(c.same_i32(4, 5, 6), 4);
throws(() => c.same_i32(), TypeError, "not undefined");

// V8 has assumed until now that no buffer is ever detached.
new WebAssembly.Memory({ initial: 1 }).grow(1);

// Closed libraries.
const { symbols: closed, close } = openLibrary(path, declarations);
const lists = { same_i8: [1], same_u32: [1], same_f64: [1.5], is_odd_i64: [1], first_byte: [into], point_dist2: [a, a], point_add: [a, a, into], last_of_7: [...six, 7], count: [] };
const calls = [];
for (const [key, list] of Object.entries(lists)) {
    for (const body of Object.keys(BODIES)) {
        const run = optimise(catching(closed[key], list.length, body), [() => list], 40);
        calls.push([key, body, () => run(...list)]);
    }
}
const counted = c.counter_value();
close();
for (const [key, body, run] of calls) {
    const result = run();
    same(typeof result === "string" && result.startsWith("Error") && result.includes("is closed"), true, `${key}, ${body}: ${result}`);
}
same(c.counter_value(), counted);
print("end");
