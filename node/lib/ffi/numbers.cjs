"use strict";
// Numbers in memory: `getInt8` to `setFloat64`.

const { requireMemory } = require("../permissions.cjs");
const { checkSpan, checkedAddress, checkedSize } = require("./address.cjs");
const { invalidPointer, invalidValue, shown } = require("./errors.cjs");
const { move } = require("./move.cjs");

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

module.exports = accessors;
