// Ways to call: each returns the result of the interpreter's call, and is fast if V8 can know the function.

const [path] = scriptArgs;
const { symbols: c, close } = openLibrary(generated.path, generated.declarations);
const add = c.hash_i32_3;
const numbers = [1, -2, 3];
const expected = hashOf("i32", "i32", "i32")(...numbers);

// V8 must know the function that the prelude's function calls.
for (let i = 0; i < WARM; i++) outcome(add, numbers);

// Called like other functions.
const WAYS = {
    plainly: "symbol(1, -2, 3)",
    "by call": "symbol.call(undefined, 1, -2, 3)",
    "with a receiver": "symbol.call(7, 1, -2, 3)",
    "by apply": "symbol.apply(null, [1, -2, 3])",
    "by spread": "symbol(...[1, -2, 3])",
    "by Reflect": "Reflect.apply(symbol, {}, [1, -2, 3])",
    "as a method": "({ symbol }).symbol(1, -2, 3)",
    "in parentheses": "(0, symbol)(1, -2, 3)",
    "with more": "symbol(1, -2, 3, 4, 'five', {})",
    "by arguments": "(function () { return symbol(...arguments); })(1, -2, 3)",
    "inlined": "((f, a) => f(a, -2, 3))(symbol, 1)",
    "by default": "((a = 1, b = -2, c = 3) => symbol(a, b, c))()",
};
for (const [name, text] of Object.entries(WAYS)) {
    for (const body of [
        `return ${text};`,
        `try { return ${text}; } catch (error) { return String(error); }`,
        `try { return ${text}; } finally { Math.abs(1); }`,
        `let result; for (let i = 0; i < 3; i++) result = ${text}; return result;`,
    ]) {
        const call = functionOf(add, "", body);
        same(call(), expected, name);
        optimise(call, [() => []], 10);
        const before = slowCalls(add);
        same(call(), expected, `${name}: ${body}`);
        sameWay(slowCalls(add) - before, 0, `ordinary calls ${name}: ${body}`);
        sameWay(isOptimised(call), true, name);
    }
}

// If V8 does not know the function, that has its own code.
const megamorphic = (f, ...args) => f(...args);
for (const symbol of [Math.max, Math.min, add, Math.abs, (x) => x, caller(add, 3)]) megamorphic(symbol, 1, -2, 3);
optimise(add, [() => numbers]);
for (const call of [() => megamorphic(add, ...numbers), () => add.bind(null, 1)(-2, 3), () => [1].map((one) => add(one, -2, 3))[0], () => interpreted(add, 3)(...numbers)]) {
    const before = slowCalls(add);
    same(call(), expected);
    sameWay(slowCalls(add) - before, 0, `ordinary calls of ${call}`);
}

// They are not constructors, and cannot be changed.
throws(() => new add(1, 2, 3), TypeError, "not a constructor");
same(add.prototype, undefined);
same(add.length, 3);
same(add.name, "hash_i32_3");

// Missing arguments are undefined.
for (const [index, text] of ["symbol()", "symbol(1)", "symbol(1, 2)"].entries()) {
    const call = functionOf(add, "", `return ${text};`);
    const refused = `argument ${index + 1} (i32): expected an integer, not undefined`;
    throws(call, TypeError, refused);
    optimise(call, [() => []], 3);
    for (let i = 0; i < 3; i++) throws(call, TypeError, refused);
}

// In a try block an exception of a fast call is caught there, at once.
const caught = functionOf(add, "a", "try { symbol(a, 2, 3); return 'none'; } catch (error) { return error.message; }");
optimise(caught, [() => [1]], 10);
same(caught(1), "none");
// V8 had not seen exceptions before.
for (let i = 0; i < 2; i++) {
    same(caught("1").includes("argument 1 (i32): expected an integer, not a string"), true);
    if (i === 0) optimise(caught, [() => [1]], 10);
    same(caught(1), "none");
}
sameWay(isOptimised(caught), true, "a refusal leaves the code as it was");

// A wrong argument in the middle of a hot loop ends the loop exactly there. V8 replaces the loop's code while it runs.
const sum = functionOf(
    c.same_i32,
    "values, seen",
    `let sum = 0;
    for (let i = 0; i < values.length; i++) {
        sum = (sum + symbol(values[i])) | 0;
        seen.count = i + 1;
    }
    return sum;`,
);
const values = Array.from({ length: 200_000 }, (_, index) => index);
const seen = { count: 0 };
const total = values.reduce((a, b) => (a + b) | 0, 0);
const before = slowCalls(c.same_i32);
same(sum(values, seen), total);
// By warming alone.
const slowly = slowCalls(c.same_i32) - before;
if (slowly > 150_000 && !stressed) throw new Error(`${slowly} of ${values.length} calls were ordinary ones`);
for (const [at, wrong, text] of [[150_000, "x", "not a string"], [123_456, 1.5, "1.5 is not an integer"], [199_999, 2 ** 31, "2147483648 is out of range"]]) {
    const list = values.slice();
    list[at] = wrong;
    seen.count = 0;
    throws(() => sum(list, seen), TypeError, text);
    same(seen.count, at);
    same(sum(values, seen), total);
}
// If V8 knows the elements as doubles.
const doubles = Float64Array.from(values);
same(sum(doubles, seen), total);
doubles[777] = NaN;
throws(() => sum(doubles, seen), TypeError, "NaN is not an integer");
same(seen.count, 777);

// Numbers of all kinds, one after the other: V8 does not compile code again for refused ones.
const mixed = functionOf(c.hash_i64_1, "list", "let last; for (const value of list) { try { last = symbol(value); } catch {} } return last;");
const many = Array.from({ length: 1000 }, (_, index) => [index, BigInt(index), 2 ** 40 + index, index % 100 ? -index : 0.5][index % 4]);
optimise(mixed, [() => [many]], 3);
const start = slowCalls(c.hash_i64_1);
for (let i = 0; i < 20; i++) same(mixed(many), hashOf("i64")(-999));
sameWay(slowCalls(c.hash_i64_1) - start, 20 * many.filter((value) => value === 0.5).length);

// Many functions of one shape: each calls its own C function, even if V8 does not know it.
const declarations = {};
for (let i = 0; i < 50; i++) declarations[`f${i}`] = { name: i % 2 ? "same_i32" : "hash_i32_1", parameters: ["i32"], result: i % 2 ? "i32" : "u32" };
const { symbols: alike } = openLibrary(generated.path, declarations);
const any = (f, x) => f(x);
for (let round = 0; round < 50; round++) {
    for (const [index, symbol] of Object.values(alike).entries()) {
        const right = index % 2 ? round : hashOf("i32")(round);
        same(any(symbol, round), right);
        if (round === 0) {
            const call = optimise(caller(symbol, 1), [() => [5]]);
            const before = slowCalls(symbol);
            same(call(7), index % 2 ? 7 : hashOf("i32")(7));
            sameWay(slowCalls(symbol) - before, 0);
        }
    }
}

// One function of two libraries: one closed, the other open.
const { symbols: other } = openLibrary(generated.path, { same_i32: generated.declarations.same_i32 });

// A library that is closed in the middle of a hot loop: the next call throws. Its code was not compiled again for that.
const loop = functionOf(
    c.same_i32,
    "close, at, seen",
    `for (let i = 0; i < 100000; i++) {
        if (i === at) close();
        symbol(i);
        seen.count = i;
    }`,
);
optimise(loop, [() => [close, -1, seen]], 2);
throws(() => loop(close, 50_000, seen), Error, "is closed");
same(seen.count, 49_999);
for (const [name, args] of [["same_i32", [1]], ["hash_i32_12", Array(12).fill(1)], ["hash_buffer_1", [null]], ["same_f64", [1]], ["same_bytes_16", [new Uint8Array(16)]]]) {
    const call = optimised(c[name], args);
    throws(() => call(...args), Error, "is closed");
    // Arguments are checked first.
    throws(() => call(Symbol.iterator), TypeError, "cannot call");
}
same(other.same_i32(5), 5);
same(optimised(other.same_i32, [5])(6), 6);
print("end");
