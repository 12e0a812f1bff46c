// Callbacks that are open do not keep the process.
import { c, callback, sleep } from "../library.mjs";

const f = callback("unary", (value) => value);
c.call_for_ever(f.pointer, 2);
await sleep(20);
if (process.argv[2] === "held") {
  f.ref();
  // This timer does not keep the process either.
  setTimeout(() => f.unref(), 300).unref();
} else if (process.argv[2] === "closed") {
  f.ref();
  f.close();
}
const start = Date.now();
process.on("exit", () => console.log(Date.now() - start >= 250));
