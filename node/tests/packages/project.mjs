// Empty folders, into which the tarballs are installed.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const node = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const build = join(node, "build");
export const { version } = JSON.parse(readFileSync(join(node, "package.json"), "utf8"));

let packed = false;

// The tarballs by the names of their packages. They hold the addon that scripts/build.mjs has built last.
export function tarballs() {
  if (!packed) execFileSync(process.execPath, [join(node, "scripts", "pack.mjs")], { stdio: ["ignore", "ignore", "inherit"] });
  packed = true;
  const names = ["hotcall", ...readdirSync(join(build, "packages")).map((platform) => `@hotcall/${platform}`)];
  return Object.fromEntries(names.map((name) => [name, join(build, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`)]));
}

// A folder with files, removed when the test ends.
export function project(test, files) {
  const folder = mkdtempSync(join(tmpdir(), "hotcall-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
  return folder;
}

// The environment without what would name another addon or a registry's packages.
const environment = (more) => {
  const { HOTCALL_BINARY: _, NODE_OPTIONS: __, ...rest } = process.env;
  return { ...rest, ...more };
};

// Runs a program, and returns what it printed. Its failure is the test's.
export function run(folder, program, args, more = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, encoding: "utf8", env: environment(more) });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status ?? error}\n${stdout}\n${stderr}`);
  return stdout.trim();
}

// What a program that must fail has written to standard error.
export function failure(folder, program, args, more = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8", env: environment(more) });
  if (status === 0) throw new Error(`${program} ${args.join(" ")} did not fail\n${stdout}`);
  return stderr;
}

// npm with an empty cache and no network: names of these packages in a registry may be a stranger's.
export function npmInstall(folder, ...flags) {
  const offline = ["--offline", "--cache", join(folder, ".npm"), "--no-audit", "--no-fund", "--loglevel=error"];
  run(folder, "npm", ["install", ...offline, ...flags]);
}
