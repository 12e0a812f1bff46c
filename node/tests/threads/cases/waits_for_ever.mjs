// Script's thread waits for a thread that waits for script.
import { c, callback } from "../library.mjs";

const f = callback("unary", (value) => value);
c.call_elsewhere(f.pointer, 1);
