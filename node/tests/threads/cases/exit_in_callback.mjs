// Ends the process in a callback.
import { c, callback } from "../library.mjs";

const f = callback("unary", () => process.exit(7));
process.on("exit", (code) => console.log("exit", code));
c.call(f.pointer, 1);
console.log("not reached");
