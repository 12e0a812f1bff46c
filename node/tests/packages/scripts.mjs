// Scripts that use the package, and what they print.

const ffi = `
const { functions } = dlopen(null, { abs: { arguments: ["int32"], return: "int32" } });
console.log("ffi", functions.abs(-5));
`;

export const scripts = {
  "ffi.cjs": { source: `const { dlopen } = require("hotcall/ffi");${ffi}`, prints: "ffi 5" },
  "ffi.mjs": { source: `import { dlopen } from "hotcall/ffi";${ffi}`, prints: "ffi 5" },
};
