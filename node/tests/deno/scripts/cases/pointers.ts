// UnsafePointer and UnsafePointerView.
import { library, show, test } from "./case.ts";

const { UnsafePointer: Pointer, UnsafePointerView: View, UnsafeCallback: Callback } = Deno;

// What script may give although its types say otherwise.
const others: Record<string, any> = {
  undefined, "a bigint": 1n, "a number": 1, text: "1", "an object": {}, "an array": [], bytes: new Uint8Array(4),
  "a function": () => {},
};

// create and value
const addresses = [
  0n, 0, 1n, 0x7fff12345678n, 2n ** 64n - 1n, -1n, 2n ** 64n, 2n ** 64n + 5n, 4096, -1, 1.5, NaN, Infinity,
  "1", true, {},
  null, undefined,
];
for (const address of addresses as any[]) {
  await test(`create of ${show(address)}`, () => Pointer.value(Pointer.create(address)));
}
await test("create of 0 is null", () => Pointer.create(0n));
await test("value of null", () => Pointer.value(null));
for (const [name, bad] of Object.entries(others)) {
  await test(`value of ${name}`, () => Pointer.value(bad));
  await test(`equals of ${name}`, () => Pointer.equals(bad, null));
  await test(`equals with ${name}`, () => Pointer.equals(null, bad));
  await test(`offset of ${name}`, () => Pointer.offset(bad, 1));
}

// Pointers are objects without anything.
const five = Pointer.create(5n)!;
await test("a pointer", () => [typeof five, Object.getPrototypeOf(five), Reflect.ownKeys(five)]);
await test("a pointer is extensible", () => Object.isExtensible(five));
await test("a pointer is a key", () => new WeakMap<object, number>([[five, 1]]).get(five));
await test("a pointer of the same address", () => five === Pointer.create(5n));

// equals
const pairs: [Deno.PointerValue, Deno.PointerValue][] = [
  [five, five], [five, Pointer.create(5n)], [five, Pointer.create(6n)], [five, null], [null, five], [null, null],
];
await test("equals", () => pairs.map(([a, b]) => Pointer.equals(a, b)));

// offset
for (const offset of [0, 3, -3, -5, -6, 1.9, NaN, 2 ** 40, 3n, "1", null, undefined] as any[]) {
  await test(`offset by ${show(offset)}`, () => Pointer.offset(five, offset));
}
await test("offset of null", () => Pointer.offset(null as any, 1));

// of
const ascending = [1, 2, 3, 4, 5, 6, 7, 8];
const bytes = Uint8Array.of(...ascending, 0xff, 0xfe, 0x80, 0, 0, 0, 0xc0, 0x7f, 0x68, 0x69, 0xff, 0x68, 0, 9);
const start = Pointer.of(bytes)!;
const at = (value: any) => Pointer.value(Pointer.of(value)) - Pointer.value(start);
const views = {
  array: bytes, buffer: bytes.buffer, part: bytes.subarray(7), view: new DataView(bytes.buffer, 5),
  words: new Uint16Array(bytes.buffer, 4, 2),
};
for (const [name, view] of Object.entries(views)) await test(`of ${name}`, () => at(view));
const shared = new SharedArrayBuffer(8);
new Uint8Array(shared)[3] = 33;
await test("of a shared buffer", () => new View(Pointer.of(shared)!).getUint8(3));
await test("of a view of a shared buffer", () => new View(Pointer.of(new Uint8Array(shared, 3))!).getUint8());
await test("of an empty buffer", () => Pointer.of(new Uint8Array(0)) === null);
for (const [name, bad] of Object.entries(others)) if (name !== "bytes") await test(`of ${name}`, () => Pointer.of(bad));
const gone = new ArrayBuffer(8);
gone.transfer();
await test("of a detached buffer", () => Pointer.of(gone));

// Of a callback.
const nothing = { parameters: [], result: "void" } as const;
const callback = new Callback(nothing, () => {});
await test("of a callback", () => Pointer.of(callback) === callback.pointer);
await test("value of a callback", () => Pointer.value(callback as any) === Pointer.value(callback.pointer));
class Derived extends Callback<typeof nothing> {}
const derived = new Derived(nothing, () => {});
await test("value of a derived callback", () => Pointer.value(derived as any) === Pointer.value(derived.pointer));
await test("equals of a callback", () => Pointer.equals(callback as any, callback.pointer));
await test("offset of a callback", () => Pointer.offset(callback as any, 0));
await test("view of a callback", () => new View(callback as any).getUint8());
callback.close();
derived.close();

// Views: each getter, also where its type is not aligned.
const view = new View(start);
await test("the pointer of a view", () => view.pointer === start);
const offsets: Record<string, any[]> = {
  getBool: [undefined, 11, 3], getInt8: [undefined, 0, 8, 9, 10], getUint8: [undefined, 8, 9, 10, 1.9, 1n, NaN],
  getInt16: [undefined, 1, 8, 9], getUint16: [undefined, 1, 8, 9], getInt32: [undefined, 3, 7],
  getUint32: [undefined, 3, 7], getBigInt64: [undefined, 1, 3], getBigUint64: [undefined, 1, 3],
  getFloat32: [undefined, 11], getFloat64: [undefined, 3], getPointer: [undefined, 3],
};
for (const [name, all] of Object.entries(offsets)) {
  for (const offset of all) await test(`${name}(${show(offset)})`, () => (view as any)[name](offset));
  await test(`${name} of null`, () => (new View(null as any) as any)[name]());
  await test(`${name} of an object`, () => (new View({} as any) as any)[name]());
}
await test("getUint8 before the pointer", () => new View(Pointer.offset(start, 4)!).getUint8(-1));
await test("getBool of 2", () => new View(Pointer.of(Uint8Array.of(2))!).getBool());
await test("getPointer of 0", () => new View(Pointer.of(new Uint8Array(8))!).getPointer());
for (const bad of [null, "1", {}, true] as any[]) await test(`getUint8(${show(bad)})`, () => view.getUint8(bad));

// Text. What is not UTF-8 becomes U+FFFD.
const text = (...codes: number[]) => View.getCString(Pointer.of(Uint8Array.of(...codes, 0, 0x78))!);
await test("text", () => [text(), text(0x68, 0x69), text(0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80)]);
await test("text that is not UTF-8", () => {
  const wrong = [[0x68, 0xff, 0x69], [0xc3], [0xe2, 0x82, 0x41], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80]];
  return wrong.map((codes) => text(...codes));
});
await test("text with a byte order mark", () => text(0xef, 0xbb, 0xbf, 0x41).length);
await test("text in a view", () => [16, 19, 20].map((offset) => view.getCString(offset)));
await test("text behind a pointer", () => View.getCString(start, 16));
await test("text of null", () => View.getCString(null as any));
await test("text of an object", () => View.getCString({} as any));

// Buffers over the memory.
await test("a buffer over memory", () => {
  const alias = view.getArrayBuffer(4, 1);
  new Uint8Array(alias)[0] = 77;
  bytes[2] = 88;
  return [alias, bytes[1]];
});
await test("a buffer of nothing", () => View.getArrayBuffer(start, 0));
for (const length of [-1, NaN, "4", undefined, null, {}] as any[]) {
  await test(`a buffer of ${show(length)} bytes`, () => view.getArrayBuffer(length));
}
await test("a buffer over null", () => View.getArrayBuffer(null as any, 1));
await test("a buffer of null bytes over null", () => View.getArrayBuffer(null as any, 0));
await test("a buffer over a bigint", () => View.getArrayBuffer(1n as any, 1));

// Copies.
await test("copied", () => {
  const [copied, words, data] = [new Uint8Array(3), new Uint16Array(3), new DataView(new ArrayBuffer(4), 1, 2)];
  const given = view.copyInto(copied, 1);
  view.copyInto(words.subarray(1), 3);
  View.copyInto(start, data, 5);
  return [given, copied, words, data.buffer];
});
await test("copied into a buffer", () => {
  const whole = new ArrayBuffer(2);
  view.copyInto(whole, 6);
  return whole;
});
await test("copied into shared memory", () => {
  const whole = new Uint8Array(new SharedArrayBuffer(2));
  view.copyInto(whole, 6);
  return whole;
});
await test("copied into a growing buffer", () => {
  const growing = new ArrayBuffer(2, { maxByteLength: 8 });
  const tracking = new Uint8Array(growing);
  growing.resize(4);
  view.copyInto(tracking, 3);
  growing.resize(1);
  view.copyInto(tracking, 7);
  return tracking;
});
await test("copied into nothing", () => view.copyInto(new Uint8Array(0)));
for (const [name, bad] of Object.entries(others)) {
  if (name !== "bytes") await test(`copied into ${name}`, () => view.copyInto(bad));
}
await test("copied from null", () => View.copyInto(null as any, new Uint8Array(1)));
await test("copied from undefined", () => View.copyInto(undefined as any, new Uint8Array(1)));

// A variable's text.
const { text_static } = Deno.dlopen(library, { text_static: { type: "pointer" } }).symbols;
await test("text of C", () => View.getCString(text_static!));
