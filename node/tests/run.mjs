// Runs the tests of this package in several runtimes, and prints how long each folder took.
//
//     node tests/run.mjs [RUNTIME]...
//
// A RUNTIME is a name of the list below, such as "node 24". Without any, all of them run.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { program, runtimes, testArguments } from "./runtimes.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const folders = readdirSync(join(root, "tests"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

// The folders that each runtime runs. V8 is another one in each version of Node, so all of them run `ways` and `fuzz`.
const plan = {
  "node 26": folders,
  "node 24": folders,
  "node 22": ["api", "ways", "fuzz", "threads", "deno", "ffi"],
  "node 26.0.0": ["ways", "fuzz"],
  "node 24.0.0": ["ways", "fuzz"],
  "node 22.2.0": ["ways", "fuzz"],
  deno: ["ways", "fuzz", "ffi"],
  bun: ["ways", "fuzz", "ffi"],
};

function filesOf(folder) {
  const path = join("tests", folder);
  if (!existsSync(join(root, path))) return [];
  return readdirSync(join(root, path)).filter((file) => file.endsWith(".test.mjs")).map((file) => join(path, file));
}

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1).padStart(7);

function run(runtime, folder) {
  const files = filesOf(folder);
  if (files.length === 0) return true;
  const begin = performance.now();
  const { status, signal, error, stdout, stderr } = spawnSync(program(runtime), testArguments(runtime, files), { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 });
  const passes = status === 0;
  console.log(`${seconds(begin)} s  ${passes ? "ok    " : "FAILED"}  ${runtime.name}: ${folder}`);
  if (!passes) console.log(stdout, stderr, signal ?? error ?? "");
  return passes;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in plan));
if (unknown.length > 0) throw new Error(`no such runtime: ${unknown.join(", ")}; known are ${Object.keys(plan).join(", ")}`);

const begin = performance.now();
const results = runtimes
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  .flatMap((runtime) => plan[runtime.name].map((folder) => run(runtime, folder)));
console.log(`${seconds(begin)} s  in all`);
if (results.includes(false)) process.exitCode = 1;
