// Values for arguments, with what a model has to know about them.
//
// A given value is { value, kind, contents, resizable, shows }: `kind` is the name that messages have for it. `contents`
// are the bytes that C finds there. They were copied when the value was made: reading them from a small typed array by
// its `buffer` would move its bytes out of V8's heap.

import { isNotTold } from "./untold.mjs";

export const plain = (kind, value, shows = String(value)) => ({ kind, value, shows });

const isTypedArray = (value) => ArrayBuffer.isView(value) && !(value instanceof DataView);

// The class of an array, or that above its subclass.
const typeOf = (array) => globalThis[array[Symbol.toStringTag]];

// Copies an array without asking for its buffer.
function copyOf(array) {
  const Type = typeOf(array);
  const copy = new Type(array.length);
  copy.set(array);
  return copy;
}

// Returns a copy of the bytes of a buffer or view.
export function bytesOf(value) {
  if (isTypedArray(value)) return new Uint8Array(copyOf(value).buffer);
  const [buffer, offset] = value instanceof DataView ? [value.buffer, value.byteOffset] : [value, 0];
  return copyOf(new Uint8Array(buffer, offset, value.byteLength));
}

// Writes bytes to a typed array without asking for its buffer.
function fill(array, random) {
  const Type = typeOf(array);
  array.set(new Type(random.bytes(array.byteLength).buffer));
  return array;
}

const wide = [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array, Float64Array];
class Subclass extends Uint8Array {}

const inBuffer = (random, buffer, offset, length) => {
  const whole = new Uint8Array(buffer);
  whole.set(random.bytes(whole.length));
  return [buffer, offset, length];
};

// A `mode` that tracks the length does not give one.
const resizable = (Buffer, grow) => (random, size) => {
  const buffer = new Buffer(size + 8, { maxByteLength: size + 64 });
  if (random.once(2)) buffer[grow](size + 16);
  inBuffer(random, buffer);
  return buffer;
};
const resizableBuffer = resizable(ArrayBuffer, "resize");
const growableBuffer = resizable(SharedArrayBuffer, "grow");

// Ways to have at least `size` bytes.
const forms = {
  "a small array": (random, size) => fill(new Uint8Array(size), random),
  "a large array": (random, size) => fill(new Uint8Array(size + 4096), random),
  "a part of an array": (random, size) => fill(new Uint8Array(size + 40), random).subarray(random.below(20)),
  "a part of a large array": (random, size) => fill(new Uint8Array(size + 9000), random).subarray(5000),
  "wide elements": (random, size) => {
    const Type = random.pick(wide);
    return fill(new Type(Math.ceil(size / Type.BYTES_PER_ELEMENT)), random);
  },
  "a part of wide elements": (random, size) => {
    const Type = random.pick(wide);
    return fill(new Type(Math.ceil(size / Type.BYTES_PER_ELEMENT) + 3), random).subarray(2);
  },
  "a Buffer": (random, size) => fill(Buffer.alloc(size), random),
  "a Buffer of the pool": (random, size) => Buffer.from(random.bytes(size)),
  "a subclass": (random, size) => fill(new Subclass(size), random),
  "a DataView": (random, size) => new DataView(...inBuffer(random, new ArrayBuffer(size + 7), 3)),
  "a bounded DataView": (random, size) => new DataView(...inBuffer(random, new ArrayBuffer(size + 9), 3, size)),
  "an ArrayBuffer": (random, size) => inBuffer(random, new ArrayBuffer(size))[0],
  "a transferred ArrayBuffer": (random, size) => inBuffer(random, new ArrayBuffer(size))[0].transfer(),
  "a SharedArrayBuffer": (random, size) => inBuffer(random, new SharedArrayBuffer(size))[0],
  "a shared array": (random, size) => fill(new Uint8Array(new SharedArrayBuffer(size)), random),
  "a shared DataView": (random, size) => new DataView(...inBuffer(random, new SharedArrayBuffer(size + 1), 1)),
  "memory of WebAssembly": (random, size) => fill(new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 77, size), random),
  "an array that tracks a length": (random, size) => new Uint8Array(resizableBuffer(random, size), 5),
  "a fixed array in a resizable buffer": (random, size) => new Uint8Array(resizableBuffer(random, size), 5, size),
  "wide elements in a resizable buffer": (random, size) => new Int16Array(resizableBuffer(random, size + 2), 2),
  "a DataView that tracks a length": (random, size) => new DataView(resizableBuffer(random, size), 5),
  "a resizable ArrayBuffer": (random, size) => resizableBuffer(random, size),
  "a growing shared array": (random, size) => new Uint8Array(growableBuffer(random, size), 5),
  "a growing SharedArrayBuffer": (random, size) => growableBuffer(random, size),
};

for (const form of isNotTold) delete forms[form];

const bufferOf = (value) => (ArrayBuffer.isView(value) ? value.buffer : value);
const shrinks = new Set(Object.keys(forms).filter((form) => /tracks|resizable/.test(form)));

function made(form, value) {
  return { kind: "a buffer", value, contents: bytesOf(value), resizable: shrinks.has(form), shows: `${form} of ${value.byteLength}` };
}

// Returns bytes in a random form, at least `size`.
export function bytes(random, size) {
  const form = random.pick(Object.keys(forms));
  return made(form, forms[form](random, size));
}

// Returns bytes that script cannot take away.
export function steady(random, size) {
  for (;;) {
    const given = bytes(random, size);
    if (!given.resizable) return given;
  }
}

// A plain array of the size: the usual argument.
export const usual = (random, size) => made("a small array", forms["a small array"](random, size));

const gone = (form, value, resizable = false) => ({ kind: "a detached buffer", value, resizable, shows: `${form} without its bytes` });

const detach = (value) => {
  structuredClone(null, { transfer: [bufferOf(value)] });
  return value;
};
const shrink = (random, make) => {
  const buffer = new ArrayBuffer(96, { maxByteLength: 128 });
  const value = make(buffer);
  buffer.resize(random.below(8));
  return value;
};

const lost = {
  "a detached array": () => detach(new Uint8Array(64)),
  "a detached large array": () => detach(new Uint8Array(5000)),
  "a detached DataView": () => detach(new DataView(new ArrayBuffer(64))),
  "a detached ArrayBuffer": () => detach(new ArrayBuffer(64)),
  "an array outside": (random) => shrink(random, (buffer) => new Uint8Array(buffer, 16)),
  "a fixed array outside": (random) => shrink(random, (buffer) => new Float64Array(buffer, 16, 8)),
  "a DataView outside": (random) => shrink(random, (buffer) => new DataView(buffer, 16)),
  "a fixed DataView outside": (random) => shrink(random, (buffer) => new DataView(buffer, 16, 64)),
};

for (const form of isNotTold) delete lost[form];

// Bytes that are not there any more.
export function withoutBytes(random) {
  const form = random.pick(Object.keys(lost));
  return gone(form, lost[form](random), / outside$/.test(form));
}

const empty = {
  "an empty array": () => new Uint8Array(0),
  "an empty part": () => new Uint8Array(20).subarray(7, 7),
  "an empty ArrayBuffer": () => new ArrayBuffer(0),
  "an empty DataView": () => new DataView(new ArrayBuffer(9), 9),
  "an empty Buffer": () => Buffer.alloc(0),
};

export function withoutLength(random) {
  const form = random.pick(Object.keys(empty));
  return made(form, empty[form]());
}

const characters = ["a", "Z", "~", "\u0001", "é", "ÿ", "ß", "€", "世", "😀", "\ud800", "\udc00", "\uffff"];

// Strings in each of V8's forms: of one and of two bytes, parts, concatenations, and literals.
export function text(random) {
  const narrow = random.once(2);
  const few = narrow ? characters.slice(0, 4) : characters;
  const piece = () => Array.from({ length: random.below(9) }, () => random.pick(few)).join("");
  const forms = [
    () => "literal",
    piece,
    () => piece() + piece().repeat(3),
    () => (piece() + "0123456789abcdefghij" + piece()).slice(2, -1),
    () => piece().repeat(random.below(4)),
    () => String(random.bits()),
    () => `${piece()}${random.bits()}${piece()}`,
    () => "x".repeat(random.below(5) * 900) + piece(),
  ];
  const value = random.pick(forms)();
  return plain("a string", value, JSON.stringify(value.slice(0, 80)));
}

const with_ = (kind, values) => values.map((value) => () => plain(kind, value, value === null ? "null" : typeof value === "object" ? "object" : String(value)));

const numbers = [0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32769, 65535, 65536, 2 ** 30, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1,
  2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 63, -(2 ** 63), 2 ** 63 - 1024, 2 ** 64, 2 ** 64 - 2048, 1.5, -0.5, 1e-7, 5e-324, 2 ** 52 + 0.5, 1e21,
  1e22, 1e300, Infinity, -Infinity, Number.MAX_VALUE, 3.5e38];
const bigInts = [0n, 1n, -1n, 5n, 2n ** 31n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n, 2n ** 64n + 5n, -(2n ** 64n) - 5n,
  -(2n ** 100n) - 7n, 3n ** 200n];

// A number of given bits: each bit pattern of NaN, too.
function double(random) {
  const bits = new BigUint64Array(1);
  bits[0] = random.once(4) ? 0x7ff0_0000_0000_0001n | (random.wide() & 0x800f_ffff_ffff_ffffn) : random.wide();
  return new Float64Array(bits.buffer)[0];
}

const numberGiven = (value) => plain("a number", value, Object.is(value, -0) ? "-0" : String(value));
export const number = (random) => numberGiven(random.once(8) ? -0 : random.once(4) ? double(random) : random.pick(numbers));
export const bigInt = (random) => plain("a BigInt", random.once(2) ? random.pick(bigInts) : BigInt.asIntN(64, random.wide()), undefined);
export const wholeNumber = (value) => numberGiven(value);
export const anyDouble = (random) => numberGiven(double(random));

const others = [
  ...with_("undefined", [undefined]),
  ...with_("null", [null]),
  ...with_("a boolean", [true, false]),
  ...with_("a symbol", [Symbol("s"), Symbol.iterator]),
  () => plain("a function", () => 1, "a function"),
  () => plain("a function", class {}, "a class"),
  () => plain("a function", new Proxy(function () {}, {}), "a proxy of a function"),
  () => plain("an object", {}, "{}"),
  () => plain("an object", [1], "[1]"),
  () => plain("an object", { valueOf: () => { throw new Error("valueOf was called"); }, length: 64, byteLength: 64 }, "an object with valueOf"),
  () => plain("an object", new Proxy(new Uint8Array(64), {}), "a proxy of an array"),
  () => plain("an object", Object.create(Uint8Array.prototype), "an object with an array's prototype"),
  () => plain("an object", new Date(0), "a Date"),
  () => plain("an object", Object(1), "Object(1)"),
  () => plain("an object", Object(1n), "Object(1n)"),
  () => plain("an object", Object("s"), 'Object("s")'),
  () => plain("an object", Object(false), "Object(false)"),
  () => plain("an object", Object.setPrototypeOf({}, null), "an object without a prototype"),
  () => plain("an object", globalThis, "globalThis"),
  () => plain("a string", "", '""'),
  () => plain("a string", "a\0b", '"a\\0b"'),
  () => plain("a string", "é\0" + "b".repeat(20), '"é\\0bbb…"'),
];

// A value of any kind.
export function anything(random, pointer) {
  const kinds = [number, bigInt, text, withoutBytes, withoutLength, () => pointer(random), (random) => bytes(random, random.below(80)),
    () => random.pick(others)(), () => random.pick(others)(), () => random.pick(others)()];
  return random.pick(kinds)(random);
}
