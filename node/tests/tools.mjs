// Packages from the npm registry that tests need, installed when their list has changed: programs (tools/package.json), and
// runtimes (runtimes/package.json).

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(fileURLToPath(import.meta.url));
const build = join(tests, "..", "build");
const folderOf = (name) => (name === "tools" && process.env.HOTCALL_NODE_TOOLS) || join(build, name);

const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

// Processes may install at once: each one renames a folder of its own.
function install(list, folder) {
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  cpSync(list, join(made, "package.json"));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags], { cwd: made, stdio: ["ignore", "ignore", "inherit"] });
  rmSync(folder, { recursive: true, force: true });
  renameSync(made, folder);
}

// Installs the packages of a list, and returns their folder.
export function installed(name) {
  const [list, folder] = [join(tests, name, "package.json"), folderOf(name)];
  if (read(join(folder, "package.json")) !== read(list)) install(list, folder);
  return join(folder, "node_modules");
}

// The folder of an installed program.
export const packageFolder = (name) => join(installed("tools"), name);

// The script of a package's program.
export function program(packageName, name = packageName) {
  const package_ = packageFolder(packageName);
  const { bin } = JSON.parse(read(join(package_, "package.json")));
  return join(package_, typeof bin === "string" ? bin : bin[name]);
}
