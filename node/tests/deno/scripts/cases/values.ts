// Every type as a parameter and a result: values that it takes, those at its borders, and those that it refuses.
import { library, PAIR, pair, show, test, UNSAFE } from "./case.ts";

const integers = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize"];
const types = ["bool", ...integers, "f32", "f64", "pointer", "buffer", "function"];
const like: Record<string, string> = { usize: "u64", isize: "i64", buffer: "pointer", function: "pointer" };

type Back = (value?: unknown, ...more: unknown[]) => unknown;
const symbols: Deno.ForeignLibraryInterface = {};
for (const type of types) {
  symbols[type] = { parameters: [type], result: type, name: `${like[type] ?? type}_back` } as Deno.ForeignFunction;
}
symbols.struct = { parameters: [PAIR], result: PAIR, name: "pair_back" };
const back = Deno.dlopen(library, symbols).symbols as unknown as Record<string, Back>;
const { create, of, value } = Deno.UnsafePointer;

const numbers = [
  0, -0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536, 2147483647, 2147483648,
  -2147483648, -2147483649, 4294967295, 4294967296, 2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64,
  1e300, -1e300, 0.1, 1.5, -1.5, 5e-324, NaN, Infinity, -Infinity,
];
const bigints = [
  0n, 1n, -1n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n, 2n ** 64n + 5n, -(2n ** 100n) - 1n,
];
for (const type of ["bool", ...integers, "f32", "f64"]) {
  for (const number of [...numbers, ...bigints]) await test(`${type} of ${show(number)}`, () => back[type]!(number));
}

const gone = new Uint8Array(16);
const [goneView, goneBuffer] = [new DataView(gone.buffer), gone.buffer];
gone.buffer.transfer();
const others = {
  undefined, null: null, true: true, false: false, number: 1, bigint: 1n, text: "1", symbol: Symbol("1"), object: {},
  array: [1], function: () => 1, date: new Date(0), pointer: create(1n), Number: Object(1),
};
for (const type of [...types, "struct"]) {
  for (const [name, other] of Object.entries(others)) await test(`${type} of ${name}`, () => back[type]!(other));
  await test(`${type} of nothing`, () => back[type]!());
}

// Pointers.
for (const address of [0n, 1n, 4096n, 2n ** 64n - 1n]) {
  for (const type of ["pointer", "function"]) await test(`${type} to ${address}`, () => back[type]!(create(address)));
}

// Buffers: the address is that of the bytes that the view shows.
const bytes = new Uint8Array(32);
const start = value(of(bytes));
const at = (it: unknown) => value(back.buffer!(it) as Deno.PointerValue) - start;
const views = {
  array: bytes, buffer: bytes.buffer, part: bytes.subarray(3), words: new Uint16Array(bytes.buffer, 4),
  view: new DataView(bytes.buffer, 5), bigints: new BigInt64Array(bytes.buffer, 16, 1),
};
for (const [name, view] of Object.entries(views)) await test(`address of ${name}`, () => at(view));
await test("an empty buffer is null", () => back.buffer!(new Uint8Array(0)) === null);
await test("shared memory is a buffer", () => back.buffer!(new Uint8Array(new SharedArrayBuffer(8))) !== null);
await test("a shared buffer is a buffer", () => back.buffer!(new SharedArrayBuffer(8)) !== null);
await test("a resizable buffer", () => back.buffer!(new ArrayBuffer(8, { maxByteLength: 16 })) !== null);
const resizable = new Uint8Array(new ArrayBuffer(16, { maxByteLength: 32 }));
const growable = new Uint8Array(new SharedArrayBuffer(16, { maxByteLength: 32 }));
await test("a view of a resizable buffer", () => back.buffer!(resizable) !== null);
await test("a growable shared buffer", () => back.buffer!(growable) !== null);
await test("a struct in a resizable buffer", () => back.struct!(resizable));
for (const [name, it] of Object.entries({ array: gone, view: goneView, buffer: goneBuffer })) {
  await test(`buffer of a detached ${name}`, () => back.buffer!(it));
  await test(`struct of a detached ${name}`, () => back.struct!(it));
}

// Structs.
const longer = new Uint8Array(40).fill(9);
longer.set(pair(5, 6), 7);
const shared = new Uint8Array(new SharedArrayBuffer(16));
shared.set(pair(7, 8));
const structs = {
  array: pair(-3, 2.5), buffer: pair(1, 2).buffer, view: new DataView(pair(1, 2).buffer),
  doubles: new Float64Array(pair(1, 2).buffer), "unaligned part": longer.subarray(7), shared,
  "unaligned view": new DataView(longer.buffer, 7, 16),
};
for (const [name, struct] of Object.entries(structs)) await test(`struct in ${name}`, () => back.struct!(struct));
await test("struct of no bytes", () => back.struct!(new Uint8Array(0)));
for (const length of [1, 15]) {
  await test(`struct of ${length} bytes`, () => back.struct!(new Uint8Array(length)), UNSAFE);
}

// More arguments than parameters, and other receivers.
await test("one argument more", () => back.i32!(1, "more"));
const { i32: alone } = back;
await test("called alone", () => alone!(2));
await test("called with a receiver", () => back.i32!.call(null, 3));
await test("mapped", () => [5, 6].map(back.i32!));
await test("the name is text", () => typeof back.i32!.name);

// All types in one call.
const { describe } = Deno.dlopen(library, {
  describe: {
    parameters: [
      "buffer", "usize", "bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize", "f32", "f64",
      "pointer", PAIR,
    ],
    result: "void",
  },
}).symbols;
const text = new Uint8Array(200);
await test("all types", () => {
  const given = describe(
    text, 200n, true, 1, -2, 3, -4, 5, -6, 7n, -8n, 9n, -10n, 11.5, -12.25, create(1n), pair(13, 14.5),
  );
  return [given, Deno.UnsafePointerView.getCString(of(text)!)];
});
await test("all types, at their borders", () => {
  const [most, least] = [2n ** 64n - 1n, -(2n ** 63n)];
  const integers = [255, -128, 65535, -32768, 4294967295, -2147483648] as const;
  describe(text, 200n, false, ...integers, most, least, 0n, 0n, 0, 0, null, pair(0, 0));
  return Deno.UnsafePointerView.getCString(of(text)!);
});
