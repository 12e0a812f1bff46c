// The runtimes in which the tests run, and how each one runs tests.
//
// Each is the program that an environment variable names (HOTCALL_NODE_24 for the newest Node 24), or it is installed
// from the npm registry.

import { join } from "node:path";
import { installed } from "./tools.mjs";

const node = (version, packageName) => ({
  name: `node ${version}`,
  variable: `HOTCALL_NODE_${version.replaceAll(".", "_")}`,
  file: join(packageName, "bin", "node"),
});

export const runtimes = [
  node("26", "node-26.12.1"),
  node("24", "node-24.22.3"),
  node("22", "node-22.23.5"),
  node("26.0.0", "node-26.0.0"),
  node("24.0.0", "node-24.0.0"),
  node("22.2.0", "node-22.2.0"),
  node("20", "node-20.20.2"),
  { name: "deno", variable: "HOTCALL_DENO", file: "@deno/linux-x64-glibc/deno" },
  { name: "bun", variable: "HOTCALL_BUN", file: "@oven/bun-linux-x64/bin/bun" },
];

// The program of a runtime.
export const program = ({ variable, file }) => process.env[variable] || join(installed("runtimes"), file);

// The arguments that make a runtime run files of tests.
export function testArguments({ name }, files) {
  if (name === "deno") return ["test", "-A", "--no-check", ...files];
  if (name === "bun") return ["test", "--timeout=300000", ...files.map((file) => `./${file}`)];
  return ["--expose-gc", "--test", ...files];
}
