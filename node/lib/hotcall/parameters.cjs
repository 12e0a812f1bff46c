"use strict";
// Conversion of arguments, for parameters that take more than the native function does.
//
// A conversion has `begin(value, count)`, which returns the native function's argument. It may have
// `end(value, argument, count)`, which gives script what C has written, and `close(argument)`, which also runs after an
// exception. `count` is the value of the parameter that the declaration names as the length, whose index is `countedBy`.

const { argumentOfFunction } = require("./function_arguments.cjs");
const { codecOf } = require("./codecs.cjs");
const { memoryArgument, recordArgument } = require("./memory_arguments.cjs");
const { lengthOf } = require("./lengths.cjs");
const { textOf } = require("./pointers.cjs");
const { heldTextArgument, textArgument, textBufferArgument } = require("./text_arguments.cjs");
const { utf8 } = require("./text.cjs");

// Returns the conversion of a parameter, or undefined if the native function takes all that script may pass.
// `signature` is the function's, `place` says which argument of which function this is. `returnsText` says that the
// result becomes a string of script.
function conversionOf(signature, index, place, returnsText) {
  const { type } = signature.parameters[index];
  const conversion = conversionOfType(signature, type, place);
  return type.kind === "text" && returnsText ? heldTextArgument(conversion, utf8) : conversion;
}

function conversionOfType(signature, type, place) {
  if (type.isRecord) return recordArgument(codecOf(type), place);
  if (type.kind === "function") return argumentOfFunction(type, place);
  return type.isPointer ? pointerConversion(signature, type, place) : undefined;
}

function pointerConversion(signature, type, place) {
  const encoding = textOf(type);
  const target = type.kind === "text" ? undefined : type.target;
  const length = lengthOf(signature, type, encoding?.unit ?? target?.size ?? 1);
  const isMarked = type.direction !== undefined || length.isDeclared;
  const isWritten = type.direction === "out" || type.direction === "inout";
  if (encoding !== undefined) {
    if (isWritten) return textBufferArgument(type, encoding, length, place);
    return type.kind === "text" ? undefined : textArgument(encoding);
  }
  if (target === undefined) return length.isDeclared ? memoryArgument(type, undefined, length, place) : undefined;
  const holds = target.isRecord || target.kind === "text";
  return isMarked || holds ? memoryArgument(type, target, length, place) : undefined;
}

module.exports = { conversionOf };
