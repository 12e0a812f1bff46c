"use strict";
// Conversion of arguments, for parameters that take more than the native function does.
//
// A conversion has `begin(value, count)`, which returns the native function's argument, and perhaps
// `end(value, argument, count)`, which gives script what C has written. `count` is the value of the parameter that the
// declaration names as the length, whose index is `countedBy`.

const { argumentOfFunction } = require("./function_arguments.cjs");
const { codecOf } = require("./codecs.cjs");
const { memoryArgument, recordArgument } = require("./memory_arguments.cjs");
const { textOf } = require("./pointers.cjs");
const { stayingArgument, textArgument, textBufferArgument } = require("./text_arguments.cjs");
const { encodingOf, utf8 } = require("./text.cjs");

// Returns the conversion of a parameter, or undefined if the native function takes all that script may pass.
// `signature` is the function's, `place` says which argument of which function this is. `returnsText` says that the
// result becomes a string of script.
function conversionOf(signature, index, place, returnsText) {
  const { type } = signature.parameters[index];
  const conversion = conversionOfType(signature, type, place);
  const isData = type.isPointer && type.kind !== "function";
  return isData && returnsText ? stayingArgument(conversion, textOf(type)) : conversion;
}

function conversionOfType(signature, type, place) {
  if (type.isRecord) return recordArgument(type, codecOf(type), place);
  if (type.kind === "function") return argumentOfFunction(type, place);
  return type.isPointer ? pointerConversion(signature, type, place) : undefined;
}

function pointerConversion(signature, type, place) {
  const target = type.kind === "text" ? undefined : type.target;
  const encoding = type.kind === "text" ? utf8 : encodingOf(target);
  const writes = type.direction === "out" || type.direction === "inout";
  const length = lengthOf(signature, type, target, encoding);
  if (encoding !== undefined) {
    if (writes) return textBufferArgument(type, encoding, length, place);
    return encoding === utf8 ? undefined : textArgument(type, encoding, place);
  }
  if (target === undefined) return length === undefined ? undefined : memoryArgument(type, undefined, length, place);
  const isAnnotated = type.direction !== undefined || length !== undefined;
  if (!isAnnotated && !target.isRecord && target.kind !== "text") return undefined;
  return memoryArgument(type, target, length, place);
}

// The number of elements that C uses: fixed (`elements`), or counted by another parameter, in units of `unit` bytes.
function lengthOf({ parameters }, type, target, encoding) {
  const { length } = type;
  if (length === undefined || length === "expression") return undefined;
  const size = encoding?.unit ?? target?.size ?? 1;
  if (length.elements !== undefined) return { elements: Number(length.elements), unit: size };
  if (length.bytes !== undefined) return { elements: Number(length.bytes), unit: 1 };
  const name = length.counted ?? length.countedBytes;
  const countedBy = parameters.findIndex((parameter) => parameter.name === name);
  if (countedBy < 0 || parameters[countedBy].type.isPointer) return undefined;
  return { countedBy, name, unit: length.counted === undefined ? 1 : size };
}

module.exports = { conversionOf };
