"use strict";
// Memory behind addresses: numbers, strings and bytes.

const { Buffer } = require("node:buffer");

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { checkSpan, checkedAddress, checkedSize } = require("./address.cjs");
const { isAnyArrayBuffer, isArrayBuffer, isDetached, isDetachedView, isView, sizeOf } = require("./bytes.cjs");
const { coded, invalidPointer, invalidType, invalidValue, outOfRange, received, shown } = require("./errors.cjs");

// C's memmove, in both directions between bytes of script and an address.
const move = (() => {
  let functions;
  const direction = (parameters) => {
    const library = binding.open(process.platform === "win32" ? "ucrtbase.dll" : null, {});
    const declarations = binding.declarations(JSON.stringify({ memmove: { parameters, result: "void" } }), "json");
    return binding.functions(library, declarations, {}).memmove;
  };
  return () => (functions ??= { load: direction(["buffer", "u64", "usize"]), store: direction(["u64", "buffer", "usize"]) });
})();

// One number on its way to or from memory.
const scratch = new ArrayBuffer(8);

const integer = (Array, label, least, most) => ({
  Array,
  check(value) {
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
      throw invalidValue(`Value must be ${label} (${shown(value)})`);
    }
    return value;
  },
});
const big = (Array, label, conversion, least) => ({
  Array,
  check(value) {
    if (typeof value !== "bigint" && typeof value !== "number") {
      throw invalidValue(`Value must be a bigint or a number (${shown(value)})`);
    }
    const fits = typeof value === "bigint" ? conversion(64, value) === value : Number.isSafeInteger(value) && value >= least;
    if (!fits) throw invalidValue(`Value must be ${label} (${shown(value)})`);
    return BigInt(value);
  },
});
const float = (Array, label) => ({
  Array,
  check(value) {
    if (typeof value !== "number") throw invalidValue(`Value must be ${label} (${shown(value)})`);
    return value;
  },
});

const numbers = {
  Int8: integer(Int8Array, "an int8", -128, 127),
  Uint8: integer(Uint8Array, "a uint8", 0, 255),
  Int16: integer(Int16Array, "an int16", -32768, 32767),
  Uint16: integer(Uint16Array, "a uint16", 0, 65535),
  Int32: integer(Int32Array, "an int32", -2147483648, 2147483647),
  Uint32: integer(Uint32Array, "a uint32", 0, 4294967295),
  Int64: big(BigInt64Array, "an int64", BigInt.asIntN, -Infinity),
  Uint64: big(BigUint64Array, "a uint64", BigInt.asUintN, 0),
  Float32: float(Float32Array, "a float"),
  Float64: float(Float64Array, "a double"),
};

function checkedBase(pointer) {
  requireMemory();
  checkedAddress(pointer, "pointer");
  if (pointer === 0n) throw invalidPointer("Cannot dereference a null pointer");
}

// The last address for a number of `size` bytes.
const lastFor = (size) => (1n << 64n) - BigInt(size);

// Additions of BigInts take longer than all else here.
function checkedPlace(pointer, offset, last) {
  const place = offset === 0 ? pointer : pointer + BigInt(checkedSize(offset, "offset"));
  if (place > last) {
    checkSpan(place, 0, 1, "The pointer and offset exceed the platform address range");
    throw invalidValue("The accessed range exceeds the platform address range");
  }
  return place;
}

function getter({ Array }) {
  const cell = new Array(scratch, 0, 1);
  const size = cell.byteLength;
  const last = lastFor(size);
  return function get(pointer, offset = 0) {
    checkedBase(pointer);
    move().load(cell, checkedPlace(pointer, offset, last), size);
    return cell[0];
  };
}

function setter({ Array, check }) {
  const cell = new Array(scratch, 0, 1);
  const size = cell.byteLength;
  const last = lastFor(size);
  return function set(pointer, offset, value) {
    checkedBase(pointer);
    if (offset === undefined) throw invalidValue("Expected an offset argument");
    const place = checkedPlace(pointer, offset, last);
    if (value === undefined) throw invalidValue("Expected a value argument");
    cell[0] = check(value);
    move().store(place, cell, size);
  };
}

const accessors = {};
for (const [name, number] of Object.entries(numbers)) {
  for (const [prefix, make] of Object.entries({ get: getter, set: setter })) {
    accessors[`${prefix}${name}`] = Object.defineProperty(make(number), "name", { value: `${prefix}${name}` });
  }
}

function toString(pointer) {
  requireMemory();
  checkedAddress(pointer, "first argument");
  return pointer === 0n ? null : binding.string(binding.pointer(pointer), 0, -1, "utf8");
}

function allocated(length) {
  try {
    return new ArrayBuffer(length);
  } catch {
    throw coded(RangeError, "ERR_MEMORY_ALLOCATION_FAILED", `Failed to allocate memory: ${length} bytes`);
  }
}

// `what` is what is made, for messages.
function bytesAt(pointer, length, copy, what) {
  requireMemory();
  checkedAddress(pointer, "first argument");
  checkedSize(length, "length");
  if (typeof copy !== "boolean") throw invalidType("The copy argument must be a boolean");
  if (pointer === 0n && length > 0) throw invalidPointer(`Cannot create ${what} from a null pointer`);
  checkSpan(pointer, 0, length, "The pointer and length exceed the platform address range");
  if (length === 0) return new ArrayBuffer(0);
  if (!copy) return binding.arrayBuffer(binding.pointer(pointer), length);
  const bytes = allocated(length);
  move().load(bytes, pointer, length);
  return bytes;
}

const toBuffer = (pointer, length, copy = true) => Buffer.from(bytesAt(pointer, length, copy, "a buffer"));
const toArrayBuffer = (pointer, length, copy = true) => bytesAt(pointer, length, copy, "an ArrayBuffer");

function checkedText(value, name) {
  if (typeof value !== "string") throw invalidType(`The "${name}" argument must be of type string. ${received(value)}`);
}

function checkedRoom(length, least) {
  if (typeof length !== "number") throw invalidType(`The "len" argument must be of type number. ${received(length)}`);
  const refuse = (must) => outOfRange(`The value of "len" is out of range. It must be ${must}. Received ${length}`);
  if (!Number.isInteger(length)) throw refuse("an integer");
  if (!Number.isSafeInteger(length) || length < 0) throw refuse(`>= 0 && <= ${Number.MAX_SAFE_INTEGER}`);
  if (length < least) throw refuse(`>= ${least}`);
}

// Copies bytes to memory of `length` bytes.
function store(bytes, pointer, length) {
  requireMemory();
  if (isView(bytes) ? isDetachedView(bytes) : isDetached(bytes)) throw invalidValue("ArrayBuffer is detached");
  const size = sizeOf(bytes);
  checkedRoom(length, size);
  checkedAddress(pointer, "pointer");
  if (pointer === 0n && size > 0) throw invalidPointer("Cannot create a buffer from a null pointer");
  checkSpan(pointer, 0, length, "The pointer and length exceed the platform address range");
  if (size > 0) move().store(pointer, bytes, size);
}

const WIDE = ["ucs2", "ucs-2", "utf16le", "utf-16le"];

function exportString(string, pointer, length, encoding = "utf8") {
  checkedText(string, "string");
  checkedText(encoding, "encoding");
  const end = Buffer.alloc(WIDE.includes(encoding.toLowerCase()) ? 2 : 1);
  store(Buffer.concat([Buffer.from(string, encoding), end]), pointer, length);
}

const exporter = (name, expected, accepts) => (source, pointer, length) => {
  if (!accepts(source)) throw invalidType(`The "${name}" argument must be an instance of ${expected}. ${received(source)}`);
  store(source, pointer, length);
};

const exportBuffer = exporter("buffer", "Buffer", Buffer.isBuffer);
const exportArrayBuffer = exporter("arrayBuffer", "ArrayBuffer", isArrayBuffer);
const exportArrayBufferView = exporter("arrayBufferView", "ArrayBufferView", isView);

function getRawPointer(source) {
  requireMemory();
  if (!isView(source) && !isAnyArrayBuffer(source)) {
    throw invalidType(
      `The first argument must be a Buffer, ArrayBuffer, SharedArrayBuffer, or ArrayBufferView. ${received(source)}`,
    );
  }
  if (isView(source) && isDetachedView(source)) throw invalidValue("ArrayBufferView is backed by a detached ArrayBuffer");
  if (isDetached(source)) throw invalidValue("ArrayBuffer is detached");
  return binding.address(binding.pointerOf(source));
}

function getCurrentEventLoop() {
  requireMemory();
  return binding.address(binding.eventLoop());
}

module.exports = {
  ...accessors,
  exportArrayBuffer,
  exportArrayBufferView,
  exportBuffer,
  exportString,
  getCurrentEventLoop,
  getRawPointer,
  toArrayBuffer,
  toBuffer,
  toString,
};
