// A million calls take no memory, nor do callbacks, pointers and nonblocking calls that are over.
import { equal, library, open, pair, PAIR } from "./check.js";

const { UnsafeCallback: Callback, UnsafePointer: Pointer, UnsafePointerView: View, UnsafeFnPointer: FnPointer } = Deno;
const unary = { parameters: ["i32"], result: "i32" };
const c = open({
  resident: { parameters: [], result: "i64" },
  add: { parameters: ["i32", "i32"], result: "i32" },
  u64_back: { parameters: ["u64"], result: "u64" },
  f64_back: { parameters: ["f64"], result: "f64" },
  sum: { parameters: ["buffer", "usize"], result: "i32" },
  pointer_back: { parameters: ["pointer"], result: "pointer" },
  pointer_from: { parameters: ["function"], result: "pointer" },
  pair_back: { parameters: [PAIR], result: PAIR },
  call_twice: { parameters: ["function", "i32"], result: "i32" },
  i32_later: { name: "i32_back", parameters: ["i32"], result: "i32", nonblocking: true },
  sum_later: { name: "sum", parameters: ["buffer", "usize"], result: "i32", nonblocking: true },
  twice_later: { name: "call_twice", parameters: ["function", "i32"], result: "i32", nonblocking: true },
});
const callback = new Callback(unary, (it) => it);
const throwing = new Callback(unary, (it) => {
  throw new Error(`call ${it}`);
});
const giving = new Callback({ parameters: [], result: "buffer" }, () => new Uint8Array(50));
const bytes = new Uint8Array(100);
const struct = pair(1, 2);
const caught = (run) => {
  try {
    run();
  } catch {
    return;
  }
  throw new Error("nothing was thrown");
};

// So many times each, of which the first tenth warms up.
const kinds = {
  numbers: [1000000, (i) => c.add(i, 1)],
  doubles: [100000, (i) => c.f64_back(i / 3)],
  bigints: [100000, (i) => c.u64_back(2n ** 63n + BigInt(i))],
  buffers: [100000, () => c.sum(bytes, 100)],
  "fresh buffers": [100000, () => c.sum(new Uint8Array(50), 50)],
  "fresh large buffers": [20000, () => c.sum(new Uint8Array(5000), 5000)],
  "resizable buffers": [20000, () => {
    const buffer = new ArrayBuffer(50, { maxByteLength: 5000 });
    c.sum(buffer, 50);
    buffer.resize(0);
    buffer.transfer().resize(4000);
  }],
  "buffers that are given away": [50000, () => {
    const buffer = new ArrayBuffer(50);
    c.sum(buffer, 50);
    buffer.transfer(60).transferToFixedLength(70).transferToImmutable(0);
  }],
  "buffers over buffers": [50000, () => c.sum(View.getArrayBuffer(Pointer.of(new Uint8Array(50)), 50), 50)],
  "results of callbacks": [50000, () => c.pointer_from(giving.pointer)],
  structs: [100000, () => c.pair_back(struct)],
  "structs into a buffer": [50000, () => c.pair_back.into(struct, bytes)],
  pointers: [100000, (i) => c.pointer_back(Pointer.create(BigInt(i)))],
  "pointers to buffers": [50000, () => Pointer.offset(Pointer.of(new Uint8Array(50)), 1)],
  views: [50000, () => new View(Pointer.of(bytes)).getArrayBuffer(50).transfer()],
  text: [50000, () => View.getCString(Pointer.of(bytes))],
  "calls of a callback": [100000, (i) => c.call_twice(callback.pointer, i)],
  "callbacks that throw": [20000, () => caught(() => c.call_twice(throwing.pointer, 1))],
  "refused arguments": [20000, () => caught(() => c.add("1", 2))],
  callbacks: [10000, () => new Callback(unary, (it) => it).close()],
  "function pointers": [5000, () => new FnPointer(callback.pointer, unary).call(1)],
  libraries: [2000, () => Deno.dlopen(library, { add: { parameters: ["i32", "i32"], result: "i32" } }).close()],
  "nonblocking calls": [5000, (i) => c.i32_later(i)],
  "nonblocking calls with buffers": [5000, () => {
    const buffer = new Uint8Array(600);
    const done = c.sum_later(buffer, 600);
    buffer.buffer.transfer(0);
    return done;
  }],
  "nonblocking calls with small buffers": [5000, () => {
    const buffer = new Uint8Array(60);
    const done = c.sum_later(buffer, 60);
    buffer.buffer.transfer(20);
    return done;
  }],
  "nonblocking calls with callbacks": [2000, (i) => c.twice_later(callback.pointer, i)],
  "rejected calls": [5000, () => c.i32_later("x").catch(() => {})],
};
// Without the garbage that the engine is about to collect.
const resident = () => (gc(), c.resident());
const [, only] = Deno.args;
for (const [name, [times, run]] of Object.entries(kinds)) {
  if (only !== undefined && only !== name) continue;
  let before;
  for (let i = 0; i < times; i++) {
    if (i === times / 10) before = resident();
    const result = run(i);
    if (result instanceof Promise) await result;
    // Buffers that calls were given stay until the event loop's turn ends.
    if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  // Less than what a byte for each call comes to, or the allocator's slack.
  const grown = Number(resident() - before);
  if (grown > Math.max(1024, times / 1024)) throw new Error(`${times} times ${name}: ${grown} KiB more`);
}
equal(c.add(1, 2), 3);
callback.close();
throwing.close();
giving.close();

// On one turn too: a buffer that many calls are given is kept once, and of others only so many bytes.
for (const [name, run] of [["one buffer", () => c.sum(bytes, 100)], ["fresh buffers", () => c.sum(new Uint8Array(1000), 1000)]]) {
  const before = resident();
  for (let i = 0; i < 300000; i++) run();
  const grown = Number(resident() - before);
  if (grown > (name === "one buffer" ? 1024 : 128 * 1024)) throw new Error(`${name} on one turn: ${grown} KiB more`);
}

console.log("end");
