// The C library joins a thread that calls back when the process exits.
import { c, callback } from "../library.mjs";

const f = callback("unary", () => 5);
c.join_when_the_process_exits(f.pointer);
process.exitCode = 4;
if (process.argv[2] === "now") process.exit();
