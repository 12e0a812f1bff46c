// Buffers whose bytes script gives away while C works on them. Under valgrind this shows that nobody reads or writes what was
// freed.
import { equal, litter, open, pair, PAIR, throws } from "./check.js";

const nonblocking = true;
const c = open({
  close_gate: { parameters: [], result: "void" },
  open_gate: { parameters: [], result: "void" },
  sum_at_gate: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
  fill_at_gate: { parameters: ["buffer", "usize", "u8"], result: "i32", nonblocking },
  sum_after: { parameters: ["buffer", "usize", "function"], result: "i32" },
  fill_after: { parameters: ["buffer", "usize", "u8", "function"], result: "void" },
  fill_pointer_after: { name: "fill_after", parameters: ["pointer", "usize", "u8", "function"], result: "void" },
  pair_after: { parameters: [PAIR, "function"], result: "f64" },
  pair_from: { parameters: ["function"], result: PAIR },
});
const nothing = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {});
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
  "resize to nothing and transfer": (buffer) => {
    buffer.resize(0);
    buffer.transfer();
  },
  "resize to nothing, transfer and grow": (buffer) => {
    buffer.resize(0);
    buffer.transfer().resize(5000);
  },
  "resize to nothing and transferToFixedLength": (buffer) => {
    buffer.resize(0);
    junk.push(new Uint8Array(buffer.transferToFixedLength(500)).fill(0xee));
  },
  "resize to nothing and transferToImmutable": (buffer) => {
    buffer.resize(0);
    buffer.transferToImmutable(9);
  },
  "transfer to nothing and grow": (buffer) => {
    const empty = buffer.transfer(0);
    empty.resize(5000);
    junk.push(new Uint8Array(empty).fill(0xee));
  },
  "everything that is refused": (buffer) => {
    const last = buffer.transferToFixedLength();
    throws(() => buffer.resize(1), "TypeError", /detached/);
    throws(() => buffer.transfer(), "TypeError", /detached/);
    throws(() => last.resize(1), "TypeError", /not resizable/);
    throws(() => last.transfer(-1), "RangeError", /./);
    throws(() => last.transfer(2 ** 40), "RangeError", /./);
    throws(() => last.transfer({ valueOf() { throw new EvalError("mine"); } }), "EvalError", "mine");
    throws(() => last.transferToFixedLength(Symbol()), "TypeError", /./);
    const immutable = last.transferToImmutable();
    throws(() => immutable.resize(1), "TypeError", /immutable/);
    throws(() => immutable.transfer(), "TypeError", /immutable/);
    throws(() => immutable.transfer(1), "TypeError", /immutable/);
  },
  "resizes that are refused": (buffer) => {
    throws(() => buffer.resize(5001), "RangeError", /invalid array buffer length/);
    throws(() => buffer.resize(-1), "RangeError", /invalid array buffer length/);
    throws(() => buffer.resize({ valueOf() { throw new EvalError("mine"); } }), "EvalError", "mine");
    throws(() => buffer.transfer(5001), "TypeError", /invalid array buffer length/);
  },
  nothing: () => {},
};
const make = (len) => new Uint8Array(new ArrayBuffer(len, { maxByteLength: 5000 }));

for (const [name, act] of Object.entries(giveAway)) {
  // A buffer that grows again is the same one, with zeros.
  const seen = name === "resize up and down" ? 0 : 1;
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
    equal(await Promise.all(calls), [len * 2 * seen, len * 3], `${name}, nonblocking`);

    // In a callback of a blocking call.
    const bytes = make(len).fill(5);
    const callback = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
      act(bytes.buffer);
      reuse();
    });
    equal(c.sum_after(bytes, len, callback.pointer), len * 5 * seen, `${name}, in a callback`);
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
c.pair_from.into(taking.pointer, result);
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
  "resize(0), transfer()": (buffer) => (buffer.resize(0), buffer.transfer(), undefined),
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

// A resizable buffer stays where it is, so that C and script see the same bytes.
{
  const buffer = new ArrayBuffer(10, { maxByteLength: 100000 });
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
  for (const len of [1, 100000, 0, 50]) {
    buffer.resize(len);
    equal(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)), start);
  }
  c.close_gate();
  const filled = c.fill_at_gate(buffer, 50, 7);
  buffer.resize(100000);
  const heir = buffer.transfer().transfer();
  c.open_gate();
  await filled;
  equal(new Uint8Array(heir, 0, 51), Uint8Array.from({ length: 51 }, (_, i) => (i < 50 ? 7 : 0)));
}

// The length comes from what script gives, and not from what `Object.prototype` has.
{
  let looked = 0;
  Object.defineProperty(Object.prototype, "maxByteLength", { get: () => (looked++, 5000), set: () => looked++, configurable: true });
  const empty = new ArrayBuffer(0, { __proto__: null, maxByteLength: 0 });
  const heir = empty.transfer();
  delete Object.prototype.maxByteLength;
  equal([empty, heir].map((buffer) => buffer.maxByteLength), [0, 0]);
  equal(looked, 0);
  throws(() => heir.resize(1), "RangeError", /invalid array buffer length/);
}

// Views of every kind, empty ones too, keep the whole buffer.
for (const view of [
  (buffer) => buffer,
  (buffer) => new DataView(buffer, 3),
  (buffer) => new Uint8Array(buffer, buffer.byteLength),
  (buffer) => new Float64Array(buffer, 8, 0),
  (buffer) => new DataView(buffer, buffer.byteLength, 0),
  (buffer) => new Uint16Array(buffer, 2, 3),
]) {
  for (const size of [16, 64, 4096]) {
    for (const options of [undefined, { maxByteLength: 5000 }]) {
      let buffer = new ArrayBuffer(size, options);
      const given = view(buffer);
      const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
      const offset = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(given)) - start);
      const filling = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
        if (options) buffer.resize(0);
        buffer.transfer(size + 8);
        buffer = undefined;
        reuse();
      });
      // Up to the end of what it is a view of.
      c.fill_after(given, size - offset, 1, filling.pointer);
      filling.close();
    }
  }
}

// Through a pointer, which was made on another turn and leads into the buffer.
for (const size of [16, 200, 5000]) {
  for (const way of Object.values(ways)) {
    const buffer = new ArrayBuffer(size, { maxByteLength: 6000 });
    const pointer = Deno.UnsafePointer.offset(Deno.UnsafePointer.of(new Uint8Array(buffer).fill(3)), 8);
    await new Promise((resolve) => setTimeout(resolve));
    const giving = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
      way(buffer);
      reuse();
    });
    // The view that the pointer was made of is longer than its buffer now.
    if (size === 200) buffer.resize(0);
    c.fill_pointer_after(pointer, size - 8, 1, giving.pointer);
    giving.close();
  }
}

// Bytes that pointers lead to stay, whatever has become of the buffer.
for (const size of [16, 200, 5000]) {
  for (const options of [undefined, { maxByteLength: 5000 }]) {
    for (const way of Object.values(giveAway).concat(Object.values(ways))) {
      if (!options && /resize/.test(way)) continue;
      let buffer = new ArrayBuffer(size, options);
      let pointer = Deno.UnsafePointer.of(new Uint8Array(buffer).fill(3));
      let part = Deno.UnsafePointerView.getArrayBuffer(pointer, size);
      pointer = Deno.UnsafePointer.offset(pointer, 8);
      await new Promise((resolve) => setTimeout(resolve));
      way(buffer);
      buffer = undefined;
      await new Promise((resolve) => setTimeout(resolve));
      reuse();
      new Uint8Array(part).fill(1);
      part = Deno.UnsafePointerView.getArrayBuffer(pointer, size - 8);
      new Uint8Array(part.transfer()).fill(2);
      c.fill_pointer_after(pointer, size - 8, 1, nothing.pointer);
      equal(new Deno.UnsafePointerView(pointer).getUint8(size - 9), 1);
    }
  }
}
nothing.close();

// A pointer that is made while the buffer is given away.
{
  let pointer;
  const buffer = new Uint8Array(4000).fill(3).buffer;
  buffer.transfer({ valueOf: () => ((pointer = Deno.UnsafePointer.of(buffer)), 1) });
  await new Promise((resolve) => setTimeout(resolve));
  reuse();
  equal(new Deno.UnsafePointerView(pointer).getUint8(3999), 3);
}

// Another buffer over a part of the bytes, also one of one.
for (const size of [64, 200]) {
  const buffer = new ArrayBuffer(size);
  new Uint8Array(buffer).fill(3);
  const most = Deno.UnsafePointerView.getArrayBuffer(Deno.UnsafePointer.of(buffer), size - 4, 4);
  const part = Deno.UnsafePointerView.getArrayBuffer(Deno.UnsafePointer.of(most), size - 8, 4);
  const giving = new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {
    buffer.transfer(0);
    reuse();
  });
  equal(c.sum_after(new Uint8Array(part), size - 8, giving.pointer), 3 * (size - 8));
  giving.close();
}

for (const it of junk) if (it.some((byte) => byte !== 0xee)) throw new Error("somebody wrote to a buffer that C was never given");
console.log("end");
