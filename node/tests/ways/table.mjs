// The library of the tables, and processes that run parts of them under flags of V8.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compile } from "../native.mjs";
import { binding, isDeno, isNode } from "../this_runtime.mjs";

export const library = compile("tables");

const pair = { struct: ["f64", "f64"] };
const callback = { function: { parameters: ["i32"], result: "i32" } };

const symbols = {
  t_i32: { parameters: ["i32"], result: "i32" },
  t_u32: { parameters: ["u32"], result: "u32" },
  t_i64: { parameters: ["i64"], result: "i64" },
  t_u64: { parameters: ["u64"], result: "u64" },
  t_f64: { parameters: ["f64"], result: "f64" },
  t_f32: { parameters: ["f32"], result: "f32" },
  t_bool: { parameters: ["bool"], result: "bool" },
  t_pointer: { parameters: ["pointer"], result: "pointer" },
  t_text: { parameters: [{ pointer: "char" }], result: "usize" },
  t_bytes: { parameters: ["buffer"], result: "pointer" },
  t_first: { parameters: ["buffer"], result: "u32" },
  t_sum: { parameters: ["buffer", "u64"], result: "u32" },
  t_at: { parameters: ["buffer", "u64"], result: "u8" },
  t_swap: { parameters: [pair], result: pair },
  t_dot: { parameters: [pair, pair], result: "f64" },
  t_call: { parameters: [callback, "i32"], result: "i32" },
};

// Opens the library once more. Returns it and its functions.
export function open() {
  const opened = binding.open(library);
  return { opened, ...binding.functions(opened, binding.declarations(JSON.stringify(symbols), "json")) };
}

// Runs a file of `cases` in a process of its own, and returns the JSON that it prints.
export function run(name, { flags = [], ways, args = [] } = {}) {
  const file = fileURLToPath(new URL(`cases/${name}.mjs`, import.meta.url));
  const runtime = isDeno ? ["run", "-A"] : [];
  const env = { ...process.env, ...(ways && { HOTCALL_WAYS: ways }) };
  const command = [...runtime, ...flags, file, ...args.map(String)];
  const { status, signal, error, stdout, stderr } = spawnSync(process.execPath, command, {
    env,
    encoding: "utf8",
    timeout: 300_000,
  });
  if (status !== 0)
    throw new Error(`${command.join(" ")} ended with ${signal ?? error ?? `code ${status}`}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout);
}

// True if this runtime knows flags of V8.
export const knows = (...flags) => isNode && spawnSync(process.execPath, [...flags, "-e", "0"]).status === 0;
