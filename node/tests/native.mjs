// Compiles the tests' C library when its sources are newer, and says where it is.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(fileURLToPath(import.meta.url));
const build = join(tests, "..", "build");

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

// Compiles a C file of `tests/native`. Processes may do so at once: each one renames a file of its own.
export function compile(name, ...flags) {
  const source = join(tests, "native", `${name}.c`);
  const library = join(build, `lib${name}.so`);
  if (modified(library) < Math.max(modified(source), modified(join(tests, "native", "lib.h")))) {
    mkdirSync(build, { recursive: true });
    const made = `${library}.${process.pid}`;
    execFileSync("cc", [
      "-std=c11",
      "-O2",
      "-Wall",
      "-shared",
      "-fPIC",
      "-pthread",
      "-o",
      made,
      source,
      ...flags,
      "-lm",
    ]);
    renameSync(made, library);
  }
  return library;
}

// The path of the library, and its declarations as C text.
export const library = compile("lib");
export const header = readFileSync(join(tests, "native", "lib.h"), "utf8");
