// A Worker that alone loads the addon ends, while C holds its callback and calls it afterwards.
import { createRequire } from "node:module";
import { once } from "node:events";
import { Worker, isMainThread } from "node:worker_threads";

if (isMainThread) {
  const times = Number(process.argv[2]);
  for (let n = 0; n < times; n++) {
    const worker = new Worker(new URL(import.meta.url));
    const [code] = await once(worker, "exit");
    if (code !== 0) throw new Error(`the Worker ended with ${code}`);
  }
  const { c } = await import("../library.mjs");
  console.log(c.call_handler(1), c.all_get_zero(2));
} else {
  const { c, callback } = await import("../library.mjs");
  const f = callback("unary", (value) => value + 1);
  c.set_handler(f.pointer);
  if (c.call_handler(1) !== 2) process.exit(1);
  const require = createRequire(import.meta.url);
  const { threadId } = require("node:worker_threads");
  if (threadId <= 2) c.call_for_ever(f.pointer, 1);
}
