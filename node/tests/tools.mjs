// Programs from the npm registry that tests run, installed when the list in tools/package.json has changed.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(fileURLToPath(import.meta.url));
const list = join(tests, "tools", "package.json");
const folder = process.env.HOTCALL_NODE_TOOLS ?? join(tests, "..", "build", "tools");

const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

// Processes may install at once: each one renames a folder of its own.
function install() {
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  cpSync(list, join(made, "package.json"));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags], { cwd: made, stdio: ["ignore", "ignore", "inherit"] });
  rmSync(folder, { recursive: true, force: true });
  renameSync(made, folder);
}

// The folder of an installed package.
export function packageFolder(name) {
  if (read(join(folder, "package.json")) !== read(list)) install();
  return join(folder, "node_modules", name);
}

// The script of a package's program.
export function program(packageName, name = packageName) {
  const package_ = packageFolder(packageName);
  const { bin } = JSON.parse(read(join(package_, "package.json")));
  return join(package_, typeof bin === "string" ? bin : bin[name]);
}
