// Workers that open, optimise and call, and end: by themselves, by `process.exit`, and by `terminate` in the middle of a
// loop or of a compilation. The main thread calls meanwhile. Prints how many Workers ended in each way.

import assert from "node:assert/strict";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { binding } from "../../this_runtime.mjs";
import { open } from "../table.mjs";

const WORKERS = Number(process.argv[2] ?? 12);

function work(functions, rounds) {
  const { t_i32, t_f64, t_text, t_sum, t_swap, t_u64 } = functions;
  const [bytes, into, pair] = [Uint8Array.of(1, 2, 3), new Float64Array(2), Float64Array.of(1, 2)];
  for (let i = 0; i < rounds; i++) {
    if (t_i32(i) !== i + 1 || t_f64(i) !== i / 2 || t_sum(bytes, 3) !== 6) throw new Error("wrong");
    if (t_text("text" + (i & 7)) !== 5n || t_u64(i) !== BigInt(i)) throw new Error("wrong");
    t_swap(pair, into);
    if (into[0] !== 2 || into[1] !== 1) throw new Error("wrong");
  }
}

async function main() {
  const functions = open();
  const ended = { natural: 0, exit: 0, terminate: 0 };
  const ways = Object.keys(ended);
  for (let first = 0; first < WORKERS; first += 3) {
    const running = ways.map((way, index) => new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { way } });
      worker.on("error", reject);
      worker.on("exit", () => resolve((ended[way] += 1)));
      if (way !== "terminate") return;
      // At once, after a while, and when its code is optimised.
      if (first % 2 === 0) worker.once("message", () => setTimeout(() => worker.terminate(), (first * 7 + index) % 40));
      else setTimeout(() => worker.terminate(), first);
    }));
    work(functions, 3_000);
    await Promise.all(running);
  }
  work(functions, 3_000);
  binding.close(functions.opened);
  assert.throws(() => functions.t_i32(1), /is closed/);
  console.log(JSON.stringify(ended));
}

function inWorker() {
  const functions = open();
  parentPort.postMessage("ready");
  if (workerData.way === "terminate") for (;;) work(functions, 1_000);
  work(functions, 4_000);
  if (workerData.way === "exit") process.exit(0);
}

if (isMainThread) await main();
else inWorker();
