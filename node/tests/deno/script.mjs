// Runs scripts that were written for Deno: in this Node with `hotcall/deno/register`, and in Deno if it is there.

import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "../native.mjs";

export const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "..", "..");

/** The library of the fixtures. */
export const fixture = compile("deno", "-D_GNU_SOURCE");

function run(program, args, options) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 60000,
    ...options,
  });
  if (error !== undefined) throw error;
  return { status, signal, stdout, stderr };
}

/** Runs a script in this Node. Modules are found from the package's folder. */
export function inNode(script, args = [], { flags = [], env = {}, cwd = root } = {}) {
  const all = ["--import", join(root, "lib", "deno_register.mjs"), ...flags, script, ...args];
  return run(process.execPath, all, { cwd, env: { ...process.env, NODE_NO_WARNINGS: "1", ...env } });
}

/** Bun's program: that which BUN names, or the one in PATH. */
const bun = process.env.BUN ?? "bun";
export const hasBun = spawnSync(bun, ["--version"]).status === 0;

/** Runs a script in Bun with `hotcall/deno/register`. */
export function inBun(script, args = [], { env = {}, cwd = root } = {}) {
  const all = ["--preload", join(root, "lib", "deno_register.mjs"), script, ...args];
  return run(bun, all, { cwd, env: { ...process.env, ...env } });
}

/** Deno's program: that which DENO names, or the one in PATH. */
const deno = process.env.DENO ?? "deno";
export const hasDeno = spawnSync(deno, ["--version"]).status === 0;

export function inDeno(script, args = [], { flags = [], env = {}, cwd = root } = {}) {
  const all = ["run", "--allow-all", "--quiet", ...flags, script, ...args];
  return run(deno, all, { cwd, env: { ...process.env, ...env } });
}
