// Buffers that C was given stay until the event loop's next turn, also if script has forgotten them.
import { equal, litter, open, until } from "./check.js";

const { UnsafeCallback: Callback, UnsafePointer: Pointer, UnsafePointerView: View } = Deno;
const c = open({
  keep_bytes: { parameters: ["buffer"], result: "void" },
  keep_pointer: { name: "keep_bytes", parameters: ["pointer"], result: "void" },
  keep_later: { name: "keep_bytes", parameters: ["buffer"], result: "void", nonblocking: true },
  keep_result: { parameters: ["function"], result: "void" },
  sum_kept: { parameters: ["usize"], result: "i32" },
  sum: { parameters: ["buffer", "usize"], result: "i32" },
});
const turn = () => new Promise((resolve) => setTimeout(resolve));
const fresh = (len, options) => new Uint8Array(new ArrayBuffer(len, options)).fill(1);
const junk = [];
function reuse() {
  for (let i = 0; i < 200; i++) junk.push(fresh(16 << (i % 9)).fill(0xee));
  litter(2000);
  gc();
}
const buffers = new Callback({ parameters: [], result: "buffer" }, () => fresh(40));
const pointers = new Callback({ parameters: [], result: "pointer" }, () => Pointer.offset(Pointer.of(fresh(40)), 8));

const ways = {
  "a buffer": (len) => c.keep_bytes(fresh(len)),
  "a part of one": (len) => c.keep_bytes(fresh(len + 8).subarray(8)),
  "a data view": (len) => c.keep_bytes(new DataView(fresh(len).buffer)),
  "shared memory": (len) => c.keep_bytes(new Uint8Array(new SharedArrayBuffer(len)).fill(1)),
  "a resizable buffer": (len) => c.keep_bytes(fresh(len, { maxByteLength: 2 * len })),
  "a buffer that is given away": (len) => {
    const bytes = fresh(len);
    c.keep_bytes(bytes);
    bytes.buffer.transfer(2 * len);
  },
  "a buffer that is given away twice": (len) => {
    const bytes = fresh(len);
    c.keep_bytes(bytes);
    bytes.buffer.transfer().transfer(0);
  },
  "a pointer": (len) => c.keep_pointer(Pointer.of(fresh(len))),
  "a pointer into one": (len) => c.keep_pointer(Pointer.offset(Pointer.of(fresh(len + 8)), 8)),
  "a buffer over a buffer": (len) => c.keep_bytes(View.getArrayBuffer(Pointer.of(fresh(len)), len)),
  "the result of a callback": (_) => c.keep_result(buffers.pointer),
  "a pointer from a callback": (_) => c.keep_result(pointers.pointer),
};
for (const [name, give] of Object.entries(ways)) {
  for (const len of [40, 500, 10000]) {
    for (let i = 0; i < 50; i++) give(len);
    reuse();
    equal(c.sum_kept(32), 50 * 32, `${name}, ${len} bytes`);
    await turn();
  }
}

// A pointer that was made on another turn, and is forgotten with its last call.
let pointer = Pointer.offset(Pointer.of(fresh(108)), 8);
await turn();
c.keep_pointer(pointer);
pointer = null;
reuse();
equal(c.sum_kept(100), 100, "a pointer of another turn");

// A turn is everything until the loop waits: promises too.
c.keep_bytes(fresh(50));
await null;
await Promise.resolve().then(reuse);
equal(c.sum_kept(50), 50, "after promises");

// A buffer that a nonblocking call was given stays in the turn in which the promise is settled.
await c.keep_later(fresh(50));
reuse();
equal(c.sum_kept(50), 50, "after a nonblocking call");

// So does what a function is given by a timer, and by a callback.
let summed;
setTimeout(() => {
  c.keep_bytes(fresh(50));
  reuse();
  summed = c.sum_kept(50);
});
await until(() => summed !== undefined);
equal(summed, 50, "in a timer");

// Script may make a call in the middle of giving the bytes away.
let inside = new Uint8Array(64).fill(1);
inside.buffer.transfer({ valueOf: () => (c.keep_bytes(inside), 0) });
inside = null;
reuse();
equal(c.sum_kept(64), 64, "a call while a transfer reads its argument");

// After the turn it is gone.
let gone = 0;
const registry = new FinalizationRegistry(() => gone++);
function give(i) {
  const { buffer } = fresh(50);
  registry.register(buffer);
  c.sum(buffer, 50);
  if (i % 2) Pointer.of(buffer);
}
for (let i = 0; i < 10; i++) give(i);
gc();
await null;
equal(gone, 0, "before the turn ends");
await turn();
gc();
await turn();
equal(gone, 10, "after it");

// 64 MiB of buffers wait for a turn to end, and of more the last ones.
for (let i = 0; i < 200; i++) {
  const bytes = new Uint8Array(1 << 20).fill(1);
  if (i === 150) c.keep_bytes(bytes);
  else c.sum(bytes, 1);
}
reuse();
equal(c.sum_kept(1000), 1000, "within the limit");

for (const it of junk) if (it.some((byte) => byte !== 0xee)) throw new Error("somebody wrote to a buffer that C was never given");
buffers.close();
pointers.close();
console.log("end");
