// Gives Deno this package's FFI instead of its own. Without a version, scripts do not take it for Deno.

import * as ffi from "../../lib/deno.mjs";

Object.assign(Deno, ffi);
delete Deno.version;
