// A Worker loads a library whose threads never end, as those of Go's runtime do. The process exits.
import { once } from "node:events";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { compile } from "../../native.mjs";
import { binding } from "../library.mjs";

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  await once(worker, process.argv[2] === "running" ? "message" : "exit");
  setTimeout(() => process.exit(6), 20);
} else {
  const library = binding.open(compile("endless"), undefined);
  const { spin } = binding.functions(library, binding.declarations("int32_t spin(void);", "c"), {});
  while (spin() === 0) {}
  parentPort.postMessage("running");
  if (process.argv[2] === "running") setInterval(() => {}, 1000);
}
