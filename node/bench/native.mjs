// Compiles the C functions and the addons, whenever their sources are newer. The addons need the headers beside Node's program.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { sources as symbolSources } from "./symbols.mjs";

const bench = dirname(fileURLToPath(import.meta.url));
const native = join(bench, "native");
const build = join(bench, "..", "build", "bench");
const headers = join(dirname(process.execPath), "..", "include", "node");
const abi = process.versions.modules;

const source = (name) => join(native, name);
const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function compile(name, compiler, flags, sources) {
  const file = join(build, name);
  const newest = Math.max(...[source("callees.h"), fileURLToPath(import.meta.url), ...sources].map(modified));
  if (modified(file) < newest) {
    mkdirSync(build, { recursive: true });
    const made = `${file}.${process.pid}`;
    execFileSync(compiler, ["-O2", "-Wall", "-shared", "-fPIC", `-I${native}`, ...flags, "-o", made, ...sources]);
    renameSync(made, file);
  }
  return file;
}

const require = createRequire(import.meta.url);

function addon(name, compiler, flags, sources) {
  if (!existsSync(join(headers, "node_api.h"))) throw new Error(`the addons need Node's headers in ${headers}`);
  return require(compile(`${name}-${abi}.node`, compiler, [`-I${headers}`, ...flags], sources));
}

// The path of the library with the C functions, and their declarations as C text.
export function callees() {
  const library = compile("callees.so", "cc", ["-std=c11"], [source("callees.c")]);
  return { library, declarations: readFileSync(source("callees.h"), "utf8") };
}

// The path of a library with many symbols.
export function manySymbols() {
  mkdirSync(build, { recursive: true });
  const text = join(build, "symbols.c");
  if (!existsSync(text) || readFileSync(text, "utf8") !== symbolSources) writeFileSync(text, symbolSources);
  return compile("symbols.so", "cc", ["-std=c11"], [text]);
}

// The addon written by hand over Node-API.
export const nodeApiAddon = () => addon("addon", "cc", ["-std=gnu11"], [source("addon.c"), source("callees.c")]);

// The addon in C++ that does no more than `Function::Call`.
export const functionCallAddon = () =>
  addon("function_call", "c++", ["-std=c++20", "-fno-rtti", "-Wno-unused-parameter"], [source("function_call.cc")]);
