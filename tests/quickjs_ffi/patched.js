// Uses the whole of the FFI while no built-in of the language works. So this script uses operators alone.

const [library] = Deno.args;
const { log } = console;
const [BytesOf, BigInts, Memory, View] = [Uint8Array, BigInt64Array, ArrayBuffer, DataView];
const pair = new Uint8Array(new Float64Array([0, 1.5]).buffer);
pair[0] = 7;
const text = new URL(`file://${library}`);
await import("../quickjs/poison.js");

function same(actual, expected, what) {
  if (actual !== expected) throw what;
}
function throws(run, message) {
  try {
    run();
  } catch (error) {
    same(error.message, message, message);
    return;
  }
  throw `nothing thrown, and not ${message}`;
}

const PAIR = { struct: ["i32", "f64"] };
const opened = Deno.dlopen(text, {
  i32_back: { parameters: ["i32"], result: "i32" },
  u64_back: { parameters: ["u64"], result: "u64" },
  f32_back: { parameters: ["f32"], result: "f32" },
  bool_back: { parameters: ["bool"], result: "bool" },
  pointer_back: { parameters: ["pointer"], result: "pointer" },
  pair_back: { parameters: [PAIR], result: PAIR },
  sum: { parameters: ["buffer", "usize"], result: "i32" },
  fill: { parameters: ["buffer", "usize", "u8"], result: "void" },
  pair_sum: { parameters: [PAIR, PAIR], result: "f64" },
  i32_from: { parameters: ["function"], result: "i32" },
  i32_to: { parameters: ["function", "i32"], result: "void" },
  pair_from: { parameters: ["function"], result: PAIR },
  i32_static: { type: "i32" },
  text_static: { type: "pointer" },
  slow: { name: "i32_back", parameters: ["i32"], result: "i32", nonblocking: true },
  slow_pair: { name: "pair_back", parameters: [PAIR], result: PAIR, nonblocking: true },
  missing: { parameters: [], result: "void", optional: true },
});
const { symbols } = opened;
same(symbols.i32_back(5), 5, "i32");
same(symbols.u64_back(2n ** 63n), 2n ** 63n, "u64");
same(symbols.f32_back(0.5), 0.5, "f32");
same(symbols.bool_back(true), true, "bool");
same(symbols.pointer_back(null), null, "pointer");
same(symbols.missing, null, "missing");
same(symbols.i32_static, -2000000000, "static");
same(symbols.pair_back(pair)[0], 7, "struct");
const into = new BytesOf(16);
same(symbols.pair_back.into(pair, into), undefined, "into");
same(into[0], 7, "into");
same(symbols.pair_sum(pair, pair), 17, "two structs");
const bytes = new BytesOf(4);
symbols.fill(bytes, 4n, 9);
same(symbols.sum(bytes, 4), 36, "buffer");
throws(() => symbols.i32_back("x"), "Invalid FFI i32 type, expected integer: argument 1 of i32_back: expected an integer, not a string");
throws(() => Deno.dlopen(library, { no: { parameters: ["i33"], result: "void" } }), "no.parameters[0]: unknown type `i33`");
throws(() => Deno.dlopen(library, null), "Invalid FFI symbols, expected an object");

const callback = new Deno.UnsafeCallback({ parameters: [], result: "i32" }, () => 42);
same(symbols.i32_from(callback.pointer), 42, "callback");
let got = 0;
const receiver = new Deno.UnsafeCallback({ parameters: ["i32"], result: "void" }, (value) => got = value);
symbols.i32_to(receiver.pointer, 11);
same(got, 11, "argument of a callback");
const structs = new Deno.UnsafeCallback({ parameters: [], result: PAIR }, () => pair);
same(symbols.pair_from(structs.pointer)[0], 7, "struct of a callback");
const failing = new Deno.UnsafeCallback({ parameters: [], result: "i32" }, () => {
  throw "mine";
});
let caught;
try {
  symbols.i32_from(failing.pointer);
} catch (error) {
  caught = error;
}
same(caught, "mine", "exception of a callback");
same(callback.ref(), 1, "ref");
same(callback.unref(), 0, "unref");
same(Deno.UnsafePointer.value(callback), Deno.UnsafePointer.value(callback.pointer), "value of a callback");
const threadSafe = Deno.UnsafeCallback.threadSafe({ parameters: [], result: "i32" }, () => 43);

const call = new Deno.UnsafeFnPointer(callback.pointer, { parameters: [], result: "i32" });
same(call.call(), 42, "function pointer");

const pointer = Deno.UnsafePointer.of(bytes);
same(Deno.UnsafePointer.equals(pointer, Deno.UnsafePointer.create(Deno.UnsafePointer.value(pointer))), true, "pointers");
same(Deno.UnsafePointer.value(Deno.UnsafePointer.offset(pointer, 1)), Deno.UnsafePointer.value(pointer) + 1n, "offset");
const view = new Deno.UnsafePointerView(pointer);
same(view.getUint8(), 9, "getUint8");
same(view.getInt16(1), 0x909, "getInt16");
same(view.getBool(), true, "getBool");
same(view.getUint32(), 0x9090909, "getUint32");
same(new Deno.UnsafePointerView(Deno.UnsafePointer.of(new View(new Memory(8)))).getBigInt64(), 0n, "getBigInt64");
same(new Deno.UnsafePointerView(symbols.text_static).getCString(), "text", "getCString");
same(Deno.UnsafePointerView.getCString(symbols.text_static, 1), "ext", "getCString with an offset");
same(new BytesOf(view.getArrayBuffer(4))[3], 9, "getArrayBuffer");
const copy = new BigInts(1);
Deno.UnsafePointerView.copyInto(Deno.UnsafePointer.of(new BytesOf(8)), copy);
same(copy[0], 0n, "copyInto");
throws(() => new Deno.UnsafePointerView(null).getUint8(), "Invalid u8 pointer, pointer is null");
throws(() => Deno.UnsafePointer.create("x"), "Invalid address, expected a bigint");

same(await symbols.slow(6), 6, "nonblocking");
same((await symbols.slow_pair(pair))[0], 7, "nonblocking struct");
same(await new Deno.UnsafeFnPointer(callback.pointer, { parameters: [], result: "i32", nonblocking: true }).call(), 42, "both");
let rejected;
try {
  await symbols.slow("x");
} catch (error) {
  rejected = error.message;
}
same(rejected, "Invalid FFI i32 type, expected integer: argument 1 of i32_back: expected an integer, not a string", "rejection");

for (let index = 0; index < 4; index++) [callback, receiver, structs, failing][index].close();
threadSafe.close();
opened.close();
Deno.dlopen("", { getpid: { parameters: [], result: "i32" } }).close();
setTimeout(() => log("end"));
