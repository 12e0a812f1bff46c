// Operations of random programs (random.rs) on buffers in numbered places, with a model of the bytes that each has.
//
// A block is memory that C may have the address of. The model knows what C does to a block, also when no buffer has it any more.
import { equal, litter, open, throws } from "./check.js";

const { UnsafeCallback: Callback, UnsafePointer: Pointer, UnsafePointerView: View } = Deno;
const PAIR = { struct: ["i32", "f64"] };
const LARGE = { struct: Array(5).fill("i64") };
const nonblocking = true;
const c = open({
  close_gate: { parameters: [], result: "void" },
  open_gate: { parameters: [], result: "void" },
  sum_at_gate: { parameters: ["buffer", "usize"], result: "i32", nonblocking },
  fill_at_gate: { parameters: ["buffer", "usize", "u8"], result: "i32", nonblocking },
  fill_pointer_at_gate: { name: "fill_at_gate", parameters: ["pointer", "usize", "u8"], result: "i32", nonblocking },
  sum_after: { parameters: ["buffer", "usize", "function"], result: "i32" },
  fill_pointer_after: { name: "fill_after", parameters: ["pointer", "usize", "u8", "function"], result: "void" },
  fill_after: { parameters: ["buffer", "usize", "u8", "function"], result: "void" },
  fill_elsewhere: { name: "fill_after", parameters: ["buffer", "usize", "u8", "function"], result: "void", nonblocking },
  pair_after: { parameters: [PAIR, "function"], result: "f64" },
  large_from: { parameters: ["function", LARGE], result: LARGE },
  keep_bytes: { parameters: ["buffer"], result: "void" },
  sum_kept: { parameters: ["usize"], result: "i32" },
  call_elsewhere: { parameters: ["function", "i32", "i32", "i32"], result: "void" },
});
c.close_gate();

const places = [];
const pending = [];
let kept = [];
const junk = [];
let tags = 0;

const sum = (bytes) => bytes.reduce((total, byte) => total + byte, 0);
const block = (size) => ({ bytes: Array(size).fill(0), tag: (tags++ % 200) + 1, fills: 0 });

function put(place, buffer, kind, len, max, memory) {
  places[place] = { buffer, kind, len, max, memory };
}

export function make(place, kind, len, max) {
  const type = kind === "shared" ? SharedArrayBuffer : ArrayBuffer;
  const fixed = kind === "fixed";
  const buffer = fixed ? new type(len) : new type(len, { maxByteLength: max });
  put(place, buffer, kind, len, fixed ? len : max, block(fixed ? len : max));
  fill(place, 7);
}

/** The script writes to all of a buffer. */
export function fill(place, value) {
  const it = places[place];
  if (!it || it.kind === "immutable") return;
  new Uint8Array(it.buffer).fill(value);
  it.memory.bytes.fill(value, 0, it.len);
}

export function drop(place) {
  delete places[place];
}

export function resize(place, len) {
  const it = places[place];
  if (!it) return;
  const run = () => (it.kind === "shared" ? it.buffer.grow(len) : it.buffer.resize(len));
  if (it.kind === "immutable") return throws(run, "TypeError", /immutable/);
  if (it.kind === "fixed") return throws(run, "TypeError", /not resizable/);
  if (len > it.max || (it.kind === "shared" && len < it.len)) return throws(run, "RangeError", /length/);
  run();
  if (len > it.len) it.memory.bytes.fill(0, it.len, len);
  it.len = len;
}

export function transfer(place, method, len) {
  const it = places[place];
  if (!it || it.kind === "shared") return;
  const run = () => (len === undefined ? it.buffer[method]() : it.buffer[method](len));
  const wanted = len ?? it.len;
  if (it.kind === "immutable") return throws(run, "TypeError", /immutable/);
  const stays = method === "transfer" && it.kind === "resizable";
  if (stays && wanted > it.max) return throws(run, "TypeError", /length/);
  const heir = run();
  equal(it.buffer.detached, true);
  let { memory, max } = it;
  // C may still write to the bytes, and an immutable buffer does not change.
  if (wanted !== it.len || wanted === 0 || method === "transferToImmutable") {
    memory = block(stays ? max : wanted);
    for (let i = 0; i < Math.min(wanted, it.len); i++) memory.bytes[i] = it.memory.bytes[i];
  }
  const kind = stays ? "resizable" : method === "transferToImmutable" ? "immutable" : "fixed";
  put(place, heir, kind, wanted, stays ? max : wanted, memory);
}

export function slice(from, to) {
  const it = places[from];
  if (!it || it.kind === "shared" || it.kind === "immutable") return;
  const memory = block(it.len);
  it.memory.bytes.slice(0, it.len).forEach((byte, i) => (memory.bytes[i] = byte));
  put(to, it.buffer.slice(), "fixed", it.len, it.len, memory);
}

// A view of a part of a buffer, or null if the place is empty.
function given(place, kind, offset, len) {
  const it = places[place];
  if (!it) return null;
  offset %= it.len + 1;
  len %= it.len - offset + 1;
  const { memory, buffer } = it;
  if (kind === "whole" && it.kind !== "shared") return { view: buffer, memory, offset: 0, len: it.len };
  if (kind === "end") return { view: new Uint8Array(buffer, it.len), memory, offset: it.len, len: 0 };
  if (kind === "words") {
    offset -= offset % 2;
    len -= len % 2;
    return { view: new Uint16Array(buffer, offset, len / 2), memory, offset, len };
  }
  if (kind === "data") return { view: new DataView(buffer, offset), memory, offset, len };
  if (kind === "over") {
    const pointer = Pointer.of(new Uint8Array(buffer, offset, len));
    return { view: View.getArrayBuffer(pointer, len), memory, offset, len };
  }
  return { view: new Uint8Array(buffer, offset, len), memory, offset, len };
}

function filled({ memory, offset, len }) {
  memory.bytes.fill(memory.tag, offset, offset + len);
}
const summed = ({ memory, offset, len }) => sum(memory.bytes.slice(offset, offset + len));

/** A nonblocking call that waits at the gate, and writes or reads then. */
export function later(what, place, kind, offset, len) {
  const it = given(place, kind, offset, len);
  if (!it) return;
  if (what === "sum") {
    pending.push({ it, call: c.sum_at_gate(it.view, it.len) });
    return;
  }
  it.memory.fills++;
  const call = what === "fill"
    ? c.fill_at_gate(it.view, it.len, it.memory.tag)
    : c.fill_pointer_at_gate(Pointer.of(it.view), it.len, it.memory.tag);
  pending.push({ it, fills: true, call });
}

function callback(body) {
  return new Callback({ parameters: [], result: "void" }, body);
}

/** A blocking call that runs `body` in a callback, and writes, reads or has read then. */
export function during(what, place, kind, offset, len, body) {
  const it = given(place, kind, offset, len);
  if (!it) return body();
  if (what === "into") return into(it, body);
  const inner = callback(body);
  if (what === "fill") {
    c.fill_after(it.view, it.len, it.memory.tag, inner.pointer);
    filled(it);
  } else if (what === "pointer") {
    c.fill_pointer_after(Pointer.of(it.view), it.len, it.memory.tag, inner.pointer);
    filled(it);
  } else if (what === "sum") {
    const actual = c.sum_after(it.view, it.len, inner.pointer);
    equal(actual, summed(it), "a sum after a callback");
  } else if (it.view.byteLength >= 16) {
    const bytes = Uint8Array.from(it.memory.bytes.slice(it.offset, it.offset + 16));
    const data = new DataView(bytes.buffer);
    equal(c.pair_after(it.view, inner.pointer), data.getInt32(0, true) + data.getFloat64(8, true), "a struct after a callback");
  }
  inner.close();
}

/** A call that writes its result, a struct, into a buffer once `body` has run. */
function into(it, body) {
  const size = 40;
  const inner = new Callback({ parameters: [LARGE], result: LARGE }, () => {
    body();
    return new Uint8Array(size).fill(it.memory.tag);
  });
  const call = () => c.large_from.into(inner.pointer, new Uint8Array(size), it.view);
  if ((it.view.buffer ?? it.view).immutable) throws(call, "TypeError", /immutable/);
  else if (it.view.byteLength < size) throws(call, "TypeError", /too few|detached/);
  else {
    call();
    it.memory.bytes.fill(it.memory.tag, it.offset, it.offset + size);
  }
  inner.close();
}

/** The same on another thread: the event loop runs `body`. */
export async function elsewhere(place, kind, offset, len, body) {
  turn();
  const it = given(place, kind, offset, len);
  if (!it) return;
  // The callback has a turn of its own.
  const inner = callback(() => (body(), turn()));
  await c.fill_elsewhere(it.view, it.len, it.memory.tag, inner.pointer);
  filled(it);
  inner.close();
}

/** A thread of C's that calls `body`. */
export async function foreign(body) {
  turn();
  await new Promise((resolve) => {
    const unary = { parameters: ["i32"], result: "i32" };
    const inner = Callback.threadSafe(unary, (it) => {
      body();
      inner.close();
      resolve();
      return it;
    });
    c.call_elsewhere(inner.pointer, 1, 1, 0);
  });
}

/** C remembers an address until the turn ends. */
export function keep(place, kind, offset, len) {
  const it = given(place, kind, offset, len);
  if (!it) return;
  c.keep_bytes(it.view);
  kept.push(it);
}

// Checks at the end of a turn.
function turn() {
  const len = kept.length ? Math.min(...kept.map((it) => it.len)) : 0;
  const expected = kept.reduce((total, it) => total + summed({ ...it, len }), 0);
  equal(c.sum_kept(len), expected, "what C remembers");
  kept = [];
}

export async function nextTurn() {
  turn();
  await new Promise((resolve) => setTimeout(resolve));
}

/** Lets pending calls go on, waits for them, and checks everything. */
export async function settle() {
  turn();
  c.open_gate();
  const results = await Promise.all(pending.map(({ call }) => call));
  c.close_gate();
  pending.forEach(({ it, fills }) => fills && filled(it));
  pending.forEach(({ it, fills }, i) => {
    // Calls that write to a block may do so before or after one that reads it.
    if (fills) equal(results[i], it.memory.tag * it.len, "what a call wrote");
    else if (it.memory.fills === 0) equal(results[i], summed(it), "what a call read");
  });
  pending.forEach(({ it, fills }) => fills && it.memory.fills--);
  pending.length = 0;
  check();
}

/** The bytes of all buffers. */
export function check() {
  places.forEach((it, place) => {
    const actual = new Uint8Array(it.buffer);
    equal(actual.length, it.len, `length of ${place}`);
    for (let i = 0; i < it.len; i++) {
      if (actual[i] !== it.memory.bytes[i]) {
        throw new Error(`${place}: byte ${i} of ${it.len} is ${actual[i]}, and not ${it.memory.bytes[i]}`);
      }
    }
  });
  for (const it of junk) if (it.some((byte) => byte !== 0xee)) throw new Error("somebody wrote to a buffer that C was never given");
}

/** Takes memory of all sizes that others have freed. */
export function reuse() {
  for (let size = 8; size < 6000; size = Math.ceil(size * 1.4)) junk.push(new Uint8Array(size).fill(0xee));
  if (junk.length > 600) junk.splice(0, 300);
  litter(50);
}

export const collect = () => gc();

export async function finish() {
  await settle();
  await settle();
  console.log("end");
}
