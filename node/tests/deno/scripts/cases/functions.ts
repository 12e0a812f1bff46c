// UnsafeFnPointer both ways, structs that nest, and struct results into a buffer.
import { ENDS, library, MISSING, PAIR, pair, test } from "./case.ts";

const { UnsafeFnPointer: FnPointer, UnsafeCallback: Callback } = Deno;
const BINARY = { parameters: ["i32", "i32"], result: "i32" } as const;
const NESTED = { struct: ["u8", PAIR, { struct: ["i16", "f32"] }] } as const;
const LARGE = { struct: ["i64", "i64", "i64", "i64", "i64"] } as const;
const VECTOR = { struct: ["f32", "f32"] } as const;
const { symbols: c } = Deno.dlopen(library, {
  add_address: { parameters: [], result: "pointer" },
  apply: { parameters: ["function", "i32", "i32"], result: "i32" },
  pair_address: { name: "pair_back", type: "function" },
  nested_next: { parameters: [NESTED], result: NESTED },
  large_sum: { parameters: [LARGE, LARGE], result: LARGE },
  vector_swap: { parameters: [VECTOR], result: VECTOR },
  pair_sum: { parameters: [PAIR, PAIR], result: "f64" },
  pair_back: { parameters: [PAIR], result: PAIR },
  pair_from: { parameters: ["function"], result: PAIR },
  large_from: { parameters: ["function", LARGE], result: LARGE },
});

// Pointers to functions.
const address = c.add_address()!;
const add = new FnPointer(address as never, BINARY);
await test("a function pointer", () => [
  add.call(2, 3),
  add.pointer === address,
  add.definition === BINARY,
  Object.keys(add),
]);
await test("a function pointer with text", () => add.call("2" as any, 3));
await test("a function pointer is applied", () => c.apply(address, 4, 5));
await test("a nonblocking function pointer", () =>
  new FnPointer(address as never, { ...BINARY, nonblocking: true }).call(2, 3));
await test("a function pointer with structs", () => {
  return new FnPointer(c.pair_address as never, { parameters: [PAIR], result: PAIR }).call(pair(1, 2));
});
await test("a function pointer to a callback", () => {
  const callback = new Callback(BINARY, (a, b) => a * b);
  const product = new FnPointer(callback.pointer, BINARY).call(6, 7);
  callback.close();
  return product;
});
await test("a function pointer that is null", () => new FnPointer(null as any, BINARY).call(1, 2), ENDS);
for (const [name, bad] of Object.entries({ undefined, "a bigint": 1n, "an object": {} })) {
  await test(`a function pointer to ${name}`, () => new FnPointer(bad as any, BINARY).call(1, 2));
}
for (const [name, bad] of Object.entries({ undefined, null: null, text: "add", nothing: {} })) {
  await test(`a function pointer with a definition that is ${name}`, () =>
    typeof new FnPointer(address as never, bad as any));
}

// Structs.
const nested = new DataView(new ArrayBuffer(32));
nested.setUint8(0, 255);
nested.setInt32(8, -5, true);
nested.setFloat64(16, 0.5, true);
nested.setInt16(24, 32767, true);
nested.setFloat32(28, -1.5, true);
await test("a struct of structs", () => {
  const next = new DataView(c.nested_next(nested).buffer);
  const last = [next.getInt16(24, true), next.getFloat32(28, true)];
  return [next.byteLength, next.getUint8(0), next.getInt32(8, true), next.getFloat64(16, true), ...last];
});
const large = BigInt64Array.of(1n, 2n, 3n, 4n, 5n);
await test("large structs", () => new BigInt64Array(c.large_sum(large, large).buffer));
await test("a struct in a register", () => new Float32Array(c.vector_swap(Float32Array.of(1.5, -2)).buffer));
await test("one struct twice", () => c.pair_sum(pair(1, 2.5), pair(1, 2.5)));
await test("a struct result", () => c.pair_back(pair(1, 2)).constructor === Uint8Array);
await test("a struct result is fresh", () => c.pair_back(pair(1, 2)) === c.pair_back(pair(1, 2)));
await test("an argument more before a struct result", () => (c.pair_back as any)(pair(1, 2), new Uint8Array(16)));
await test("no argument before a struct result", () => (c.pair_back as any)());

// Struct results into the caller's buffer.
await test("into", () => typeof (c.pair_back as any).into);
const into = (...args: unknown[]) => (c.pair_back as any).into(...args);
const result = new Uint8Array(16);
await test("into a buffer", () => [into(pair(5, 6), result), result], MISSING);
const longer = new Uint8Array(20).fill(1);
await test("into a longer buffer", () => [into(pair(7, 8), longer.subarray(3)), longer], MISSING);
await test("into its argument", () => [into(result, result), result], MISSING);
await test("into a short buffer", () => into(result, new Uint8Array(15)), MISSING);
await test("into null", () => into(result, null), MISSING);
await test("into nothing", () => into(result), MISSING);
await test("the number of parameters of into", () => (c.pair_back as any).into.length, MISSING);

// Structs into callbacks and out of them.
await test("a callback with structs", () => {
  const grow = new Callback({ parameters: [LARGE], result: LARGE }, (bytes) => {
    return new BigInt64Array(bytes.buffer).map((word) => word * 10n);
  });
  const sum = c.large_from(grow.pointer, large);
  grow.close();
  return [new BigInt64Array(sum.buffer), large[0]];
});
const structThatThrows = () => {
  const thrower = new Callback({ parameters: [], result: PAIR }, () => {
    throw new RangeError("none");
  });
  try {
    return c.pair_from(thrower.pointer);
  } finally {
    thrower.close();
  }
};
await test("a callback with structs that throws", structThatThrows, ENDS);
