// Buffers whose bytes script gives away while C works on them. Under valgrind this shows that nobody reads or writes what was
// freed.
import { equal, litter, open, pair, PAIR } from "./check.js";

const nonblocking = true;
const c = open({
  close_gate: { parameters: [], result: "void" },
  open_gate: { parameters: [], result: "void" },
  sum_at_gate: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
  fill_at_gate: { parameters: ["buffer", "usize", "u8"], result: "i32", nonblocking },
  sum_after: { parameters: ["buffer", "usize", "function"], result: "i32" },
  fill_after: { parameters: ["buffer", "usize", "u8", "function"], result: "void" },
  pair_after: { parameters: [PAIR, "function"], result: "f64" },
  pair_from: { parameters: ["function"], result: PAIR },
});
const junk = [];
// Blocks of all sizes, so that what was freed is used again.
function reuse() {
  for (let i = 0; i < 50; i++) junk.push(new Uint8Array(16 << (i % 8)).fill(0xee));
  litter(200);
}

const giveAway = {
  transfer: (buffer) => buffer.transfer(),
  "transfer to another length": (buffer) => buffer.transfer(3),
  "transfer to nothing": (buffer) => buffer.transfer(0),
  "transfer twice": (buffer) => buffer.transfer(2000).transfer(10),
  transferToFixedLength: (buffer) => buffer.transferToFixedLength(5000),
  "transfer and drop": (buffer) => void buffer.transfer(),
  "resize to less": (buffer) => buffer.resize(1),
  "resize to nothing": (buffer) => buffer.resize(0),
  "resize to more": (buffer) => buffer.resize(4000),
  "resize up and down": (buffer) => [4000, 1, 3000, 0, 2000].forEach((len) => buffer.resize(len)),
  "resize and transfer": (buffer) => {
    buffer.resize(4000);
    buffer.transfer(10);
  },
  nothing: () => {},
};
const make = (len) => new Uint8Array(new ArrayBuffer(len, { maxByteLength: 5000 }));

for (const [name, act] of Object.entries(giveAway)) {
  for (const len of [16, 1000]) {
    // During a nonblocking call that reads, and one that writes.
    c.close_gate();
    const read = make(len).fill(2);
    const written = make(len);
    const calls = [c.sum_at_gate(read, len), c.fill_at_gate(written, len, 3)];
    act(read.buffer);
    act(written.buffer);
    reuse();
    c.open_gate();
    equal(await Promise.all(calls), [len * 2, len * 3], `${name}, nonblocking`);

    // In a callback of a blocking call.
    const bytes = make(len).fill(5);
    const callback = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
      act(bytes.buffer);
      reuse();
    });
    equal(c.sum_after(bytes, len, callback.pointer), len * 5, `${name}, in a callback`);
    callback.close();
    const target = make(len);
    const filled = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
      act(target.buffer);
      reuse();
    });
    c.fill_after(target, len, 7, filled.pointer);
    filled.close();
    if (name === "nothing") equal(target, make(len).fill(7));
  }
}
for (const it of junk) if (it.some((byte) => byte !== 0xee)) throw new Error("somebody wrote to a buffer that C was never given");

// The bytes that went elsewhere whole are those that C works on.
c.close_gate();
const moved = new Uint8Array(100);
const filling = c.fill_at_gate(moved, 100, 9);
const owner = new Uint8Array(moved.buffer.transfer());
c.open_gate();
await filling;
equal(owner, new Uint8Array(100).fill(9));
equal(moved.length, 0);

// The same buffer in several calls at once; the last one to return lets go.
c.close_gate();
const twice = new Uint8Array(64).fill(1);
const both = [c.sum_at_gate(twice, 64), c.sum_at_gate(twice.subarray(32), 32), c.sum_at_gate(twice, 64)];
twice.buffer.transfer(1);
reuse();
c.open_gate();
equal(await Promise.all(both), [64, 32, 64]);

// Structs, and the buffer for a struct result.
const struct = pair(3, 4.5);
const stealing = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
  struct.buffer.transfer(0);
  reuse();
});
equal(c.pair_after(struct, stealing.pointer), 7.5);
stealing.close();
const result = new Uint8Array(16);
const taking = new Deno.UnsafeCallback({ parameters: [], result: PAIR }, () => {
  result.buffer.transfer(0);
  reuse();
  return pair(1, 2);
});
c.pair_from.into(result, taking.pointer);
taking.close();

// Shared memory, which can grow, stays where it is.
const shared = new SharedArrayBuffer(64, { maxByteLength: 4096 });
c.close_gate();
const growing = c.fill_at_gate(new Uint8Array(shared), 64, 4);
shared.grow(4096);
reuse();
c.open_gate();
equal(await growing, 256);
equal(new Uint8Array(shared, 0, 65), Uint8Array.from({ length: 65 }, (_, i) => (i < 64 ? 4 : 0)));
c.close_gate();
const dropped = c.fill_at_gate(new Uint8Array(new SharedArrayBuffer(500)), 500, 1);
reuse();
c.open_gate();
equal(await dropped, 500);

// Garbage while calls run.
c.close_gate();
const calls = Array.from({ length: 30 }, (_, i) => c.fill_at_gate(new Uint8Array(100 * (i + 1)), 100 * (i + 1), 1));
litter(5000);
c.open_gate();
equal(await Promise.all(calls), Array.from({ length: 30 }, (_, i) => 100 * (i + 1)));

// Blocks of all sizes that the engine has, and every way to give them away.
const ways = {
  "transfer(0)": (buffer) => buffer.transfer(0),
  "transfer(600)": (buffer) => buffer.transfer(600),
  "transferToFixedLength(1)": (buffer) => buffer.transferToFixedLength(1),
  "transferToImmutable(900)": (buffer) => buffer.transferToImmutable(900),
  "resize(0)": (buffer) => buffer.resize(0),
  "resize(3000)": (buffer) => buffer.resize(3000),
  "resize and transfer": (buffer) => (buffer.resize(2500), buffer.transfer(5)),
};
const lengths = Array.from({ length: 33 }, (_, i) => i * 16 + 8).concat([1, 2, 63, 504, 505, 1000]);
for (const [name, way] of Object.entries(ways)) {
  for (const length of lengths) {
    const buffer = new ArrayBuffer(length, name.startsWith("resize") ? { maxByteLength: 4000 } : undefined);
    const bytes = new Uint8Array(buffer).fill(3);
    let made;
    const giving = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
      made = way(buffer);
      junk.push(new Uint8Array(length).fill(0xee));
    });
    equal([name, length, c.sum_after(bytes, length, giving.pointer)], [name, length, 3 * length]);
    giving.close();
    if (made) equal(new Uint8Array(made), Uint8Array.from({ length: made.byteLength }, (_, i) => (i < length ? 3 : 0)));
  }
}

// A length that runs script first, which begins a call.
for (const [method, length] of [["transfer", 0], ["resize", 4000]]) {
  for (const size of [16, 64, 200, 5000]) {
    c.close_gate();
    const buffer = new ArrayBuffer(size, method === "resize" ? { maxByteLength: 9000 } : undefined);
    const bytes = new Uint8Array(buffer).fill(3);
    let sum;
    buffer[method]({ valueOf: () => ((sum = c.sum_at_gate(bytes, size)), length) });
    reuse();
    c.open_gate();
    equal(await sum, 3 * size);
  }
}

// Another buffer over a part of the bytes.
for (const size of [64, 200]) {
  const buffer = new ArrayBuffer(size);
  new Uint8Array(buffer).fill(3);
  const part = Deno.UnsafePointerView.getArrayBuffer(Deno.UnsafePointer.of(buffer), size - 8, 8);
  const giving = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
    buffer.transfer(0);
    reuse();
  });
  equal(c.sum_after(new Uint8Array(part), size - 8, giving.pointer), 3 * (size - 8));
  giving.close();
}

console.log("end");
