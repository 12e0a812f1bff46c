// Threads of C go on calling while the process exits, from the event loop or from libuv's pool.
import { async, c, callback, sleep } from "../library.mjs";

const f = callback("unary", (value) => value);
c.call_for_ever(f.pointer, 4);
for (let n = 0; n < 8; n++) async(c.call_times, f.pointer, 10_000);
await sleep(50);
process.on("exit", () => console.log("all get zero", c.all_get_zero(4)));
process.exit(3);
