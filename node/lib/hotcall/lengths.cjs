"use strict";
// How much memory C uses behind a pointer among the parameters.

// `bytes(count)` is the number of bytes: declared, or counted by the parameter with the index `countedBy`, whose value is
// `count`. It is undefined where the declaration does not say it. `isDeclared` is false for pointers to one value.
//
// `size` is the size of one value.
function lengthOf({ parameters }, { length }, size) {
  if (length === undefined) return { isDeclared: false, bytes: () => size };
  const { elements, bytes, counted, countedBytes } = length;
  if (elements !== undefined) return { isDeclared: true, bytes: () => Number(elements) * size };
  if (bytes !== undefined) return { isDeclared: true, bytes: () => Number(bytes) };
  const name = counted ?? countedBytes;
  const countedBy = parameters.findIndex((parameter) => parameter.name === name);
  if (countedBy < 0 || parameters[countedBy].type.isPointer) return { isDeclared: true, bytes: () => undefined };
  const unit = counted === undefined ? 1 : size;
  return { isDeclared: true, countedBy, name, bytes: (count) => numberOf(count) * unit };
}

// C takes the low 64 bits of a BigInt. What is negative is taken for a number without a sign, which refuses it.
const numberOf = (count) => (typeof count === "bigint" ? Number(BigInt.asUintN(64, count)) : count);

// Throws if there are fewer bytes than C uses.
function checkLength(given, needed, { name }, place) {
  if (!(given < needed)) return;
  const reason = name === undefined ? `C uses ${needed} bytes` : `${name} says ${needed} bytes`;
  throw new TypeError(`${place}: ${given} bytes are too few: ${reason}`);
}

function refuseUnknown(place, what) {
  throw new TypeError(`${place}: how much C writes is not declared: give bytes, or ${what}`);
}

module.exports = { checkLength, lengthOf, refuseUnknown };
