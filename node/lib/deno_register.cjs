"use strict";
// Gives scripts that were written for Deno its FFI: `node --import hotcall/deno/register script.ts`.
//
// Only what such scripts cannot do without is defined, because packages tell the runtime by the global `Deno`. What
// is there already stays: in Deno everything.

const ffi = require("./deno.cjs");
const runtime = require("./deno/runtime.cjs");
const { decide } = require("./permissions.cjs");

decide();

const { Deno = {} } = globalThis;
for (const [name, value] of Object.entries({ ...runtime, ...ffi })) Deno[name] ??= value;
Object.defineProperty(globalThis, "Deno", { value: Deno, enumerable: true, writable: true, configurable: true });
