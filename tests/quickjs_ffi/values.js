// Every type as a parameter and a result: values that it takes, those at its borders, and those that it refuses.
import { equal, open, pair, PAIR, show, throws } from "./check.js";

const integers = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize"];
const c = { usize: "u64", isize: "i64", buffer: "pointer", function: "pointer" };
const symbols = {};
for (const type of [...integers, "bool", "f32", "f64", "pointer", "buffer", "function"]) {
  symbols[type] = { parameters: [type], result: type, name: `${c[type] ?? type}_back` };
}
const back = open({ ...symbols, pair: { parameters: [PAIR], result: PAIR, name: "pair_back" } });

// Taken, and given back as it is.
const same = {
  bool: [true, false],
  u8: [0, 1, 127, 128, 255],
  i8: [0, 1, -1, 127, -128],
  u16: [0, 255, 256, 32767, 32768, 65535],
  i16: [0, -1, 32767, -32768],
  u32: [0, 65536, 2147483647, 2147483648, 4294967295],
  i32: [0, -1, 2147483647, -2147483648],
  u64: [0n, 1n, 9223372036854775807n, 9223372036854775808n, 18446744073709551615n],
  i64: [0n, -1n, 9223372036854775807n, -9223372036854775808n],
  usize: [0n, 1n, 18446744073709551615n],
  isize: [0n, -1n, 9223372036854775807n, -9223372036854775808n],
  f32: [0, -0, 1, -1.5, Infinity, -Infinity, NaN, 16777216, 3.4028234663852886e38, 1.401298464324817e-45],
  f64: [0, -0, 1, 0.1, -1e308, 5e-324, Infinity, -Infinity, NaN, 2147483648, 9007199254740993],
  pointer: [null, Deno.UnsafePointer.create(1n), Deno.UnsafePointer.create(0xffffffffffffffffn)],
  buffer: [null],
  function: [null, Deno.UnsafePointer.create(4096n)],
};
for (const [type, values] of Object.entries(same)) {
  for (const value of values) equal(back[type](value), value, type);
}

// Taken, and given back as another value.
const changed = [
  ["u8", -0, 0], ["i32", -0, 0], ["i32", 7.0, 7],
  ["u64", 5, 5n], ["u64", 4294967296, 4294967296n], ["u64", 9007199254740992, 9007199254740992n], ["u64", -0, 0n],
  ["u64", 9223372036854775808, 9223372036854775808n], ["i64", -9223372036854775808, -9223372036854775808n],
  ["i64", -5, -5n], ["usize", 5, 5n], ["isize", -5, -5n],
  ["u64", -1n, 18446744073709551615n], ["u64", 18446744073709551616n, 0n], ["u64", 2n ** 64n + 5n, 5n],
  ["u64", -(2n ** 100n) - 1n, 18446744073709551615n],
  ["i64", 18446744073709551615n, -1n], ["i64", 9223372036854775808n, -9223372036854775808n],
  ["f32", 0.1, 0.10000000149011612], ["f32", 1e300, Infinity], ["f32", 16777217, 16777216], ["f32", 1e-60, 0],
];
for (const [type, value, expected] of changed) equal(back[type](value), expected, `${type} of ${show(value)}`);

// Refused.
const others = {
  undefined: undefined, null: null, true: true, number: 1, fraction: 1.5, NaN: NaN, Infinity: Infinity, bigint: 1n,
  text: "1", symbol: Symbol("1"), object: {}, array: [1], function: () => 1, date: new Date(0), bytes: new Uint8Array(16),
  buffer: new ArrayBuffer(16), shared: new SharedArrayBuffer(16), pointer: Deno.UnsafePointer.create(1n), Number: Object(1),
};
const taken = {
  bool: ["true"], f32: ["number", "fraction", "NaN", "Infinity"], f64: ["number", "fraction", "NaN", "Infinity"],
  pointer: ["null", "pointer"], function: ["null", "pointer"], buffer: ["null", "bytes", "buffer"],
};
for (const type of integers) taken[type] = /64|size/.test(type) ? ["number", "bigint"] : ["number"];
const expected = {
  bool: "boolean", f32: "number", f64: "number", pointer: "null, or External", function: "null, or External",
  buffer: "null, ArrayBuffer, or ArrayBufferView",
};
for (const type of integers) expected[type] = type.startsWith("u") ? "unsigned integer" : "integer";
for (const type of Object.keys(same)) {
  const message = new RegExp(`^Invalid FFI ${type} type, expected ${expected[type]}: argument 1 of `);
  for (const [name, value] of Object.entries(others)) {
    if (taken[type].includes(name)) back[type](value);
    else throws(() => back[type](value), "TypeError", message, `${type} of ${name}`);
  }
  throws(() => back[type](), "TypeError", message, `${type} of nothing`);
}

// Out of range.
const outside = {
  u8: [-1, 256, 65536, 2147483648, 4294967296, 1e300], i8: [-129, 128, 255, 256, 4294967296],
  u16: [-1, 65536, 4294967296], i16: [-32769, 32768, 65535], u32: [-1, 4294967296, -2147483649],
  i32: [2147483648, -2147483649, 4294967295], u64: [-1, 18446744073709551616, 1e300],
  i64: [9223372036854775808, -9223372036854777856], usize: [-1, 1e300], isize: [1e300, -1e300],
};
for (const [type, values] of Object.entries(outside)) {
  for (const value of values) {
    const message = `Invalid FFI ${type} type, expected ${expected[type]}: argument 1 of ${symbols[type].name}: `;
    throws(() => back[type](value), "TypeError", new RegExp(`^${message}-?[0-9]+(e\\+300)? is out of range$`), `${type} of ${value}`);
  }
}
throws(() => back.i32(1.5), "TypeError", "Invalid FFI i32 type, expected integer: argument 1 of i32_back: 1.5 is not an integer");
throws(
  () => back.u8("1"), "TypeError",
  "Invalid FFI u8 type, expected unsigned integer: argument 1 of u8_back: expected an integer, not a string",
);

// More arguments than parameters are no error; the receiver is nothing.
equal(back.i32(1, "more"), 1);
equal((0, back.i32)(2), 2);
equal(back.i32.call(null, 3), 3);
equal(back.i32.apply({}, [4]), 4);
equal([5, 6].map(back.i32), [5, 6]);

// Structs.
equal(back.pair(pair(-3, 2.5)), pair(-3, 2.5));
equal(back.pair(pair(-3, 2.5)).constructor, Uint8Array);
equal(back.pair(pair(1, 2).buffer), pair(1, 2));
equal(back.pair(new DataView(pair(1, 2).buffer)), pair(1, 2));
equal(back.pair(new Float64Array(pair(1, 2).buffer)), pair(1, 2));
const longer = new Uint8Array(40).fill(9);
longer.set(pair(5, 6), 7);
equal(back.pair(longer.subarray(7)), pair(5, 6), "not aligned");
equal(back.pair(new DataView(longer.buffer, 7, 16)), pair(5, 6), "not aligned, in a view");
const shared = new Uint8Array(new SharedArrayBuffer(16));
shared.set(pair(7, 8));
equal(back.pair(shared), pair(7, 8));
for (const [name, value] of Object.entries(others)) {
  const message = /^Invalid FFI struct type, expected ArrayBuffer, or ArrayBufferView: argument 1 of pair_back: /;
  if (!["bytes", "buffer"].includes(name)) throws(() => back.pair(value), "TypeError", message, `struct of ${name}`);
}
for (const len of [0, 1, 15]) {
  const message = `Invalid FFI struct type, expected ArrayBuffer, or ArrayBufferView: argument 1 of pair_back: ` +
    `${len} bytes are too few: it has 16`;
  throws(() => back.pair(new Uint8Array(len)), "TypeError", message);
  throws(() => back.pair(new ArrayBuffer(len)), "TypeError", message);
  throws(() => back.pair(new DataView(new ArrayBuffer(20), 2, len)), "TypeError", message);
}

// Buffers: the address is that of the bytes that the view shows.
const bytes = new Uint8Array(32);
const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
const at = (value) => Deno.UnsafePointer.value(back.buffer(value)) - start;
equal(at(bytes), 0n);
equal(at(bytes.buffer), 0n);
equal(at(bytes.subarray(3)), 3n);
equal(at(new Uint16Array(bytes.buffer, 4)), 4n);
equal(at(new DataView(bytes.buffer, 5)), 5n);
equal(at(new BigInt64Array(bytes.buffer, 16, 1)), 16n);
equal(at(bytes.subarray(32)), 32n, "nothing, at the end");
equal(back.buffer(new Uint8Array(0)) === null, false, "an empty buffer is not the null pointer");

// Buffers whose bytes are gone.
const gone = new Uint8Array(16);
const view = new DataView(gone.buffer);
const whole = gone.buffer;
gone.buffer.transfer();
for (const value of [gone, view, whole]) {
  throws(
    () => back.buffer(value), "TypeError",
    /^Invalid FFI buffer type, .*: argument 1 of pointer_back: expected null or a buffer, not a detached buffer$/,
  );
  throws(() => back.pair(value), "TypeError", /: expected a buffer, not a detached buffer$/);
}
const shrinking = new ArrayBuffer(16, { maxByteLength: 32 });
const fixed = new Uint8Array(shrinking, 4, 12);
const tracking = new Uint8Array(shrinking);
shrinking.resize(15);
throws(() => back.buffer(fixed), "TypeError", /a detached buffer$/);
throws(() => back.pair(tracking), "TypeError", /15 bytes are too few: it has 16$/);
shrinking.resize(32);
back.pair(tracking);

// All types in one call.
const { describe } = open({
  describe: {
    parameters: [
      "buffer", "usize", "bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize", "f32", "f64",
      "pointer", PAIR,
    ],
    result: "void",
  },
});
const text = new Uint8Array(200);
const described = (...args) => {
  equal(describe(text, text.length, ...args), undefined);
  return Deno.UnsafePointerView.getCString(Deno.UnsafePointer.of(text));
};
equal(
  described(true, 1, -2, 3, -4, 5, -6, 7n, -8n, 9n, -10n, 11.5, -12.25, Deno.UnsafePointer.create(1n), pair(13, 14.5)),
  "1 1 -2 3 -4 5 -6 7 -8 9 -10 11.5 -12.25 set {13 14.5}",
);
equal(
  described(false, 255, -128, 65535, -32768, 4294967295, -2147483648, 2n ** 64n - 1n, -(2n ** 63n), 0, 0, 0, 0, null, pair(0, 0)),
  "0 255 -128 65535 -32768 4294967295 -2147483648 18446744073709551615 -9223372036854775808 0 0 0 0 null {0 0}",
);
throws(
  () => described(true, 1, -2, 3, -4, 5, -6, 7n, -8n, 9n, -10n, 11.5, "x", null, pair(13, 14.5)), "TypeError",
  "Invalid FFI f64 type, expected number: argument 15 of describe: expected a number, not a string",
);

console.log("end");
