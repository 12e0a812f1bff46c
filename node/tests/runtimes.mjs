// The runtimes in which the tests run, and how each one runs tests.
//
// Each is the program that an environment variable names (HOTCALL_NODE_24 for the newest Node 24), or it is installed
// from the npm registry.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(fileURLToPath(import.meta.url));
const list = join(tests, "runtimes", "package.json");
const folder = join(tests, "..", "build", "runtimes");

const node = (version, packageName) => ({ name: `node ${version}`, variable: `HOTCALL_NODE_${version.replaceAll(".", "_")}`, file: join(packageName, "bin", "node") });

export const runtimes = [
  node("26", "node-26.12.1"),
  node("24", "node-24.22.3"),
  node("22", "node-22.23.5"),
  node("26.0.0", "node-26.0.0"),
  node("24.0.0", "node-24.0.0"),
  node("22.2.0", "node-22.2.0"),
  { name: "deno", variable: "HOTCALL_DENO", file: "@deno/linux-x64-glibc/deno" },
  { name: "bun", variable: "HOTCALL_BUN", file: "@oven/bun-linux-x64/bin/bun" },
];

const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

function install() {
  if (read(join(folder, "package.json")) === read(list) && existsSync(join(folder, "node_modules"))) return;
  mkdirSync(folder, { recursive: true });
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  copyFileSync(list, join(folder, "package.json"));
  execFileSync("npm", ["install", ...flags], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

// The program of a runtime.
export function program({ variable, file }) {
  const named = process.env[variable];
  if (named) return named;
  install();
  return join(folder, "node_modules", file);
}

// The arguments that make a runtime run files of tests.
export function testArguments({ name }, files) {
  if (name === "deno") return ["test", "-A", "--no-check", ...files];
  if (name === "bun") return ["test", "--timeout=300000", ...files.map((file) => `./${file}`)];
  return ["--test", ...files];
}
