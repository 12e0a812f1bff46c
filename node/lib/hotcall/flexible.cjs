"use strict";
// Structs that end with an array of any length (C11 6.7.2.1p18). The size belongs to the value, not to the type.

const { arrayCodec } = require("./arrays.cjs");
const { structCodec } = require("./structs.cjs");
const { encodingOf } = require("./text.cjs");
const { join, refuse } = require("./refusal.cjs");

// `last` is the array's field. The member that counts its elements is filled in where script does not give it.
function flexibleCodec(type, members, last, element) {
  const head = structCodec(type, members);
  const { name, offset, type: array } = last;
  const { countedBy } = array;
  const encoding = encodingOf(array.element);

  function lengthOf(value) {
    const elements = value[name];
    if (typeof elements === "string" && encoding !== undefined) return encoding.encode(elements).length / encoding.unit + 1;
    return elements?.length ?? 0;
  }

  function counted(value, context, path, name_) {
    if (countedBy === undefined) return value;
    const length = lengthOf(value);
    const count = value[countedBy] ?? length;
    if (Number(count) > length) {
      refuse(context, join(path, name_), countedBy, array, `${count} elements are counted, and ${length} are there`);
    }
    return { ...value, [countedBy]: count };
  }

  // The number of elements in memory. Without a member that counts them, the bytes that are there decide.
  function countIn(view, at) {
    const room = Math.floor((view.byteLength - at - offset) / element.size);
    const count = countedBy === undefined ? room : Number(head.decode(view, at)[countedBy]);
    return Math.max(0, Math.min(room, count));
  }

  const tail = (length) => arrayCodec(array, length, element);
  return {
    size: head.size,
    // The size of a value of script.
    sizeFor: (value) => Math.max(head.size, offset + lengthOf(value) * element.size),
    // The size in memory, of which the head is read.
    sizeAt: (view, at) => Math.max(head.size, offset + Number(head.decode(view, at)[countedBy] ?? 0) * element.size),
    encode(value, view, at, context, path, name_) {
      const isRecord = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
      head.encode(isRecord ? counted(value, context, path, name_) : value, view, at, context, path, name_);
      if (isRecord && lengthOf(value) > 0) {
        tail(lengthOf(value)).encode(value[name], view, at + offset, context, join(path, name_), name);
      }
    },
    decode(view, at) {
      return { ...head.decode(view, at), [name]: tail(countIn(view, at)).decode(view, at + offset) };
    },
    assign(value, view, at) {
      head.assign(value, view, at);
      value[name] = tail(countIn(view, at)).decode(view, at + offset);
    },
  };
}

module.exports = { flexibleCodec };
