"use strict";
// Arguments for pointers to values: bytes and pointers go to C as they are, objects and arrays are copied to cells.

const binding = require("../binding.cjs");
const { Cell } = require("./cell.cjs");
const { codecOf } = require("./codecs.cjs");
const { isBytes, expected } = require("./refusal.cjs");

const { getPrototypeOf, prototype } = Object;

// True for objects and arrays of script that hold values, as opposed to pointers.
function isHolder(value) {
  if (typeof value !== "object" || value === null) return false;
  const above = getPrototypeOf(value);
  return above === prototype || Array.isArray(value) || !binding.isPointer(value);
}

// A struct or union by value.
function recordArgument(type, codec, place) {
  let spare = null;
  return {
    begin(value) {
      if (isBytes(value) || !isHolder(value)) return value;
      const cell = spare ?? new Cell(codec, codec.size, place);
      spare = null;
      cell.value = value;
      return cell;
    },
    end(value, cell) {
      if (cell !== value) spare = cell;
    },
  };
}

// Returns the number of elements: what the declaration or another argument says.
function countOf(length, count) {
  if (length === undefined) return undefined;
  return length.countedBy === undefined ? length.elements : Number(count);
}

function few(place, given, length, needed) {
  const reason = length.name === undefined ? `C uses ${needed}` : `${length.name} says ${needed}`;
  throw new TypeError(`${place}: ${given} bytes are too few: ${reason}`);
}

function checkBytes(value, length, count, place) {
  const needed = countOf(length, count) * length.unit;
  if (value.byteLength < needed) few(place, value.byteLength, length, `${needed} bytes`);
}

// A pointer to one value or to several of them. `target` is undefined for bytes of any type.
function memoryArgument(type, target, length, place) {
  const codec = target === undefined ? undefined : codecOf(target);
  const writesBack = type.direction === "out" || type.direction === "inout" || (!type.constant && type.direction === undefined);
  const readsFirst = type.direction !== "out";
  const countedBy = length?.countedBy;
  const argument = {
    countedBy,
    begin(value, count) {
      if (value === null) return null;
      if (isBytes(value)) {
        if (length !== undefined) checkBytes(value, length, count, place);
        return value;
      }
      if (codec === undefined || !isHolder(value)) return value;
      return Array.isArray(value) ? fromArray(value, countOf(length, count)) : fromObject(value, countOf(length, count));
    },
  };
  let spare = null;

  // One struct or union.
  function fromObject(value, count) {
    if (!target.isRecord) throw new TypeError(`${place}: ${expected("an array, a buffer or a pointer", value)}`);
    if (count > 1) throw new TypeError(`${place}: an object is one ${target}, and C uses ${count}`);
    const size = codec.sizeFor?.(value) ?? codec.size;
    const cell = spare?.length === size ? spare : new Cell(codec, size, place);
    spare = null;
    if (readsFirst) cell.value = value;
    else cell.fill(0);
    return cell;
  }

  // The elements of an array. For C that writes, the array may be shorter.
  function fromArray(values, count) {
    const elements = Math.max(values.length, count ?? 0, type.direction === "out" ? 1 : 0);
    if (readsFirst && count > values.length) few(place, values.length * codec.size, length, `${count * codec.size} bytes`);
    const cell = new Cell(codec, (elements + endOfList) * codec.size, place);
    for (let i = 0; readsFirst && i < values.length; i++) {
      codec.encode(values[i], cell.view, i * codec.size, cell, "", `[${i}]`);
    }
    return cell;
  }
  // Lists of strings end with a null pointer.
  const endOfList = target?.kind === "text" && length === undefined ? 1 : 0;

  if (writesBack && codec !== undefined) {
    argument.end = (value, cell, count) => {
      if (cell === value || !(cell instanceof Cell)) return;
      if (Array.isArray(value)) return toArray(value, cell, countOf(length, count));
      codec.assign(value, cell.view, 0);
      spare = cell;
    };
  } else if (codec !== undefined) {
    argument.end = (value, cell) => {
      if (cell !== value && cell instanceof Cell && !Array.isArray(value)) spare = cell;
    };
  }

  function toArray(values, cell, count) {
    const elements = count ?? cell.length / codec.size - endOfList;
    for (let i = 0; i < elements; i++) values[i] = codec.decode(cell.view, i * codec.size);
  }
  return argument;
}

module.exports = { countOf, isHolder, memoryArgument, recordArgument };
