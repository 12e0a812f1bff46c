// Several Workers at once: calls, callbacks and threads, terminated at any time or ending by themselves.
import { once } from "node:events";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { async, c, callback, sleep } from "../library.mjs";

async function work() {
  const f = callback("unary", (value) => {
    if (workerData === "exit in a callback" && value === 50) process.exit(9);
    return value + 1;
  });
  const threads = Array.from({ length: 3 }, (_, n) => c.start(f.pointer, n, 100));
  const calls = Array.from({ length: 20 }, (_, n) => async(c.call_times, f.pointer, n));
  async(c.wait_and_return, 30, 1);
  parentPort.postMessage("started");
  if (workerData === "terminated inside of c") {
    const g = callback("unary", () => 0);
    for (;;) c.call_times(g.pointer, 1000);
  }
  if (workerData === "ends") {
    await Promise.all(calls);
    for (const thread of threads) async(c.join, thread);
  }
  if (workerData === "exits") process.exit(8);
}

if (isMainThread) {
  const kinds = ["ends", "exits", "exit in a callback", "terminated", "terminated inside of c"];
  const codes = {};
  for (let round = 0; round < 4; round++) {
    await Promise.all(
      kinds.map(async (kind) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: kind });
        const exit = once(worker, "exit");
        await once(worker, "message");
        if (kind.startsWith("terminated")) {
          await sleep(5 * round);
          worker.terminate();
        }
        codes[kind] = (await exit)[0];
      }),
    );
  }
  console.log(JSON.stringify(codes));
} else {
  await work();
}
