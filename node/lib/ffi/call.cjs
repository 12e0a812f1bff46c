"use strict";
// Functions that script calls: each checks its arguments as `node:ffi` does and calls the addon's function.
//
// The addon has a function for each *shape* of a call: which pointers are addresses, which are bytes, which are strings, and whether
// C may call script back. A function is made when a call of its shape comes first. A call site in generated code that sees one shape
// alone calls one function, which is what V8 needs to call C directly.

const { Script } = require("node:vm");

const binding = require("../binding.cjs");
const { isArrayBuffer, isDetached, isDetachedView, isView } = require("./bytes.cjs");
const { closed, invalidValue, shown } = require("./errors.cjs");

// A shape has one bit for callbacks and two for each pointer.
const CALLS_BACK = 1;
const ADDRESS = 0;
const BYTES = 1;
const TEXT = 2;
const BITS = 2;
// Shapes are numbers: with more pointers they would not be exact.
const MOST_POINTERS = 25;

const PASSED_AS = { [ADDRESS]: "u64", [BYTES]: "buffer", [TEXT]: { pointer: "char" } };

// How many callbacks are registered. C may call them from any function, because it may have kept their addresses.
const callbacks = { registered: 0 };

const argument = (index, text, name, value) => invalidValue(`Argument ${index} ${text} (${name} was given ${shown(value)})`);

// How `value` is passed, which is neither an address nor null.
function passedAs(value, index, name) {
  if (isView(value)) {
    if (isDetachedView(value)) throw argument(index, "is an ArrayBufferView backed by a detached ArrayBuffer", name, value);
    return BYTES;
  }
  if (typeof value === "string") {
    if (value.includes("\0")) throw argument(index, "must not contain null bytes", name, value);
    return TEXT;
  }
  if (isArrayBuffer(value)) {
    if (isDetached(value)) throw argument(index, "is a detached ArrayBuffer", name, value);
    return BYTES;
  }
  throw argument(index, "must be a buffer, an ArrayBuffer, a string, or a bigint", name, value);
}

const wrongCount = (expected, given, name) => invalidValue(`Invalid argument count: expected ${expected}, got ${given} (${name})`);

function checkOf(type, v, index) {
  const refuse = (label) => `throw argument(${index}, "must be ${label}", name, ${v});`;
  if (!type.isPointer) return `if (!(${type.takes(v)})) ${refuse(type.label)}`;
  return `if (typeof ${v} === "bigint") { if (asUintN(64, ${v}) !== ${v}) ${refuse("a non-negative pointer bigint")} }
    else if (${v} === null || ${v} === undefined) ${v} = 0n;
    else shape += passedAs(${v}, ${index}, name) * ${type.unit};`;
}

// The text of a function that takes what calls need and returns the function for script. A method cannot be called with `new`.
function textOf({ parameters, result }) {
  const names = parameters.map((_, index) => `a${index}`);
  let unit = CALLS_BACK << 1;
  const checks = parameters.map((type, index) => {
    const check = checkOf({ ...type, unit }, names[index], index);
    if (type.isPointer) unit *= 1 << BITS;
    return check;
  });
  const shape = parameters.some((type) => type.isFunction) ? CALLS_BACK : `callbacks.registered === 0 ? 0 : ${CALLS_BACK}`;
  return `"use strict";
(({ name, library, callbacks, shapes, made, argument, wrongCount, passedAs, closed }) => {
  const { asIntN, asUintN } = BigInt;
  const { isSafeInteger } = Number;
  return { call(${names}) {
    if (library.closed) throw closed();
    if (arguments.length !== ${names.length}) throw wrongCount(${names.length}, arguments.length, name);
    let shape = ${shape};
    ${checks.join("\n    ")}
    ${result.kind === "void" ? "" : "return "}(shapes[shape] ?? made(shape))(${names});
  } }.call;
})`;
}

// Scripts by signature. Each run of one gives functions with type feedback of their own.
const scripts = new Map();

function scriptFor(signature) {
  const key = `${signature.key}${signature.parameters.map((type) => (type.isFunction ? "f" : ""))}`;
  let script = scripts.get(key);
  if (script === undefined) {
    script = new Script(textOf(signature), { filename: "hotcall/ffi" });
    scripts.set(key, script);
  }
  return script;
}

// The declaration of calls of one shape.
function declarationOf({ parameters, result }, symbol, shape) {
  let rest = Math.floor(shape / (CALLS_BACK << 1));
  const types = parameters.map((type) => {
    if (!type.isPointer) return type.kind;
    const passed = PASSED_AS[rest % (1 << BITS)];
    rest = Math.floor(rest / (1 << BITS));
    return passed;
  });
  return { [symbol]: { parameters: types, result: result.kind } };
}

// Makes the function for script. `library` is the state of the library: the addon's handle, and whether it is closed.
function makeFunction(library, name, signature, address) {
  if (signature.parameters.filter((type) => type.isPointer).length > MOST_POINTERS) {
    throw invalidValue(`Function ${name} has more than ${MOST_POINTERS} pointers among its arguments`);
  }
  const shapes = [];
  const made = (shape) => {
    const declaration = declarationOf(signature, name, shape);
    const declarations = binding.declarations(JSON.stringify(declaration), "json");
    return (shapes[shape] = binding.functions(library.handle, declarations, { callbacks: shape % 2 === CALLS_BACK })[name]);
  };
  const script = scriptFor(signature).runInThisContext();
  const call = script({ name, library, callbacks, shapes, made, argument, wrongCount, passedAs, closed });
  Object.defineProperty(call, "name", { value: name, configurable: true });
  call.pointer = address;
  return call;
}

module.exports = { callbacks, makeFunction };
