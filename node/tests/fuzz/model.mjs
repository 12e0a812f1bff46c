// The rules of calls, written down a second time, in JavaScript: what C gets for a value, or the reason why it is
// refused.

import { isAggregate, scalars } from "./types.mjs";
import { MOST_BYTES } from "./callees.mjs";

// A type as messages name it.
function shown(type) {
  if (type.element) return `${shown(type.element)}[${type.length}]`;
  if (!type.members) return type.name;
  return `${type.kind} {${type.members.map((member) => shown(member.type)).join(", ")}}`;
}

export const refusal = ({ key }, index, type, problem) =>
  `TypeError: cannot call "${key}": argument ${index + 1} (${shown(type)}): ${problem}`;

const expected = (what, { kind }) => ({ problem: `expected ${what}, not ${kind}` });

const scalar = (type, write) => {
  const bytes = new Uint8Array(type.size);
  write(new DataView(bytes.buffer));
  return { bytes };
};

const ofBits = (type, bits) =>
  scalar(type, (view) => {
    for (let index = 0; index < type.size; index++) view.setUint8(index, Number((bits >> BigInt(8 * index)) & 255n));
  });

function integer(type, given) {
  const { kind, value } = given;
  if (kind === "a BigInt" && type.size === 8) return ofBits(type, BigInt.asUintN(64, value));
  if (kind !== "a number") return expected(type.size === 8 ? "an integer or a BigInt" : "an integer", given);
  if (!Number.isInteger(value)) return { problem: `${value} is not an integer` };
  const whole = BigInt(value);
  const bits = 8 * type.size;
  const fits = (type.signed ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole)) === whole;
  return fits ? ofBits(type, BigInt.asUintN(bits, whole)) : { problem: `${value} is out of range` };
}

const memoryOf = (given, isWritable) => ({
  isAddress: true,
  address: given.address ?? null,
  behind: given.contents.slice(0, MOST_BYTES),
  isWritable,
});

function utf8(given) {
  const bytes = new TextEncoder().encode(given.value);
  const end = bytes.indexOf(0);
  if (end >= 0) return { problem: `the string has a NUL at ${end}, where it would end` };
  // The copy that C gets ends with a zero, and may be written to.
  return { isAddress: true, address: null, behind: Uint8Array.of(...bytes, 0).slice(0, MOST_BYTES), isWritable: false };
}

const takes = {
  pointer: { pointers: true, what: "null or a pointer" },
  function: { pointers: true, what: "null or a pointer" },
  buffer: { bytes: true, what: "null or a buffer" },
  text: { pointers: true, bytes: true, strings: true, what: "null, a buffer or a pointer" },
};

function pointer(type, given) {
  const { pointers, bytes, strings, what } = takes[type.kind];
  if (given.value === null) return { isAddress: true, address: 0n, behind: new Uint8Array(0) };
  if (given.kind === "a pointer" && pointers) return memoryOf(given, true);
  if (given.kind === "a buffer" && bytes) return memoryOf(given, true);
  if (given.kind === "a string" && strings) return utf8(given);
  return expected(what, given);
}

function aggregate(type, given) {
  if (given.kind !== "a buffer") return expected("a buffer", given);
  const { length } = given.contents;
  if (length < type.size) return { problem: `${length} bytes are too few: it has ${type.size}` };
  return { bytes: given.contents.slice(0, type.size) };
}

// Returns { problem }, or what C gets: { bytes } of its value, or { isAddress, address, behind, isWritable }. While
// script can run, it could take the bytes of a resizable buffer away.
export function convert(type, given, scriptCanRun) {
  if (given.resizable && given.kind === "a buffer" && scriptCanRun)
    return convert(type, { kind: "a resizable buffer" });
  if (isAggregate(type)) return aggregate(type, given);
  switch (type.kind) {
    case "integer":
      return integer(type, given);
    case "bool":
      return given.kind === "a boolean"
        ? scalar(type, (view) => view.setUint8(0, given.value))
        : expected("a boolean", given);
    case "float":
      if (given.kind !== "a number") return expected("a number", given);
      return scalar(type, (view) => view[type.size === 4 ? "setFloat32" : "setFloat64"](0, given.value, true));
    default:
      return pointer(type, given);
  }
}

// Returns the value that script gets for the bytes of a result; a pointer as its address.
export function result(type, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (type === null || isAggregate(type)) return undefined;
  if (type.kind === "bool") return bytes[0] !== 0;
  if (type === scalars.f32) return view.getFloat32(0, true);
  if (type === scalars.f64) return view.getFloat64(0, true);
  if (type.kind === "pointer") return { address: view.getBigUint64(0, true) };
  const read = `get${type.size === 8 ? "Big" : ""}${type.signed ? "Int" : "Uint"}${8 * type.size}`;
  return view[read](0, true);
}
