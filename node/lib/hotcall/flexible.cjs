"use strict";
// Structs that end with an array of any length (C11 6.7.2.1p18). The size belongs to the value, not to the type.

const { arrayCodec } = require("./arrays.cjs");
const { structCodec } = require("./structs.cjs");
const { encodingOf } = require("./text.cjs");
const { isBytes, join, refuse } = require("./refusal.cjs");

// `members` are those in front of the array, whose field is `last`. The member that counts the array's elements is filled
// in where script does not give it.
function flexibleCodec(type, members, last, element) {
  const head = structCodec(type, members);
  const { offset, type: array } = last;
  const { countedBy } = array;
  const encoding = encodingOf(array.element);
  const tail = (length) => arrayCodec(array, length, element);
  const sizeWith = (length) => Math.max(head.size, offset + length * element.size);
  const isRecord = (value) => typeof value === "object" && value !== null && !isBytes(value);

  // The number of elements that script gives. What is not an array is refused when it is written.
  function givenIn(value) {
    const elements = value[last.name];
    if (typeof elements === "string" && encoding !== undefined)
      return encoding.encode(elements).length / encoding.unit + 1;
    return elements?.length >= 0 ? elements.length : 0;
  }

  function withCount(value, context, path) {
    if (countedBy === undefined) return value;
    const given = givenIn(value);
    const count = value[countedBy] ?? given;
    if (count > given) refuse(context, path, countedBy, array, `${count} elements are counted, and ${given} are there`);
    return Object.create(value, { [countedBy]: { value: count } });
  }

  // The number of elements in memory. Without a member that counts them, it is all that is there.
  function countIn(view, at) {
    const room = Math.floor((view.byteLength - at - offset) / element.size);
    if (countedBy === undefined) return room;
    const count = Number(head.decode(view, at)[countedBy]);
    if (count > room) throw new RangeError(`${type}: ${countedBy} says ${count} elements, and ${room} are there`);
    return count;
  }

  const elementsIn = (view, at) => tail(countIn(view, at)).decode(view, at + offset);

  return {
    size: head.size,
    // The size of a value of script.
    sizeFor: (value) => sizeWith(isRecord(value) ? givenIn(value) : 0),
    // The size of a value in memory, of which the head is there.
    sizeAt: (view, at) => sizeWith(Number(head.decode(view, at)[countedBy] ?? 0)),
    encode(value, view, at, context, path, name) {
      if (!isRecord(value)) return head.encode(value, view, at, context, path, name);
      const inner = join(path, name);
      head.encode(withCount(value, context, inner), view, at, context, path, name);
      const elements = value[last.name];
      if (elements !== undefined) tail(givenIn(value)).encode(elements, view, at + offset, context, inner, last.name);
    },
    decode: (view, at) => ({ ...head.decode(view, at), [last.name]: elementsIn(view, at) }),
    assign(value, view, at) {
      head.assign(value, view, at);
      value[last.name] = elementsIn(view, at);
    },
  };
}

module.exports = { flexibleCodec };
