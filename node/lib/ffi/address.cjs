"use strict";
// Addresses and sizes that script gives, checked as `node:ffi` does.

const { invalidType, invalidValue, outOfRange } = require("./errors.cjs");

function checkedAddress(value, what) {
  if (typeof value !== "bigint") throw invalidType(`The ${what} must be a bigint`);
  if (BigInt.asUintN(64, value) !== value) throw invalidValue(`The ${what} must be a non-negative bigint`);
  return value;
}

function checkedSize(value, what) {
  if (typeof value !== "number") throw invalidType(`The ${what} must be a number`);
  if (!Number.isInteger(value) || value < 0) throw invalidValue(`The ${what} must be a non-negative integer`);
  if (!Number.isSafeInteger(value)) throw outOfRange(`The ${what} is too large`);
  return value;
}

// Refuses a range that ends behind the last address.
function checkSpan(address, offset, length, message) {
  if (address + BigInt(offset) + BigInt(length) > 1n << 64n) throw invalidValue(message);
}

module.exports = { checkSpan, checkedAddress, checkedSize };
