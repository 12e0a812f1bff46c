// Differences between runtimes that the addon cannot make up for.

import { binding } from "../this_runtime.mjs";

function isTaken(value) {
  try {
    binding.pointerOf(value);
    return true;
  } catch {
    return false;
  }
}

function detachedBuffer() {
  const buffer = new ArrayBuffer(8);
  structuredClone(null, { transfer: [buffer] });
  return buffer;
}

// The names of values that are not as in other runtimes.
export const isNotTold = [];

// Node-API did not know a SharedArrayBuffer itself in the first releases of Node 22 and 24, and does not in Deno.
if (!isTaken(new SharedArrayBuffer(8))) isNotTold.push("a SharedArrayBuffer", "a growing SharedArrayBuffer");

// Node-API does not tell the state of an ArrayBuffer itself in Bun.
if (isTaken(detachedBuffer())) isNotTold.push("a detached ArrayBuffer", "a resizable ArrayBuffer");
