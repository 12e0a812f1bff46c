"use strict";
// Errors with the codes of `node:ffi`. Messages begin as Node's do; what we know besides stands behind them.

const { inspect } = require("node:util");

function coded(Class, code, message) {
  const error = new Class(message);
  error.code = code;
  return error;
}

const invalidType = (message) => coded(TypeError, "ERR_INVALID_ARG_TYPE", message);
const invalidValue = (message) => coded(TypeError, "ERR_INVALID_ARG_VALUE", message);
const outOfRange = (message) => coded(RangeError, "ERR_OUT_OF_RANGE", message);
const invalidPointer = (message) => coded(Error, "ERR_FFI_INVALID_POINTER", message);
const closed = () => coded(Error, "ERR_FFI_LIBRARY_CLOSED", "Library is closed");

function callFailed(message, cause) {
  const error = coded(Error, "ERR_FFI_CALL_FAILED", message);
  if (cause !== undefined) error.cause = cause;
  return error;
}

// A value in a message: short, and on one line.
function shown(value) {
  const text = inspect(value, { depth: 0, maxArrayLength: 3, maxStringLength: 40, breakLength: Infinity });
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

// What an argument is instead of what it must be.
function received(value) {
  if (value === null || value === undefined) return `Received ${value}`;
  if (typeof value === "function") return `Received function ${value.name}`;
  if (typeof value === "object") return `Received an instance of ${value.constructor?.name ?? "Object"}`;
  return `Received type ${typeof value} (${shown(value)})`;
}

module.exports = { callFailed, closed, coded, invalidPointer, invalidType, invalidValue, outOfRange, received, shown };
