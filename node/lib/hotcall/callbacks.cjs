"use strict";
// Functions of script that C calls.

const binding = require("../binding.cjs");
const { Cell } = require("./cell.cjs");
const { codecOf } = require("./codecs.cjs");
const { declareFunction } = require("./declare.cjs");
const { generate } = require("./generate.cjs");
const { pointerKey, textAt, textOf } = require("./pointers.cjs");
const { terminated } = require("./text.cjs");

const handles = new WeakMap();

// The binding's declarations of a signature, made once.
function declarationsOf(type) {
  let handle = handles.get(type);
  if (handle === undefined) handles.set(type, (handle = declareFunction("callback", type.signature)));
  return handle;
}

// What script gets for an argument of C, if it is not the binding's value.
function inward(type) {
  if (type.isRecord) {
    const { decode } = codecOf(type);
    return (bytes) => decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  }
  const encoding = textOf(type);
  return encoding !== undefined && type.constant ? (pointer) => textAt(pointer, encoding) : undefined;
}

// What the binding gets for a result of script. Strings live until the next one.
function outward(type, place) {
  if (type === undefined) return undefined;
  if (type.isRecord) {
    const codec = codecOf(type);
    return (value) => {
      if (ArrayBuffer.isView(value)) return value;
      const cell = new Cell(codec, codec.size, place);
      cell.value = value;
      return cell;
    };
  }
  const encoding = textOf(type);
  if (encoding === undefined) return undefined;
  let kept;
  return (value) => {
    if (typeof value !== "string") return value;
    kept = terminated(value, encoding);
    return binding.pointerOf(kept);
  };
}

// Returns the function that the binding calls: script's own where no value is converted.
function adapt({ parameters, result }, f) {
  const inwards = parameters.map(({ type }) => inward(type));
  const out = outward(result, "a callback returned what is not of its type");
  if (out === undefined && inwards.every((convert) => convert === undefined)) return f;
  const scope = { f, out };
  const names = parameters.map((_, i) => `a${i}`);
  const values = inwards.map((convert, i) => {
    if (convert === undefined) return names[i];
    scope[`in${i}`] = convert;
    return `in${i}(${names[i]})`;
  });
  const call = `f(${values.join(", ")})`;
  return generate(`(${names.join(", ")}) => ${out === undefined ? call : `out(${call})`}`, scope);
}

// A function of script as a function of C. It lives until it is closed or collected.
class Callback {
  #handle;
  #pointer;
  constructor(type, f, options) {
    if (type?.signature === undefined) throw new TypeError("cannot make a callback: the type is not a function's");
    if (typeof f !== "function") throw new TypeError(`cannot make a callback: ${typeof f} is not a function`);
    const adapted = adapt(type.signature, f);
    this.#handle = binding.callback(declarationsOf(type), "callback", adapted, options ?? {});
    this.#pointer = binding.callbackPointer(this.#handle);
  }
  // The address that C calls. The callback must be kept as long as C may call it.
  get pointer() {
    return this.#pointer;
  }
  get [pointerKey]() {
    return this.#pointer;
  }
  // Calls of C after this return zero.
  close() {
    binding.callbackClose(this.#handle);
  }
  // Keeps the event loop running, for calls from other threads.
  ref() {
    binding.callbackRef(this.#handle, true);
    return this;
  }
  unref() {
    binding.callbackRef(this.#handle, false);
    return this;
  }
  [Symbol.dispose]() {
    this.close();
  }
}

module.exports = { Callback };
