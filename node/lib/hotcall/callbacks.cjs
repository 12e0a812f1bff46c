"use strict";
// Functions of script that C calls.

const binding = require("../binding.cjs");
const { requireMemory } = require("../permissions.cjs");
const { Cell } = require("./cell.cjs");
const { codecOf } = require("./codecs.cjs");
const { declareFunction } = require("./declare.cjs");
const { generate } = require("./generate.cjs");
const { optionsOf } = require("./options.cjs");
const { pointerKey, textAt, textOf } = require("./pointers.cjs");
const { terminated } = require("./text.cjs");

const shapes = new WeakMap();

// What callbacks of one type share: the binding's declarations, and `adapt`, which returns the function that the
// binding calls.
function shapeOf(type) {
  let shape = shapes.get(type);
  if (shape === undefined) {
    shape = { declarations: declareFunction(KEY, type.signature), adapt: adapterOf(type.signature) };
    shapes.set(type, shape);
  }
  return shape;
}

const KEY = "callback";

// What script gets for an argument of C, if it is not the binding's value.
function inward(type) {
  if (type.isRecord) {
    const { decode } = codecOf(type);
    return (bytes) => decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  }
  const encoding = textOf(type);
  return encoding !== undefined && type.constant ? (pointer) => textAt(pointer, encoding) : undefined;
}

// What the binding gets for a result of script. Strings live until the callback returns the next one.
function outward(type, place) {
  if (type?.isRecord) {
    const codec = codecOf(type);
    return (value) => {
      if (ArrayBuffer.isView(value)) return value;
      const cell = new Cell(codec, codec.size, place);
      cell.value = value;
      return cell;
    };
  }
  let kept;
  return (value) => {
    if (typeof value !== "string") return value;
    kept = terminated(value, textOf(type));
    return binding.pointerOf(kept);
  };
}

// Returns a function that puts conversions around a function of script. Where no value is converted, it returns the
// function itself.
function adapterOf({ parameters, result }) {
  const inwards = parameters.map(({ type }) => inward(type));
  if (inwards.every((convert) => convert === undefined) && !isConverted(result)) return (f) => f;
  const scope = { outward: () => outward(result, "a callback returned what is not of its type") };
  const names = parameters.map((_, i) => `a${i}`);
  const values = inwards.map((convert, i) => {
    if (convert === undefined) return names[i];
    scope[`in${i}`] = convert;
    return `in${i}(${names[i]})`;
  });
  const call = `f(${values.join(", ")})`;
  const adapted = isConverted(result) ? `out(${call})` : call;
  return generate(`(f, out = outward()) => (${names.join(", ")}) => ${adapted}`, scope);
}

const isConverted = (type) => type !== undefined && (type.isRecord || textOf(type) !== undefined);

// A function of script as a function of C. It lives until it is closed or collected.
class Callback {
  #handle;
  #pointer;
  constructor(type, f, options) {
    if (type?.signature === undefined) throw new TypeError("cannot make a callback: the type is not a function's");
    if (typeof f !== "function") throw new TypeError(`cannot make a callback: ${typeof f} is not a function`);
    const { declarations, adapt } = shapeOf(type);
    this.#handle = binding.callback(declarations, KEY, adapt(f), optionsOf("callback", options, ["nowait"]));
    this.#pointer = binding.callbackPointer(this.#handle);
  }
  // The address that C calls. The callback must be kept as long as C may call it.
  get pointer() {
    requireMemory();
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
