"use strict";
// Arguments for pointers to values: bytes and pointers go to C as they are, objects and arrays are copied to cells.

const binding = require("../binding.cjs");
const { Cell } = require("./cell.cjs");
const { codecOf } = require("./codecs.cjs");
const { isBytes, isPlain, expected } = require("./refusal.cjs");

let pointersArePlain;

// True for objects and arrays of script that hold values, as opposed to pointers, which are plain in Bun.
function isHolder(value) {
  if (typeof value !== "object" || value === null) return false;
  pointersArePlain ??= isPlain(binding.pointer(1));
  if (!pointersArePlain && isPlain(value)) return true;
  return Array.isArray(value) || !binding.isPointer(value);
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

// Returns the number of elements that C uses: what the declaration or another argument says, or undefined. C takes the
// low 64 bits of a BigInt, as a number without a sign where that is more.
function countOf(length, count) {
  if (length?.countedBy === undefined) return length?.elements;
  return typeof count === "bigint" ? Number(BigInt.asUintN(64, count)) : count;
}

function few(place, given, length, needed) {
  const reason = length?.name === undefined ? `C uses ${needed}` : `${length.name} says ${needed}`;
  throw new TypeError(`${place}: ${given} bytes are too few: ${reason}`);
}

// A pointer to one value or to several of them. `target` is undefined for bytes of any type.
function memoryArgument(type, target, length, place) {
  const holders = target === undefined ? undefined : holderCells(type, target, length, place);
  return {
    countedBy: length?.countedBy,
    begin(value, count) {
      if (value === null) return null;
      if (isBytes(value)) {
        const needed = length === undefined ? target.size : countOf(length, count) * length.unit;
        if (value.byteLength < needed) few(place, value.byteLength, length, `${needed} bytes`);
        return value;
      }
      return holders === undefined || !isHolder(value) ? value : holders.begin(value, countOf(length, count));
    },
    end(value, cell, count) {
      if (cell !== value) holders.end(value, cell, countOf(length, count));
    },
  };
}

// Cells for objects and arrays: a struct's members are an object, other values are the elements of an array. `count` is
// the number of elements that C uses, if it is known.
function holderCells(type, target, length, place) {
  const codec = codecOf(target);
  const { direction } = type;
  const readsFirst = direction !== "out";
  const writesBack = direction === undefined ? !type.constant : direction !== "in";
  // Lists of strings end with a null pointer.
  const endOfList = target.kind === "text" && length === undefined ? 1 : 0;
  let spare = null;

  function cellOf(size) {
    const cell = spare?.length === size ? spare.fill(0) : new Cell(codec, size, place);
    spare = null;
    return cell;
  }

  function ofObject(value, count) {
    if (!target.isRecord) throw new TypeError(`${place}: ${expected("an array, a buffer or a pointer", value)}`);
    if (count > 1) throw new TypeError(`${place}: an object is one ${target}, and C uses ${count}`);
    const cell = cellOf(codec.sizeFor?.(value) ?? codec.size);
    if (readsFirst) cell.value = value;
    return cell;
  }

  // For C that only writes, the array may be shorter.
  function ofArray(values, count) {
    const needed = count ?? 1;
    if (readsFirst && values.length < needed) few(place, values.length * codec.size, length, `${needed * codec.size} bytes`);
    const elements = Math.max(values.length, needed);
    const cell = cellOf((elements + endOfList) * codec.size);
    if (cell.kept.length > 0) cell.kept = [];
    for (let i = 0; readsFirst && i < values.length; i++) {
      codec.encode(values[i], cell.view, i * codec.size, cell, "", `[${i}]`);
    }
    return cell;
  }

  return {
    begin: (value, count) => (Array.isArray(value) ? ofArray(value, count) : ofObject(value, count)),
    end(value, cell, count) {
      spare = cell;
      if (!writesBack) return;
      if (!Array.isArray(value)) return codec.assign(value, cell.view, 0);
      const elements = count ?? cell.length / codec.size - endOfList;
      for (let i = 0; i < elements; i++) value[i] = codec.decode(cell.view, i * codec.size);
    },
  };
}

module.exports = { countOf, isHolder, memoryArgument, recordArgument };
