// UnsafeFnPointer both ways, structs that nest, and struct results into a buffer.
import { addressOf, equal, open, pair, PAIR, rejects, throws } from "./check.js";

const { UnsafeFnPointer: FnPointer, UnsafeCallback: Callback, UnsafePointer: Pointer } = Deno;

// A pointer from C, called by script.
const sum = { parameters: ["i32", "i32"], result: "i32" };
const { add_address, apply } = open({
  add_address: { parameters: [], result: "function" },
  apply: { parameters: ["function", "i32", "i32"], result: "i32" },
});
const add = new FnPointer(add_address(), sum);
equal(add.call(2, 3), 5);
equal(add.pointer, add_address());
equal(add.definition, sum);
equal(Object.keys(add), ["pointer", "definition"]);
throws(
  () => add.call("2", 3), "TypeError",
  "Invalid FFI i32 type, expected integer: argument 1 of function pointer: expected an integer, not a string",
);
throws(() => add.call(), "TypeError", /not undefined$/);
const later = new FnPointer(add_address(), { ...sum, nonblocking: true });
const promise = later.call(20, 30);
equal(promise instanceof Promise, true);
equal(await promise, 50);
await rejects(later.call(1.5, 1), "TypeError", /^Invalid FFI i32 type, expected integer: argument 1 /);

// A pointer from script, called by C: C's own function, and a callback.
equal(apply(add.pointer, 4, 5), 9);
const times = new Callback(sum, (a, b) => a * b);
equal(apply(times.pointer, 4, 5), 20);
// A callback, called by script as a function of C's.
equal(new FnPointer(times.pointer, sum).call(6, 7), 42);
equal(await new FnPointer(times.pointer, { ...sum, nonblocking: true }).call(6, 8), 48);
times.close();

for (const bad of [undefined, {}, 1n, 5, "add", () => {}]) {
  throws(() => new FnPointer(bad, sum), "TypeError", "Invalid FFI pointer type, expected null, or External");
}
throws(() => new FnPointer(null, sum), "TypeError", /is null$/);
throws(() => new FnPointer(add.pointer), "TypeError", "Invalid FFI definition, expected an object");

// C's functions of other types.
const back = (type, result = type) => new FnPointer(addressOf(`${type}_back`), { parameters: [type], result });
equal(back("bool").call(true), true);
equal(back("u64").call(2n ** 64n - 1n), 2n ** 64n - 1n);
equal(back("f32").call(0.1), 0.10000000149011612);
equal(back("pointer").call(Pointer.create(3n)), Pointer.create(3n));
equal(back("i32", "void").call(3), undefined);
const pairs = new FnPointer(addressOf("pair_back"), { parameters: [PAIR], result: PAIR });
equal(pairs.call(pair(3, 4.5)), pair(3, 4.5));

// Structs: nested, the same object more than once, small, and larger than registers.
const NESTED = { struct: ["u8", PAIR, { struct: ["i16", "f32"] }] };
const LARGE = { struct: ["i64", "i64", "i64", "i64", "i64"] };
const VECTOR = { struct: ["f32", "f32"] };
const c = open({
  nested_next: { parameters: [NESTED], result: NESTED },
  large_sum: { parameters: [LARGE, LARGE], result: LARGE },
  vector_swap: { parameters: [VECTOR], result: VECTOR },
  pair_sum: { parameters: [PAIR, PAIR], result: "f64" },
  pair_size: { parameters: [], result: "usize" },
  nested_size: { parameters: [], result: "usize" },
  pair_back: { parameters: [PAIR], result: PAIR },
  later: { name: "pair_back", parameters: [PAIR], result: PAIR, nonblocking: true },
  large_later: { name: "large_sum", parameters: [LARGE, LARGE], result: LARGE, nonblocking: true },
  pair_from: { parameters: ["function"], result: PAIR },
  large_from: { parameters: ["function", LARGE], result: LARGE },
});
equal([c.pair_size(), c.nested_size()], [16n, 32n]);
const nested = new DataView(new ArrayBuffer(32));
nested.setUint8(0, 255);
nested.setInt32(8, -5, true);
nested.setFloat64(16, 0.5, true);
nested.setInt16(24, 32767, true);
nested.setFloat32(28, -1.5, true);
const next = new DataView(c.nested_next(nested).buffer);
equal(next.byteLength, 32);
equal(next.getUint8(0), 0);
equal(next.getInt32(8, true), -4);
equal(next.getFloat64(16, true), 1.5);
equal(next.getInt16(24, true), -32768);
equal(next.getFloat32(28, true), -0.5);
equal(c.pair_sum(pair(1, 2.5), pair(10, 20)), 33.5);
const same = pair(1, 2.5);
equal(c.pair_sum(same, same), 7, "the same buffer twice");
const large = BigInt64Array.of(1n, 2n, 3n, 4n, 5n);
equal(new BigInt64Array(c.large_sum(large, large).buffer), BigInt64Array.of(2n, 4n, 6n, 8n, 10n));
equal(new Float32Array(c.vector_swap(Float32Array.of(1.5, -2)).buffer), Float32Array.of(-2, 1.5));
equal(await c.later(pair(8, 9)), pair(8, 9));
equal(new BigInt64Array((await c.large_later(large, large)).buffer)[4], 10n);
const twice = { struct: [PAIR, PAIR] };
throws(
  () => open({ pair_back: { parameters: [twice], result: "void" } }).pair_back(new Uint8Array(31)), "TypeError",
  /: 31 bytes are too few: it has 32$/,
);

// Struct results into the caller's buffer.
equal(typeof c.pair_back.into, "function");
equal(c.pair_sum.into, undefined);
equal(c.later.into, undefined);
const result = new Uint8Array(16);
equal(c.pair_back.into(pair(5, 6), result), undefined);
equal([c.pair_back.into.name, c.pair_back.into.length], ["into", 2]);
equal(result, pair(5, 6));
const longer = new Uint8Array(20).fill(1);
c.pair_back.into(pair(7, 8), longer.subarray(3));
equal(longer.subarray(3, 19), pair(7, 8));
equal([...longer.subarray(0, 3), longer[19]], [1, 1, 1, 1], "and no more");
c.pair_back.into(result, result);
equal(result, pair(5, 6), "argument and result in the same place");
c.large_sum.into(large, large, large);
equal(large, BigInt64Array.of(2n, 4n, 6n, 8n, 10n));
const view = new DataView(new ArrayBuffer(16));
c.pair_back.into(pair(1, 2), view);
equal(view.buffer, pair(1, 2).buffer);
const expected = "Invalid FFI struct type, expected ArrayBuffer, or ArrayBufferView";
throws(
  () => c.pair_back.into(result, new Uint8Array(15)), "TypeError",
  `${expected}: argument 2 of pair_back: 15 bytes are too few: it has 16`,
);
for (const [bad, kind] of [[undefined, "undefined"], [null, "null"], [5, "a number"], ["x", "a string"], [{}, "an object"]]) {
  throws(
    () => c.pair_back.into(result, bad), "TypeError",
    `${expected}: argument 2 of pair_back: expected a buffer, not ${kind}`,
  );
}
throws(
  () => c.pair_back.into(5, result), "TypeError", `${expected}: argument 1 of pair_back: expected a buffer, not a number`,
);
throws(() => c.pair_back.into(result), "TypeError", /not undefined$/);
throws(
  () => c.pair_back.into(result, new ArrayBuffer(16).transferToImmutable()), "TypeError",
  `${expected}: argument 2 of pair_back: expected a buffer, not an immutable buffer`,
);
equal(result, pair(5, 6), "untouched");

// Also where the callback that gives it throws the buffer's bytes away: they go nowhere, and that is all.
const taken = new Uint8Array(16);
const thief = new Callback({ parameters: [], result: PAIR }, () => {
  taken.buffer.transfer();
  return pair(1, 2);
});
c.pair_from.into(thief.pointer, taken);
equal(taken.length, 0);
thief.close();
const thrower = new Callback({ parameters: [], result: PAIR }, () => {
  throw new RangeError("none");
});
throws(() => c.pair_from.into(thrower.pointer, result), "RangeError", "none");
equal(result, pair(5, 6), "untouched by a call that throws");
throws(() => c.pair_from(thrower.pointer), "RangeError", "none");
thrower.close();

// Structs into callbacks and out of them.
const grow = new Callback({ parameters: [LARGE], result: LARGE }, (bytes) => {
  equal(bytes.constructor, Uint8Array);
  return new BigInt64Array(bytes.buffer).map((word) => word * 10n);
});
equal(new BigInt64Array(c.large_from(grow.pointer, large).buffer), BigInt64Array.of(20n, 40n, 60n, 80n, 100n));
equal(large[0], 2n, "the callback got a copy");
grow.close();

console.log("end");
