// Runs the fuzzer in a process of its own.

import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("run.mjs", import.meta.url));
const MINUTE = 60_000;

// Only Node has V8's functions for the addon, and takes V8's flags on its command line.
const isNode = (runtime) => /^node/.test(basename(runtime));
const before = (runtime) => (/^deno/.test(basename(runtime)) ? ["run", "-A"] : []);

// Returns true if a runtime can run under a configuration. Versions have different flags.
export function supports(runtime, { flags = [], ways }) {
  if (!isNode(runtime)) return flags.length === 0 && ways === undefined;
  return spawnSync(runtime, [...flags, "-e", "0"]).status === 0;
}

// Runs the fuzzer. Returns its counts, or throws an error with all that it has written.
export function fuzz(runtime, { flags = [], ways, isFast = isNode(runtime) }, { seeds, functions, calls }) {
  const args = [seeds.join(","), functions, calls, isFast ? "fast" : "no-fast"].map(String);
  const env = { ...process.env, ...(ways && { HOTCALL_WAYS: ways }) };
  const command = [...before(runtime), ...flags, script, ...args];
  const run = spawnSync(runtime, command, { env, encoding: "utf8", timeout: 10 * MINUTE, maxBuffer: 2 ** 28 });
  const lines = run.stdout?.trim().split("\n") ?? [];
  if (run.status === 0) return lines.map((line) => JSON.parse(line));
  const how = run.signal ?? run.error ?? `code ${run.status}`;
  const parts = [`${runtime} ${command.join(" ")}`, `ended with ${how}`, run.stderr, ...lines.slice(0, 5), lines.at(-1)];
  throw new Error(parts.join("\n"));
}

export const sum = (counts, of) => counts.reduce((total, count) => total + count[of], 0);
