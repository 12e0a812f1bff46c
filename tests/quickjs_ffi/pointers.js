// UnsafePointer and UnsafePointerView.
import { equal, litter, open, throws } from "./check.js";

const { UnsafePointer: Pointer, UnsafePointerView: View, UnsafeCallback: Callback } = Deno;
const NOT_A_POINTER = "Invalid FFI pointer type, expected null, or External";

// create and value
equal(Pointer.create(0n), null);
equal(Pointer.create(0), null);
equal(Pointer.value(Pointer.create(1n)), 1n);
equal(Pointer.value(Pointer.create(0x7fff12345678n)), 0x7fff12345678n);
equal(Pointer.value(Pointer.create(2n ** 64n - 1n)), 2n ** 64n - 1n);
equal(Pointer.value(Pointer.create(-1n)), 2n ** 64n - 1n);
equal(Pointer.create(2n ** 64n), null);
equal(Pointer.value(Pointer.create(2n ** 64n + 5n)), 5n);
equal(Pointer.value(Pointer.create(4096)), 4096n);
equal(Pointer.value(Pointer.create(-1)), 2n ** 64n - 1n);
for (const bad of [undefined, null, "1", 1.5, NaN, Infinity, true, {}, Symbol("1")]) {
  throws(() => Pointer.create(bad), "TypeError", "Invalid address, expected a bigint");
}
equal(Pointer.value(null), 0n);
for (const bad of [undefined, 1n, 1, "1", {}, [], new Uint8Array(4), () => {}]) {
  throws(() => Pointer.value(bad), "TypeError", NOT_A_POINTER);
  throws(() => Pointer.equals(bad, null), "TypeError", NOT_A_POINTER);
  throws(() => Pointer.equals(null, bad), "TypeError", NOT_A_POINTER);
  throws(() => Pointer.offset(bad, 1), "TypeError", NOT_A_POINTER);
}
const five = Pointer.create(5n);
equal(typeof five, "object");
equal(Object.getPrototypeOf(five), null);
equal(Reflect.ownKeys(five), []);

// equals
equal(Pointer.equals(five, five), true);
equal(Pointer.equals(five, Pointer.create(5n)), true);
equal(five === Pointer.create(5n), false);
equal(Pointer.equals(five, Pointer.create(6n)), false);
equal(Pointer.equals(five, null), false);
equal(Pointer.equals(null, five), false);
equal(Pointer.equals(null, null), true);

// offset
equal(Pointer.value(Pointer.offset(five, 3)), 8n);
equal(Pointer.value(Pointer.offset(five, -3)), 2n);
equal(Pointer.value(Pointer.offset(five, 0)), 5n);
equal(Pointer.value(Pointer.offset(five, 3n)), 8n);
equal(Pointer.value(Pointer.offset(five, 1.9)), 6n);
equal(Pointer.value(Pointer.offset(five, NaN)), 5n);
equal(Pointer.offset(five, -5), null);
equal(Pointer.value(Pointer.offset(five, -6)), 2n ** 64n - 1n);
equal(Pointer.value(Pointer.offset(five, 2 ** 40)), 2n ** 40n + 5n);
throws(() => Pointer.offset(null, 1), "TypeError", "Invalid pointer to offset, pointer is null");
throws(() => Pointer.offset(five), "TypeError", "Expected a number of bytes, not undefined");
throws(() => Pointer.offset(five, "1"), "TypeError", "Expected a number of bytes, not string");

// of
const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xfe, 0x80, 0, 0, 0, 0xc0, 0x7f, 0x68, 0x69, 0xff, 0x68, 0, 9);
const start = Pointer.of(bytes);
const at = (value) => Pointer.value(Pointer.of(value)) - Pointer.value(start);
equal(at(bytes), 0n);
equal(at(bytes.buffer), 0n);
equal(at(bytes.subarray(7)), 7n);
equal(at(new DataView(bytes.buffer, 5)), 5n);
equal(at(new Uint16Array(bytes.buffer, 4, 2)), 4n);
const shared = new SharedArrayBuffer(8);
new Uint8Array(shared)[3] = 33;
equal(new View(Pointer.of(shared)).getUint8(3), 33);
equal(new View(Pointer.of(new Uint8Array(shared, 3))).getUint8(), 33);
equal(Pointer.of(new Uint8Array(0)) === null, false);
const callback = new Callback({ parameters: [], result: "void" }, () => {});
equal(Pointer.equals(Pointer.of(callback), callback.pointer), true);
callback.close();
for (const bad of [undefined, null, 1, "x", {}, [], five, () => {}]) {
  throws(
    () => Pointer.of(bad), "TypeError",
    "Cannot access pointer: expected 'ArrayBuffer', 'SharedArrayBuffer', 'ArrayBufferView' or 'UnsafeCallback', " +
      `received ${typeof bad}`,
  );
}
const gone = new ArrayBuffer(8);
gone.transfer();
throws(() => Pointer.of(gone), "TypeError", /detached/);

// The buffer lives as long as a pointer into it, or a buffer over its memory.
const pointers = [];
for (let i = 0; i < 100; i++) pointers.push(Pointer.offset(Pointer.of(new Uint8Array(64).fill(i)), 8));
const aliases = pointers.map((pointer) => new Uint8Array(View.getArrayBuffer(pointer, 56)));
litter();
for (let i = 0; i < 100; i++) equal(new View(pointers[i]).getBigUint64(), BigInt(i) * 0x0101010101010101n);
pointers.length = 0;
litter();
for (let i = 0; i < 100; i++) equal(aliases[i][55], i);

// Views: each getter, also where its type is not aligned.
const view = new View(start);
equal(view.pointer, start);
const gets = {
  getBool: [[undefined, true], [11, false], [3, true]],
  getInt8: [[undefined, 1], [0, 1], [8, -1], [9, -2], [10, -128]],
  getUint8: [[undefined, 1], [8, 255], [9, 254], [10, 128]],
  getInt16: [[undefined, 0x0201], [1, 0x0302], [8, -257], [9, -32514]],
  getUint16: [[undefined, 0x0201], [1, 0x0302], [8, 0xfeff], [9, 0x80fe]],
  getInt32: [[undefined, 0x04030201], [3, 0x07060504], [7, -2130772216]],
  getUint32: [[undefined, 0x04030201], [3, 0x07060504], [7, 0x80feff08]],
  getBigInt64: [[undefined, 0x0807060504030201n], [1, -0xf7f8f9fafbfcfen], [3, -0x7f0100f7f8f9fafcn]],
  getBigUint64: [[undefined, 0x0807060504030201n], [1, 0xff08070605040302n], [3, 0x80feff0807060504n]],
  getFloat32: [[undefined, 1.539989614439558e-36], [11, -2]],
  getFloat64: [[undefined, 5.447603722011605e-270]],
};
for (const [name, cases] of Object.entries(gets)) {
  for (const [offset, expected] of cases) {
    equal(offset === undefined ? view[name]() : view[name](offset), expected, `${name}(${offset})`);
  }
  equal(view[name].name, name);
}
const float = new View(Pointer.of(new Uint8Array(new Float64Array([0.1, -2.5]).buffer)));
equal(float.getFloat64(), 0.1);
equal(float.getFloat64(8), -2.5);
const unaligned = new Uint8Array(17);
unaligned.set(new Uint8Array(new Float64Array([-2.5]).buffer), 5);
equal(new View(Pointer.of(unaligned)).getFloat64(5), -2.5);
unaligned.set(new Uint8Array(new Float32Array([0.1]).buffer), 3);
equal(new View(Pointer.of(unaligned)).getFloat32(3), 0.10000000149011612);
const holder = BigUint64Array.of(0n, 0x1234n);
const held = new View(Pointer.of(holder));
equal(held.getPointer(), null);
equal(held.getPointer(8), Pointer.create(0x1234n));
equal(held.getPointer(7), Pointer.create(0x123400n));
equal(new View(Pointer.of(Uint8Array.of(2))).getBool(), true, "whatever is not 0 is true");

// Offsets.
equal(new View(Pointer.offset(start, 4)).getUint8(-1), 4);
equal(view.getUint8(1.9), 2);
equal(view.getUint8(1n), 2);
equal(view.getUint8(NaN), 1);
for (const bad of [null, "1", {}, true]) {
  throws(() => view.getUint8(bad), "TypeError", `Expected a number of bytes, not ${typeof bad}`);
  throws(() => view.getCString(bad), "TypeError", `Expected a number of bytes, not ${typeof bad}`);
  throws(() => view.copyInto(new Uint8Array(1), bad), "TypeError", `Expected a number of bytes, not ${typeof bad}`);
}

// Text. What is no UTF-8 becomes U+FFFD, as the Encoding Standard has it.
const text = (...codes) => View.getCString(Pointer.of(Uint8Array.of(...codes, 0, 0x78)));
equal(text(), "");
equal(text(0x68, 0x69), "hi");
equal(text(0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80), "ä€😀");
equal(text(0x68, 0xff, 0x69), "h\ufffdi");
equal(text(0xc3), "\ufffd");
equal(text(0xe2, 0x82, 0x41), "\ufffdA");
equal(text(0xc0, 0xaf), "\ufffd\ufffd");
equal(text(0xed, 0xa0, 0x80), "\ufffd\ufffd\ufffd");
equal(text(0xf5, 0x80), "\ufffd\ufffd");
equal(text(0xef, 0xbb, 0xbf, 0x41), "\ufeffA");
equal(view.getCString(16), "hi\ufffdh");
equal(view.getCString(19), "h");
equal(view.getCString(20), "");
equal(View.getCString(start, 16), "hi\ufffdh");
equal(View.getCString(open({ it: { type: "pointer", name: "text_static" } }).it), "text");

// Buffers over the memory.
const alias = view.getArrayBuffer(4, 1);
equal(alias instanceof ArrayBuffer, true);
equal(alias, Uint8Array.of(2, 3, 4, 5).buffer);
new Uint8Array(alias)[0] = 77;
equal(bytes[1], 77);
bytes[2] = 88;
equal(new Uint8Array(alias)[1], 88);
equal(View.getArrayBuffer(start, 2, 1), Uint8Array.of(77, 88).buffer);
equal(View.getArrayBuffer(start, 0).byteLength, 0);
equal(view.getArrayBuffer(-1).byteLength, 0);
throws(() => view.getArrayBuffer(2 ** 50), "RangeError", /./);
throws(() => view.getArrayBuffer(), "TypeError", "Expected a number of bytes, not undefined");
throws(() => view.getArrayBuffer("4"), "TypeError", "Expected a number of bytes, not string");

// Copies.
const copied = new Uint8Array(3);
equal(view.copyInto(copied, 1), undefined);
equal(copied, Uint8Array.of(77, 88, 4));
View.copyInto(start, copied);
equal(copied, Uint8Array.of(1, 77, 88));
const words = new Uint16Array(3);
view.copyInto(words.subarray(1), 3);
equal(words, Uint16Array.of(0, 0x0504, 0x0706));
const data = new DataView(new ArrayBuffer(4), 1, 2);
view.copyInto(data, 5);
equal(data.buffer, Uint8Array.of(0, 6, 7, 0).buffer);
const whole = new ArrayBuffer(2);
view.copyInto(whole, 6);
equal(whole, Uint8Array.of(7, 8).buffer);
const onShared = new Uint8Array(new SharedArrayBuffer(2));
view.copyInto(onShared, 6);
equal(onShared, Uint8Array.of(7, 8));
view.copyInto(new Uint8Array(0));
const growing = new ArrayBuffer(2, { maxByteLength: 8 });
const tracking = new Uint8Array(growing);
const rest = new Uint8Array(growing, 1);
growing.resize(4);
view.copyInto(tracking, 3);
equal(tracking, Uint8Array.of(4, 5, 6, 7));
view.copyInto(rest, 4);
equal(tracking, Uint8Array.of(4, 5, 6, 7));
growing.resize(1);
view.copyInto(tracking, 7);
equal(tracking, Uint8Array.of(8));
for (const bad of [undefined, null, "x", {}, five]) {
  throws(() => view.copyInto(bad), "TypeError", "Invalid FFI destination, expected ArrayBuffer, or ArrayBufferView");
}

// Null pointers, and what is none.
const none = new View(null);
equal(none.pointer, null);
const names = { Bool: "bool", Int8: "i8", Uint8: "u8", Int16: "i16", Uint16: "u16", Int32: "i32", Uint32: "u32" };
Object.assign(names, { BigInt64: "i64", BigUint64: "u64", Float32: "f32", Float64: "f64", Pointer: "pointer" });
for (const [name, type] of Object.entries(names)) {
  throws(() => none[`get${name}`](), "TypeError", `Invalid ${type} pointer, pointer is null`);
  throws(() => none[`get${name}`](8), "TypeError", `Invalid ${type} pointer, pointer is null`);
  throws(() => new View({})[`get${name}`](), "TypeError", NOT_A_POINTER);
}
throws(() => none.getCString(), "TypeError", "Invalid CString pointer, pointer is null");
throws(() => none.getArrayBuffer(1), "TypeError", "Invalid ArrayBuffer pointer, pointer is null");
throws(() => none.copyInto(copied), "TypeError", "Invalid ArrayBuffer pointer, pointer is null");
throws(() => View.getCString(null), "TypeError", "Invalid CString pointer, pointer is null");
throws(() => View.getArrayBuffer(null, 1), "TypeError", "Invalid ArrayBuffer pointer, pointer is null");
throws(() => View.copyInto(null, copied), "TypeError", "Invalid ArrayBuffer pointer, pointer is null");
throws(() => View.getCString({}), "TypeError", NOT_A_POINTER);
throws(() => View.getArrayBuffer(1n, 1), "TypeError", NOT_A_POINTER);
throws(() => View.copyInto(undefined, copied), "TypeError", NOT_A_POINTER);


// A callback has an address, and only that. As in Deno.
{
  const callback = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {});
  const { pointer } = callback;
  equal(Deno.UnsafePointer.value(callback), Deno.UnsafePointer.value(pointer));
  equal(Deno.UnsafePointer.of(callback) === pointer, true);
  class Derived extends Deno.UnsafeCallback {}
  const derived = new Derived({ parameters: [], result: "void" }, () => {});
  equal(Deno.UnsafePointer.value(derived), Deno.UnsafePointer.value(derived.pointer));
  const wrong = /^Invalid FFI pointer type, expected null, or External/;
  for (const it of [new Deno.UnsafeFnPointer(pointer, { parameters: [], result: "void" }), new Deno.UnsafePointerView(pointer), { pointer }]) {
    throws(() => Deno.UnsafePointer.value(it), "TypeError", wrong);
  }
  throws(() => Deno.UnsafePointer.equals(callback, pointer), "TypeError", wrong);
  throws(() => Deno.UnsafePointer.offset(callback, 0), "TypeError", wrong);
  throws(() => new Deno.UnsafePointerView(callback).getUint8(), "TypeError", wrong);

  // Nothing can be added to a pointer.
  equal([Object.isExtensible(pointer), Object.isFrozen(pointer), Reflect.ownKeys(pointer).length], [false, true, 0]);
  throws(() => pointer.x = 1, "TypeError", /not extensible/);
  throws(() => Object.setPrototypeOf(pointer, {}), "TypeError", /not extensible/);
  equal(Reflect.defineProperty(pointer, "x", { value: 1 }), false);
  equal(new WeakMap([[pointer, 1]]).get(pointer), 1);
  callback.close();
  derived.close();
}

// An offset that leads to null.
{
  const some = Pointer.create(4096);
  throws(() => View.getArrayBuffer(some, 10, -4096), "TypeError", /null/);
  throws(() => new View(some).getUint8(-4096), "TypeError", /null/);
}
console.log("end");
