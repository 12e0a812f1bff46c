"use strict";
// Arguments for pointers to values: bytes and pointers go to C as they are, objects and arrays are copied to cells.

const binding = require("../binding.cjs");
const { Cell } = require("./cell.cjs");
const { codecOf } = require("./codecs.cjs");
const { checkLength, refuseUnknown } = require("./lengths.cjs");
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
function recordArgument(codec, place) {
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

// A pointer to one value or to several of them. `target` is undefined for bytes of any type.
function memoryArgument(type, target, length, place) {
  const holders = target === undefined ? undefined : holderCells(type, target, length, place);
  return {
    countedBy: length.countedBy,
    begin(value, count) {
      if (value === null) return null;
      if (isBytes(value)) {
        checkLength(value.byteLength, length.bytes(count), length, place);
        return value;
      }
      return holders === undefined || !isHolder(value) ? value : holders.begin(value, length.bytes(count));
    },
    end(value, cell, count) {
      if (cell !== value) holders.end(value, cell, length.bytes(count));
    },
  };
}

// Cells for objects and arrays: a struct's members are an object, other values are the elements of an array. `bytes` is
// how much C uses, if it is known.
function holderCells(type, target, length, place) {
  const codec = codecOf(target);
  const { direction } = type;
  const readsFirst = direction !== "out";
  const writesBack = direction === undefined ? !type.constant : direction !== "in";
  // Lists of strings end with a null pointer.
  const endOfList = target.kind === "text" && !length.isDeclared ? 1 : 0;
  let spare = null;

  function cellOf(size) {
    const cell = spare?.length === size ? spare.fill(0) : new Cell(codec, size, place);
    spare = null;
    return cell;
  }

  function ofObject(value, bytes) {
    if (!target.isRecord) throw new TypeError(`${place}: ${expected("an array, a buffer or a pointer", value)}`);
    const size = codec.sizeFor?.(value) ?? codec.size;
    checkLength(size, bytes, length, place);
    const cell = cellOf(size);
    if (readsFirst) cell.value = value;
    return cell;
  }

  // Where C only writes, the array may be shorter.
  function ofArray(values, bytes) {
    if (readsFirst) checkLength(values.length * codec.size, bytes, length, place);
    if (bytes === undefined && values.length === 0) refuseUnknown(place, "[as many values]");
    const elements = Math.max(values.length, Math.ceil((bytes ?? 0) / codec.size));
    const cell = cellOf((elements + endOfList) * codec.size);
    if (cell.kept.length > 0) cell.kept = [];
    for (let i = 0; readsFirst && i < values.length; i++) {
      codec.encode(values[i], cell.view, i * codec.size, cell, "", `[${i}]`);
    }
    return cell;
  }

  return {
    begin: (value, bytes) => (Array.isArray(value) ? ofArray(value, bytes) : ofObject(value, bytes)),
    end(value, cell, bytes) {
      spare = cell;
      if (!writesBack) return;
      if (!Array.isArray(value)) return codec.assign(value, cell.view, 0);
      const elements =
        length.isDeclared && bytes !== undefined ? bytes / codec.size : cell.length / codec.size - endOfList;
      for (let i = 0; i < elements; i++) value[i] = codec.decode(cell.view, i * codec.size);
    },
  };
}

module.exports = { memoryArgument, recordArgument };
