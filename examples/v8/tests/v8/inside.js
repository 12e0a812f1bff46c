// Callbacks of C functions that V8 called by a fast call, where no script may run: the exception that is thrown, and the state afterwards.
// And all nestings of calls of both kinds.

const [path] = scriptArgs;
const definition = { parameters: ["i32"], result: "i32" };
const pointers = { parameters: ["pointer", "i32"], result: "i32" };
const { symbols: c, close } = openLibrary(path, {
    // Its parameters do not show that it calls back.
    fast: { name: "call_times", ...pointers },
    ordinary: { name: "call_times", ...pointers, callback: true },
    counter_value: { parameters: [], result: "i32" },
    same_i32: { parameters: ["i32"], result: "i32" },
    on_a_thread: { ...pointers },
    marked_on_a_thread: { name: "on_a_thread", ...pointers, callback: true },
    apply_f64: { parameters: ["pointer", "f64"], result: "f64" },
    keep_f64: { parameters: ["pointer"], result: "void" },
    apply_kept_f64: { parameters: ["f64"], result: "f64" },
    apply_kept: { parameters: [], result: "void" },
    apply_pointer: { parameters: ["pointer", "pointer"], result: "bool" },
    apply_struct: { parameters: ["pointer", { struct: ["f64", "f64"] }], result: { struct: ["f64", "f64"] } },
});
const NONE = Pointer.create(0n);
const REFUSED = "script cannot run while optimised code calls C";

let ran = 0;
const counting = new Callback(definition, (number) => (ran++, number + 1));
const fast = () => optimised(c.fast, [NONE, 0]);

// C is called once, gets zeros, and continues. The exception is thrown when it returns.
function refused(call, ...args) {
    const [calls, scripts] = [c.counter_value(), ran];
    throws(() => call(...args), TypeError, REFUSED);
    same(c.counter_value() - calls, 1, "calls of C");
    same(ran, scripts, "script");
}
for (const times of [1, 2, 1000]) refused(fast(), counting.pointer, times);

// The exception leaves nothing behind: the next calls work, also by the code that threw.
const call = fast();
for (let i = 0; i < 5; i++) {
    same(call(NONE, 0), 0);
    same(c.same_i32(i), i);
}
throws(() => call(counting.pointer, 1), TypeError, REFUSED);
same(call(NONE, 0), 0);
same(c.ordinary(counting.pointer, 3), 1 + 2 + 3);
same(ran, 3);
// Called by the ordinary callback, this function may call back. The interpreter calls it in this way.
same(interpreted(c.fast, 2)(counting.pointer, 2), 1 + 2);

// It is caught like other exceptions.
const catching = functionOf(
    c.fast,
    "pointer, times",
    "try { return symbol(pointer, times); } catch (error) { return error.message; } finally { symbol(null, 0); }",
);
const caught = optimise(catching, [() => [NONE, 0]]);
for (let i = 0; i < 3; i++) {
    const message = caught(counting.pointer, 2);
    // V8 compiles the code again when the first exception comes. Until then the interpreter runs it, and uses the ordinary callback.
    same(i === 0 || typeof message === "number" || message.includes(REFUSED), true);
    if (i === 0) same(message.includes(REFUSED), true, message);
    same(c.same_i32(7), 7);
}

// In a loop each call throws its own exception, and the calls between them are correct.
const loop = functionOf(
    c.fast,
    "pointer, same",
    `let caught = 0;
    for (let i = 0; i < 1000; i++) {
        try { symbol(i % 10 ? null : pointer, i % 10 ? 0 : 1); } catch { caught++; }
        if (same(i) !== i) throw new Error("another result");
    }
    return caught;`,
);
// V8 compiles the code again when it sees the first exception, and the interpreter continues.
for (let i = 0; i < 2; i++) optimise(loop, [() => [counting.pointer, c.same_i32]], 3);
sameWay(isOptimised(loop), true);
const before = [slowCalls(c.fast), ran];
sameWay(loop(counting.pointer, c.same_i32), 100);
// The ordinary callback throws the waiting exception, and does not call C.
sameWay(slowCalls(c.fast), before[0]);
sameWay(ran, before[1]);

// Other results: zeros of their types.
const nothing = new Callback({ parameters: ["f64"], result: "f64" }, () => ran++);
throws(() => optimised(c.apply_f64, [NONE, 1])(nothing.pointer, 1), TypeError, REFUSED);
const asks = new Callback({ parameters: ["pointer"], result: "bool" }, () => ran++);
throws(() => optimised(c.apply_pointer, [NONE, NONE])(asks.pointer, null), TypeError, REFUSED);
const point = { struct: ["f64", "f64"] };
const moves = new Callback({ parameters: [point], result: point }, () => ran++);
const at = new Uint8Array(Float64Array.of(1, 2).buffer);
const into = new Uint8Array(16).fill(9);
throws(() => optimised(c.apply_struct, [NONE, at, into])(moves.pointer, at, into), TypeError, REFUSED);
sameWay(ran, before[1], "script");
const really = new Callback({ parameters: [point], result: point }, (bytes) => bytes);
const moved = interpreted(c.apply_struct, 2)(really.pointer, at);
same(String(new Float64Array(moved.buffer)), "1,2");

// Functions whose arguments are never refused do not get V8's options.
const fastKept = () => [optimised(c.apply_kept_f64, [1]), optimised(c.apply_kept, [])];
for (let i = 0; i < 3; i++) {
    // V8 drops the code when the first exception comes.
    c.keep_f64(null);
    const [kept, keptOfNone] = fastKept();
    c.keep_f64(nothing.pointer);
    const [calls, slow] = [c.counter_value(), slowCalls(c.apply_kept_f64) + slowCalls(c.apply_kept)];
    for (const call of [() => kept(1), () => keptOfNone()]) throws(call, TypeError, REFUSED);
    same(c.counter_value() - calls, 2, "calls of C");
    same(slowCalls(c.apply_kept_f64) + slowCalls(c.apply_kept), slow);
    same(c.same_i32(7), 7);
}
const runsOfKept = ran;
same(interpreted(c.apply_kept_f64, 1)(1), runsOfKept);
ran = before[1];
c.keep_f64(null);
const [kept, keptOfNone] = fastKept();
same(kept(2), 3);
same(keptOfNone(), undefined);

// Ordinary call, callback, fast call, callback: the innermost one is refused alone.
const inner = fast();
const seen = [];
const middle = new Callback(definition, (number) => {
    if (!isOptimised(inner)) optimise(inner, [() => [NONE, 0]]);
    seen.push(outcome(inner, [counting.pointer, 1]).includes(REFUSED));
    return number;
});
same(c.ordinary(middle.pointer, 3), 0 + 1 + 2);
same(String(seen), "true,true,true");
// An exception that it does not catch leaves the ordinary call, whose other callbacks do not run.
const uncaught = new Callback(definition, () => {
    ran++;
    return fast()(counting.pointer, 1);
});
const [wereCalls, wereRuns] = [c.counter_value(), ran];
throws(() => c.ordinary(uncaught.pointer, 5), TypeError, REFUSED);
same(ran - wereRuns, 1);
same(optimised(c.same_i32, [1])(2), 2);
// Deeper nestings, with fast calls on all levels that do not call back.
let depth = 0;
const quick = optimised(c.same_i32, [1]);
const deep = new Callback(definition, (number) => {
    if (++depth < 50) quick(c.ordinary(deep.pointer, 1));
    const result = quick(depth);
    throws(() => quick("x"), TypeError, "not a string");
    depth--;
    return result;
});
same(c.ordinary(deep.pointer, 1), 1);
same(depth, 0);

// Exceptions of callbacks in ordinary calls that optimised code makes.
const throwing = new Callback(definition, () => {
    throw new RangeError("enough");
});
const slow = optimised(c.ordinary, [throwing.pointer, 1]);
for (let i = 0; i < 3; i++) throws(() => slow(throwing.pointer, 3), RangeError, "enough");
same(slow(counting.pointer, 2), 1 + 2);
// Values of any kind are thrown.
for (const value of [undefined, null, 0, "text", Symbol.iterator]) {
    const other = new Callback(definition, () => {
        throw value;
    });
    let what = "nothing";
    try {
        slow(other.pointer, 1);
    } catch (error) {
        what = error;
    }
    same(what, value);
    other.close();
}

// Callbacks that close themselves: C gets the result, and zeros afterwards.
const closing = new Callback(definition, (number) => {
    closing.close();
    return number + 10;
});
same(c.ordinary(closing.pointer, 3), 10);
same(closing.pointer, null);
// Closed callbacks also return zeros in fast calls, and are not refused, because no script would run.
const gone = new Callback(definition, () => ran++);
const { pointer } = gone;
gone.close();
same(fast()(pointer, 3), 0);

// On other threads callbacks return zeros and run no script, in both kinds of calls.
const runs = ran;
same(c.marked_on_a_thread(counting.pointer, 1), 0);
same(optimised(c.on_a_thread, [counting.pointer, 1])(counting.pointer, 1), 0);
same(ran, runs);

// A callback that closes the library that called it.
const last = new Callback(definition, () => {
    close();
    throws(() => c.same_i32(1), Error, "is closed");
    throws(() => quick(1), Error, "is closed");
    return 5;
});
same(c.ordinary(last.pointer, 2), 10);
throws(() => call(NONE, 0), Error, "is closed");
for (let i = 0; i < 3; i++) {
    throws(() => kept(1), Error, "is closed");
    throws(() => keptOfNone(), Error, "is closed");
}
print("end");
