// Scripts that use the package, and what they print.

import { readFileSync } from "node:fs";

const ffi = `
const { functions } = dlopen(null, { abs: { arguments: ["int32"], return: "int32" } });
console.log("ffi", functions.abs(-5));
`;

const deno = `
const { symbols } = dlopen("libc.so.6", { abs: { parameters: ["i32"], result: "i32" } });
console.log("deno", symbols.abs(-6));
`;

// The first script of the README, with what its last comment says.
const readme = /^```js\n(.*?)```/ms.exec(readFileSync(new URL("../../README.md", import.meta.url), "utf8"))[1];
const [, prints] = /\/\/ (.*)\n$/.exec(readme);

export const scripts = {
  "readme.mjs": { source: readme, prints },
  "readme.cjs": { source: readme.replace(/import (.*) from (.*);/, "const $1 = require($2);"), prints },
  "ffi.cjs": { source: `const { dlopen } = require("hotcall/ffi");${ffi}`, prints: "ffi 5" },
  "ffi.mjs": { source: `import { dlopen } from "hotcall/ffi";${ffi}`, prints: "ffi 5" },
  "deno.mjs": { source: `import { dlopen } from "hotcall/deno";${deno}`, prints: "deno 6" },
};
