// Runs the TypeScript compiler.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { packageFolder, program } from "./tools.mjs";

// What the compiler says of a file. Imports of `hotcall` are this package. `more` has further files and flags.
export function typeErrors(file, ...more) {
  const flags = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--exactOptionalPropertyTypes"];
  const types = ["--typeRoots", packageFolder("@types"), "--types", "node"];
  const { stdout, stderr } = spawnSync(process.execPath, [program("typescript", "tsc"), ...flags, ...types, fileURLToPath(file), ...more], {
    encoding: "utf8",
  });
  return stdout + stderr;
}
