"use strict";
// Pointers among the bytes of C: codecs, and what script may write as a pointer.

const binding = require("../binding.cjs");
const { known } = require("./details.cjs");
const { little } = require("./scalars.cjs");
const { encodingOf, terminated, utf8 } = require("./text.cjs");
const { expected, isBytes, refuse } = require("./refusal.cjs");

// Objects that stand for a pointer: callbacks and owners. Their classes have a member of this name.
const pointerKey = Symbol("pointer");

// The encoding of the strings that a pointer leads to, or undefined.
function textOf(type) {
  return type.kind === "text" ? utf8 : type.isPointer ? encodingOf(type.target) : undefined;
}

// Reads the string at a pointer, up to its zero. `held` stays until then, because it is an argument.
function textAt(pointer, encoding, held) {
  if (pointer === null) return null;
  return encoding === utf8 ? binding.text(pointer, held) : binding.string(pointer, 0, -1, encoding.name, held);
}

// The codec of a pointer. Strings that C may not change become strings of script.
function pointerCodec(type) {
  const encoding = textOf(type);
  const reads = encoding !== undefined && type.constant;
  return {
    size: type.size,
    encode(value, view, at, context, path, name) {
      view.setBigUint64(at, addressOf(value, encoding, type, context, path, name), little);
    },
    decode(view, at) {
      const pointer = binding.pointer(view.getBigUint64(at, little));
      return reads ? textAt(pointer, encoding) : pointer;
    },
  };
}

function addressOf(value, encoding, type, context, path, name) {
  if (value === null) return 0n;
  if (typeof value === "string" && encoding !== undefined) {
    if (context.kept === null) refuse(context, path, name, type, "memory of C does not keep a string: give a pointer");
    return keep(terminated(value, encoding), context);
  }
  if (isBytes(value)) {
    if (context.kept === null) refuse(context, path, name, type, "memory of C does not keep a buffer: give a pointer");
    return keep(value, context);
  }
  const pointer = typeof value === "function" ? known.get(value)?.pointer : (value?.[pointerKey] ?? value);
  if (binding.isPointer(pointer)) return binding.address(pointer);
  const what = encoding === undefined ? "null, a pointer or a buffer" : "null, a string, a pointer or a buffer";
  return refuse(context, path, name, type, expected(what, value));
}

// The bytes live as long as what points to them.
function keep(bytes, context) {
  context.kept.push(bytes);
  return binding.address(binding.pointerOf(bytes));
}

module.exports = { pointerCodec, pointerKey, textAt, textOf };
