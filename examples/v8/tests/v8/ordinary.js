// Every type with good, borderline and bad values.

const [path] = scriptArgs;
const names = ["bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize", "f32", "f64", "pointer"];
const declarations = {};
for (const name of names) declarations[`same_${name}`] = { parameters: [name], result: name };
const point = { struct: ["f64", "f64"] };
const { symbols: c, close } = openLibrary(path, {
    ...declarations,
    first_byte: { parameters: ["buffer"], result: "i32" },
    point_dist2: { parameters: [point, point], result: "f64" },
    add: { name: "point_add", parameters: [point, point], result: point },
    counter: { type: "i32" },
    address: { name: "counter_address", type: "pointer" },
    no_such_symbol: { parameters: [], result: "void", optional: true },
    no_such_static: { type: "i8", optional: true },
});

const ranges = { u8: [0, 255], i8: [-128, 127], u16: [0, 65535], i16: [-32768, 32767], u32: [0, 4294967295] };
ranges.i32 = [-2147483648, 2147483647];
for (const [name, [low, high]] of Object.entries(ranges)) {
    const call = c[`same_${name}`];
    for (const value of [low, high, 0, 1]) same(call(value), value, name);
    same(call(-0), 0, name);
    for (const value of [low - 1, high + 1]) throws(() => call(value), TypeError, `${value} is out of range`);
    for (const value of [0.5, NaN, Infinity]) throws(() => call(value), TypeError, `${value} is not an integer`);
    throws(() => call(1n), TypeError, "expected an integer, not a BigInt");
    throws(() => call(), TypeError, "expected an integer, not undefined");
    throws(() => call("1"), TypeError, "expected an integer, not a string");
}
for (const name of ["u64", "usize"]) {
    const call = c[`same_${name}`];
    for (const value of [0n, 2n ** 64n - 1n]) same(call(value), value, name);
    same(call(-1n), 2n ** 64n - 1n);
    same(call(2 ** 53), 2n ** 53n);
    throws(() => call(-1), TypeError, "-1 is out of range");
}
for (const name of ["i64", "isize"]) {
    const call = c[`same_${name}`];
    for (const value of [-(2n ** 63n), 2n ** 63n - 1n]) same(call(value), value, name);
    same(call(2n ** 64n + 5n), 5n);
    same(call(-5), -5n);
    throws(() => call(2 ** 63), TypeError, "9223372036854776000 is out of range");
}
for (const value of [0, -0, 1.5, NaN, Infinity, -Infinity]) same(c.same_f32(value), value);
same(c.same_f32(0.1), Math.fround(0.1));
for (const value of [0, -0, 0.1, NaN, Number.MAX_VALUE]) same(c.same_f64(value), value);
throws(() => c.same_f64("1"), TypeError, "expected a number, not a string");
for (const value of [true, false]) same(c.same_bool(value), value);
throws(() => c.same_bool(1), TypeError, "expected a boolean, not a number");

same(c.same_pointer(null), null);
same(Pointer.value(c.same_pointer(Pointer.create(2n ** 63n))), 2n ** 63n);
for (const value of [undefined, 0, {}, new Uint8Array(1)]) throws(() => c.same_pointer(value), TypeError, "expected null or a pointer");

const bytes = Uint8Array.of(1, 2, 3, 4);
same(c.first_byte(null), -1);
same(c.first_byte(bytes), 1);
same(c.first_byte(bytes.subarray(2)), 3);
same(c.first_byte(new DataView(bytes.buffer, 1)), 2);
same(c.first_byte(bytes.buffer), 1);
same(c.first_byte(Uint8Array.of(9)), 9);
const shared = new SharedArrayBuffer(2);
new Uint8Array(shared)[1] = 8;
same(c.first_byte(shared), 0);
same(c.first_byte(new Uint8Array(shared, 1)), 8);
%ArrayBufferDetach(bytes.buffer);
for (const value of [bytes, bytes.buffer]) throws(() => c.first_byte(value), TypeError, "not a detached buffer");
throws(() => c.first_byte([1]), TypeError, "expected null or a buffer, not an object");

const a = Float64Array.of(1, 2);
const b = Float64Array.of(4, 6);
same(c.point_dist2(a, b), 25);
throws(() => c.point_dist2(a, new Uint8Array(15)), TypeError, "argument 2 (struct {f64, f64}): 15 bytes are too few: it has 16");
same(c.add.length, 2);
same(c.add.name, "add");
const sum = c.add(a, b);
sameBytes(new Float64Array(sum.buffer), Float64Array.of(5, 8));
same(sum.constructor, Uint8Array);
const into = new Uint8Array(20);
same(c.add(a, b, into), into);
sameBytes(into.subarray(0, 16), sum);
// The result may be an argument.
c.add(a, b, a);
sameBytes(a, Float64Array.of(5, 8));
throws(() => c.add(a, b, new Uint8Array(15)), TypeError, "argument 3 (struct {f64, f64}): 15 bytes are too few: it has 16");
throws(() => c.add(a), TypeError, "argument 2 (struct {f64, f64}): expected a buffer, not undefined");

same(c.counter, 7);
same(Pointer.value(c.address) > 0n, true);
same(c.no_such_symbol, null);
same(c.no_such_static, null);
same(slowCalls(c.first_byte), 11);
throws(() => slowCalls(print), TypeError, "no function of a library");

throws(() => openLibrary(path, { f: { parameters: [], result: "void" } }), Error, 'no symbol "f"');
throws(() => openLibrary(path, { f: { parameters: ["u7"], result: "void" } }), TypeError, "f.parameters[0]: unknown type");
throws(() => openLibrary(path, { f: { parameters: [], result: "void", nonblocking: true } }), TypeError, "f: nonblocking");
throws(() => openLibrary(path, { f: { parameters: [], result: "void", callback: 1 } }), TypeError, "f: `callback` is");
throws(() => openLibrary(path, { f: { type: "i32", callback: true } }), TypeError, "f: `callback` is");
throws(() => openLibrary("/no/such/library.so", {}), Error, "/no/such/library.so");

close();
close();
throws(() => c.same_i32(1), Error, "is closed");
throws(() => c.add(a, b), Error, "is closed");
print("end");
