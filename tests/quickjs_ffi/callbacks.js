// Callbacks that run on top of the call that they are called by.
import { equal, litter, open, pair, PAIR, rejects, show, throws } from "./check.js";

const { UnsafeCallback: Callback, UnsafePointer: Pointer } = Deno;
const scalars = ["bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "pointer"];
const symbols = {};
for (const type of [...scalars, "pair"]) {
  const own = type === "pair" ? PAIR : type;
  symbols[`${type}_from`] = { parameters: ["function"], result: own };
  symbols[`${type}_to`] = { parameters: ["function", own], result: "void" };
}
for (const [type, like] of [["usize", "u64"], ["isize", "i64"], ["buffer", "pointer"], ["function", "pointer"]]) {
  symbols[`${type}_from`] = { name: `${like}_from`, parameters: ["function"], result: type };
  symbols[`${type}_to`] = { name: `${like}_to`, parameters: ["function", like], result: "void" };
}
const unary = { parameters: ["i32"], result: "i32" };
const c = open({
  ...symbols,
  call_twice: { parameters: ["function", "i32"], result: "i32" },
  keep: { parameters: ["function"], result: "void" },
  call_kept: { parameters: ["i32"], result: "i32" },
});
const types = [...scalars, "usize", "isize", "buffer", "function", "pair"];
const typeOf = (name) => (name === "pair" ? PAIR : name);

// The definition, the function and the pointer are there to be read.
const definition = { parameters: [], result: "void" };
const nothing = () => {};
const plain = new Callback(definition, nothing);
equal(Object.keys(plain), ["definition", "callback", "pointer"]);
equal([plain.definition === definition, plain.callback === nothing, typeof plain.pointer], [true, true, "object"]);
plain.close();
equal(plain.close(), undefined, "closed twice");
for (const bad of [undefined, null, 5, "f", {}]) {
  throws(() => new Callback(definition, bad), "TypeError", "Cannot construct UnsafeCallback: expected a function");
}
throws(
  () => new Callback({ ...definition, nonblocking: true }, nothing), "TypeError",
  "Cannot construct UnsafeCallback: cannot be nonblocking",
);
throws(() => c.i32_from(plain), "TypeError", /expected null or a pointer, not an object$/);
throws(() => c.i32_from(nothing), "TypeError", /expected null or a pointer, not a function$/);

// Arguments of every type.
const passed = {
  bool: [true, false], u8: [0, 255], i8: [-128, 127], u16: [65535], i16: [-32768], u32: [4294967295], i32: [-2147483648],
  u64: [0n, 18446744073709551615n], i64: [-9223372036854775808n], f32: [0.10000000149011612, NaN, -0], f64: [0.1, -Infinity],
  pointer: [null, Pointer.create(77n)], usize: [5n, 18446744073709551615n], isize: [-5n],
  buffer: [null, Pointer.create(77n)], function: [null, Pointer.create(77n)], pair: [pair(-3, 4.5)],
};
for (const type of types) {
  const got = [];
  const callback = new Callback({ parameters: [typeOf(type)], result: "void" }, (...args) => got.push(args));
  for (const value of passed[type]) c[`${type}_to`](callback.pointer, value);
  equal(got, passed[type].map((value) => [value]), `argument ${type}`);
  callback.close();
}

// The receiver is nothing.
let receiver = 5;
const receiving = new Callback(definition, function () {
  receiver = this;
});
open({ it: { name: "bool_to", parameters: ["function", "bool"], result: "void" } }).it(receiving.pointer, true);
equal(receiver, undefined);
receiving.close();

// Results of every type: those that are taken, and what C gets.
const given = {
  bool: [true, false], u8: [0, 255], i8: [-128, 127], u16: [65535], i16: [-32768], u32: [4294967295], i32: [-2147483648],
  u64: [0n, 18446744073709551615n], i64: [-9223372036854775808n], f32: [1.5, NaN, -0], f64: [0.1, -Infinity],
  pointer: [null, Pointer.create(77n)], usize: [5n], isize: [-5n], buffer: [null], function: [null, Pointer.create(77n)],
  pair: [pair(-3, 4.5)],
};
const converted = [
  ["u64", 5, 5n], ["u64", -1n, 18446744073709551615n], ["i64", -5, -5n], ["f32", 0.1, 0.10000000149011612], ["u8", -0, 0],
];
for (const type of types) {
  let value;
  const callback = new Callback({ parameters: [], result: typeOf(type) }, () => value);
  const from = () => c[`${type}_from`](callback.pointer);
  for (value of given[type]) equal(from(), value, `result ${type}`);
  for (const [of, from_, to] of converted) {
    if (of !== type) continue;
    value = from_;
    equal(from(), to, `result ${type} of ${show(from_)}`);
  }

  // What is none of the type: C gets zeros, and a TypeError surfaces when it has returned.
  const message = new RegExp(`^Invalid FFI ${type === "pair" ? "struct" : type} type, .*: result of a callback: `);
  const wrong = { undefined: undefined, text: "1", object: {}, symbol: Symbol("1"), function: nothing, promise: Promise.resolve(1) };
  if (!["pointer", "function", "buffer"].includes(type)) wrong.null = null;
  if (!type.startsWith("f")) Object.assign(wrong, { fraction: 1.5, NaN: NaN });
  if (type !== "bool") wrong.true = true;
  if (!/64|size/.test(type)) wrong.bigint = 1n;
  if (type.startsWith("u")) wrong.negative = -1;
  if (type !== "pair" && type !== "buffer") wrong.bytes = new Uint8Array(32);
  if (type === "pair") wrong.short = new Uint8Array(15);
  if (type === "u8") wrong.range = 256;
  if (type === "i32") wrong.range = 2147483648;
  for (const [name, bad] of Object.entries(wrong)) {
    value = bad;
    throws(from, "TypeError", message, `result ${type} of ${name}`);
  }
  value = given[type][0];
  equal(from(), given[type][0], `result ${type}, after those`);
  callback.close();

  // What the function throws surfaces when C has returned, as it is.
  for (const thrown of [new RangeError("thrown"), "text", 5, null, undefined]) {
    const throwing = new Callback({ parameters: [], result: typeOf(type) }, () => {
      throw thrown;
    });
    let caught = "nothing";
    try {
      c[`${type}_from`](throwing.pointer);
    } catch (error) {
      caught = error;
    }
    equal(caught === thrown, true, `what is thrown for ${type}`);
    throwing.close();
  }

  // Closed: late calls give zeros.
  const late = { bool: false, u64: 0n, i64: 0n, usize: 0n, isize: 0n, pointer: null, buffer: null, function: null };
  late.pair = new Uint8Array(16);
  equal(from(), type in late ? late[type] : 0, `closed ${type}`);
}
equal(c.i32_from.name, "i32_from");

// A buffer as the result of a callback: C gets its address.
const bytes = Uint8Array.of(1, 2, 3);
const buffers = new Callback({ parameters: [], result: "buffer" }, () => bytes);
equal(c.buffer_from(buffers.pointer), Pointer.of(bytes));
buffers.close();

// void: whatever the function returns.
for (const value of [undefined, 5, "x", {}, nothing]) {
  const callback = new Callback({ parameters: ["i32"], result: "void" }, () => value);
  equal(c.i32_to(callback.pointer, 1), undefined);
  callback.close();
}

// The first exception is the one; the second call runs no script, and C got zeros for both.
const calls = [];
const throwing = new Callback(unary, (it) => {
  calls.push(it);
  throw new Error(`call ${it}`);
});
throws(() => c.call_twice(throwing.pointer, 7), "Error", "call 7");
equal(calls, [7]);
throwing.close();

// Recursive.
let depth = 0;
const recursive = new Callback(unary, (it) => {
  depth++;
  return it === 0 ? 0 : c.i32_from_with(it - 1) + it;
});
c.i32_from_with = (it) => new Deno.UnsafeFnPointer(recursive.pointer, unary).call(it);
equal(c.i32_from_with(60), 1830);
equal(depth, 61);
// An exception through all of them, and one that is caught on its way.
const failing = new Callback(unary, (it) => {
  if (it === 0) throw new Error("at the bottom");
  const inner = new Deno.UnsafeFnPointer(failing.pointer, unary);
  if (it === 5) {
    try {
      return inner.call(it - 1);
    } catch (error) {
      equal(error.message, "at the bottom");
      return 500;
    }
  }
  return inner.call(it - 1) + 1;
});
equal(new Deno.UnsafeFnPointer(failing.pointer, unary).call(8), 503);
throws(() => new Deno.UnsafeFnPointer(failing.pointer, unary).call(3), "Error", "at the bottom");
failing.close();
recursive.close();

// Closed while it runs, by itself, and closed before it is called again.
const closing = new Callback(unary, (it) => {
  closing.close();
  litter(100);
  return it;
});
equal(c.call_twice(closing.pointer, 7), 7000, "the first call is answered, the second one gives 0");

// Kept by C, called later, also by the one who was not there when it was made.
const kept = new Callback(unary, (it) => it * 2);
c.keep(kept.pointer);
litter();
equal(c.call_kept(21), 42);
kept.close();
equal(c.call_kept(21), 0);
equal(c.call_kept(21), 0);

// Promises: a function that is async works where nothing is to be returned, and its end comes later.
const steps = [];
const slow = new Callback({ parameters: ["i32"], result: "void" }, async (it) => {
  steps.push(`begin ${it}`);
  await null;
  steps.push(`end ${it}`);
});
c.i32_to(slow.pointer, 1);
c.i32_to(slow.pointer, 2);
equal(steps, ["begin 1", "begin 2"]);
await new Promise((resolve) => setTimeout(resolve, 1));
equal(steps, ["begin 1", "begin 2", "end 1", "end 2"]);
slow.close();
const promising = new Callback(unary, async (it) => it);
throws(
  () => c.call_twice(promising.pointer, 1), "TypeError",
  "Invalid FFI i32 type, expected integer: result of a callback: expected an integer, not an object",
);
promising.close();

// Microtasks do not run while C runs.
const order = [];
const queueing = new Callback(unary, (it) => {
  Promise.resolve().then(() => order.push(`job ${it}`));
  order.push(`call ${it}`);
  return 0;
});
c.call_twice(queueing.pointer, 1);
order.push("returned");
await null;
equal(order, ["call 1", "call 2", "returned", "job 1", "job 2"]);
queueing.close();

// ref and unref count.
const counted = new Callback(unary, (it) => it);
equal([counted.ref(), counted.ref(), counted.unref(), counted.unref(), counted.unref()], [1, 2, 1, 0, 0]);
equal([counted.ref(), counted.unref()], [1, 0]);
counted.close();
equal([counted.ref(), counted.unref()], [0, 0], "closed");
const safe = Callback.threadSafe(unary, (it) => it + 1);
equal(safe instanceof Callback, true);
equal(c.call_twice(safe.pointer, 1), 2003);
equal([safe.unref(), safe.unref(), safe.ref()], [0, 0, 1]);
safe.close();

await rejects(Promise.reject(new Error("the checks work")), "Error", "the checks work");
console.log("end");
