// An exception on another thread's call ends the process.
import { c, callback } from "../library.mjs";

const f = callback("unary", () => {
  throw new RangeError("nobody catches this");
});
f.ref();
c.start(f.pointer, 1, 1);
