// Makes many calls in one turn, and prints by how many bytes the process has grown for each kind of calls.
//
//     node --expose-gc growth.mjs CALLS

import { binding } from "../../this_runtime.mjs";
import { open } from "../table.mjs";

const CALLS = Number(process.argv[2]);
const functions = open();
const { t_i32, t_u32, t_i64, t_u64, t_f64, t_bool, t_pointer, t_text, t_bytes, t_first, t_swap } = functions;
const pointer = binding.alloc(8);
const [bytes, swapped, pair] = [new Uint8Array(64), new Float64Array(2), Float64Array.of(1, 2)];

// Texts of their own, so that each loop has feedback of its own.
const loops = {
  "small integers": (calls) => {
    for (let i = 0; i < calls; i++) t_i32(i);
  },
  "large integers": (calls) => {
    for (let i = 0; i < calls; i++) t_u32(4294967295 - (i & 255));
  },
  doubles: (calls) => {
    for (let i = 0; i < calls; i++) t_f64(i + 0.5);
  },
  booleans: (calls) => {
    for (let i = 0; i < calls; i++) t_bool(i % 2 === 0);
  },
  "BigInts from numbers": (calls) => {
    for (let i = 0; i < calls; i++) t_i64(-i);
  },
  BigInts: (calls) => {
    for (let i = 0; i < calls; i++) t_u64(18446744073709551615n);
  },
  "BigInts of their own": (calls) => {
    for (let i = 0; i < calls; i++) t_u64(BigInt(i));
  },
  pointers: (calls) => {
    for (let i = 0; i < calls; i++) t_pointer(pointer);
  },
  "null pointers": (calls) => {
    for (let i = 0; i < calls; i++) t_pointer(null);
  },
  "pointers to bytes": (calls) => {
    for (let i = 0; i < calls; i++) t_bytes(bytes);
  },
  "one array": (calls) => {
    for (let i = 0; i < calls; i++) t_first(bytes);
  },
  "short strings": (calls) => {
    for (let i = 0; i < calls; i++) t_text("text");
  },
  "strings of their own": (calls) => {
    for (let i = 0; i < calls; i++) t_text("text" + i);
  },
  "strings of two bytes": (calls) => {
    for (let i = 0; i < calls; i++) t_text("€" + i);
  },
  "structs into bytes": (calls) => {
    for (let i = 0; i < calls; i++) t_swap(pair, swapped);
  },
};
// Each of these takes longer, so there are fewer calls.
const slow = {
  "refused arguments": (calls) => {
    for (let i = 0; i < calls; i++) {
      try {
        t_i32(1.5);
      } catch {}
    }
  },
  "refused strings": (calls) => {
    for (let i = 0; i < calls; i++) {
      try {
        t_text("a\0b");
      } catch {}
    }
  },
  "fresh arrays": (calls) => {
    for (let i = 0; i < calls; i++) t_first(new Uint8Array(32));
  },
  "fresh buffers": (calls) => {
    for (let i = 0; i < calls; i++) t_first(new ArrayBuffer(32));
  },
};

const rss = () => {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

const called = Object.values(functions).filter((f) => typeof f === "function");
const ordinary = () => called.reduce((sum, f) => sum + binding.ways(f).calls, 0);

// The smallest growth of several turns: the collector's own pages come and go.
function growth(loop, calls) {
  loop(calls / 4);
  let [least, rounds] = [Infinity, 0];
  const first = ordinary();
  for (; rounds < 4 && least > calls; rounds++) {
    const before = rss();
    loop(calls);
    least = Math.min(least, rss() - before);
  }
  return { calls, bytes: least, ordinary: (ordinary() - first) / rounds };
}

const grown = {};
for (const [name, loop] of Object.entries(loops)) grown[name] = growth(loop, CALLS);
for (const [name, loop] of Object.entries(slow)) grown[name] = growth(loop, CALLS / 10);
console.log(JSON.stringify(grown));
