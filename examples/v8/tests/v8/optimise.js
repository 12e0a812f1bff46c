// Calls of symbols from the interpreter, and from optimised code.

// A function with this body, and with code of its own. Functions of equal source share code.
let sources = 0;
const functionOf = (symbol, params, body) => new Function("symbol", `/* ${sources++} */ return function (${params}) { ${body} }`)(symbol);

// A function that calls a symbol with `count` arguments.
function caller(symbol, count) {
    const names = Array.from({ length: count }, (_, index) => `a${index}`).join(", ");
    return functionOf(symbol, names, `return symbol(${names});`);
}

// A function that calls a symbol and is never optimised.
function interpreted(symbol, count) {
    const call = caller(symbol, count);
    %NeverOptimizeFunction(call);
    return call;
}

const isOptimised = (run) => (%GetOptimizationStatus(run) & 16) !== 0;

// True if V8 drops code at any time. Then only the results of calls count, and not the way they took.
const stressed = scriptArgs.includes("stressed");

function sameWay(actual, expected, what) {
    if (!stressed) same(actual, expected, what);
}

// The number of calls after which V8 also knows the callees of inner functions.
const WARM = 200;

// Runs a function with each of these lists of arguments several times, and then makes V8 optimise it. Calls may throw.
function optimise(run, lists, warm = WARM) {
    %PrepareFunctionForOptimization(run);
    for (let i = 0; i < warm; i++) for (const args of lists) outcome(run, args());
    %OptimizeFunctionOnNextCall(run);
    outcome(run, lists[0]());
    return run;
}

const optimised = (symbol, args) => optimise(caller(symbol, args.length), [() => args]);

// The outcome of a call, as text.
function outcome(run, args = []) {
    try {
        const result = run(...args);
        if (typeof result === "bigint") return `${result}n`;
        if (ArrayBuffer.isView(result)) return `bytes ${new Uint8Array(result.buffer, result.byteOffset, result.byteLength)}`;
        if (typeof result === "object" && result !== null) return `pointer ${Pointer.value(result)}`;
        return Object.is(result, -0) ? "-0" : String(result);
    } catch (error) {
        return String(error);
    }
}
%NeverOptimizeFunction(outcome);

// The literal of a number.
const sourceOf = (number) => Object.is(number, -0) ? "-0" : String(number);

// FNV-1a, as in generated.rs.
const HASH = 2166136261;

function mix(hash, bytes) {
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
    return hash >>> 0;
}

const scratch = new DataView(new ArrayBuffer(8));
const WRITERS = {
    bool: [1, (value) => scratch.setUint8(0, value)],
    u8: [1, (value) => scratch.setUint8(0, value)],
    i8: [1, (value) => scratch.setInt8(0, value)],
    u16: [2, (value) => scratch.setUint16(0, value, true)],
    i16: [2, (value) => scratch.setInt16(0, value, true)],
    u32: [4, (value) => scratch.setUint32(0, value, true)],
    i32: [4, (value) => scratch.setInt32(0, value, true)],
    f32: [4, (value) => scratch.setFloat32(0, value, true)],
    f64: [8, (value) => scratch.setFloat64(0, value, true)],
    pointer: [8, (value) => scratch.setBigUint64(0, value === null ? 0n : Pointer.value(value), true)],
};
for (const name of ["u64", "i64", "usize", "isize"]) WRITERS[name] = [8, (value) => scratch.setBigUint64(0, BigInt(value), true)];

const sizeOf = (type) => WRITERS[type][0];

// The bytes of a value of a scalar type.
function bytesFor(type, value) {
    const [size, write] = WRITERS[type];
    write(value);
    return [...new Uint8Array(scratch.buffer, 0, size)];
}

// The values that C returns for arguments of these types.
const hashOf = (...types) => (...values) => types.reduce((hash, type, index) => mix(hash, bytesFor(type, values[index])), HASH);

// The offsets of the fields of a struct.
function offsets(fields) {
    let end = 0;
    return fields.map((field) => {
        const size = sizeOf(field);
        const begin = Math.ceil(end / size) * size;
        end = begin + size;
        return begin;
    });
}

function structSize(fields) {
    const align = Math.max(...fields.map(sizeOf));
    return Math.ceil((offsets(fields).at(-1) + sizeOf(fields.at(-1))) / align) * align;
}
