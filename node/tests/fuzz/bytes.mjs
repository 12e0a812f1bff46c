// Bytes in each form that script has for them, and forms that have lost their bytes.
//
// `contents` are copied without asking for an array's `buffer`. That would move the bytes of a small array out of V8's
// heap.

import { isNotTold } from "./untold.mjs";

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

const wide = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float64Array,
];
class Subclass extends Uint8Array {}

function filled(random, buffer) {
  const whole = new Uint8Array(buffer);
  whole.set(random.bytes(whole.length));
  return buffer;
}

// A buffer of at least 8 bytes more, whose size has changed or not.
function growing(random, Type, grow, size) {
  const buffer = new Type(size + 8, { maxByteLength: size + 64 });
  if (random.once(2)) buffer[grow](size + 16);
  return filled(random, buffer);
}
const resizableBuffer = (random, size) => growing(random, ArrayBuffer, "resize", size);
const growableBuffer = (random, size) => growing(random, SharedArrayBuffer, "grow", size);

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
  "a DataView": (random, size) => new DataView(filled(random, new ArrayBuffer(size + 7)), 3),
  "a bounded DataView": (random, size) => new DataView(filled(random, new ArrayBuffer(size + 9)), 3, size),
  "an ArrayBuffer": (random, size) => filled(random, new ArrayBuffer(size)),
  "a transferred ArrayBuffer": (random, size) => filled(random, new ArrayBuffer(size)).transfer(),
  "a SharedArrayBuffer": (random, size) => filled(random, new SharedArrayBuffer(size)),
  "a shared array": (random, size) => fill(new Uint8Array(new SharedArrayBuffer(size)), random),
  "a shared DataView": (random, size) => new DataView(filled(random, new SharedArrayBuffer(size + 1)), 1),
  "memory of WebAssembly": (random, size) =>
    new Uint8Array(filled(random, new WebAssembly.Memory({ initial: 1 }).buffer), 77, size),
  "an array that tracks a length": (random, size) => new Uint8Array(resizableBuffer(random, size), 5),
  "a fixed array in a resizable buffer": (random, size) => new Uint8Array(resizableBuffer(random, size), 5, size),
  "wide elements in a resizable buffer": (random, size) => new Int16Array(resizableBuffer(random, size + 2), 2),
  "a DataView that tracks a length": (random, size) => new DataView(resizableBuffer(random, size), 5),
  "a resizable ArrayBuffer": resizableBuffer,
  "a growing shared array": (random, size) => new Uint8Array(growableBuffer(random, size), 5),
  "a growing SharedArrayBuffer": growableBuffer,
};

for (const form of isNotTold) delete forms[form];

const bufferOf = (value) => (ArrayBuffer.isView(value) ? value.buffer : value);
const shrinks = new Set(Object.keys(forms).filter((form) => /tracks|resizable/.test(form)));

function made(form, value) {
  return {
    kind: "a buffer",
    value,
    contents: bytesOf(value),
    resizable: shrinks.has(form),
    shows: `${form} of ${value.byteLength}`,
  };
}

// Returns bytes in a random form, at least `size`.
export function bytes(random, size) {
  const form = random.pick(Object.keys(forms));
  return made(form, forms[form](random, size));
}

const gone = (form, value, resizable = false) => ({
  kind: "a detached buffer",
  value,
  resizable,
  shows: `${form} without its bytes`,
});

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
