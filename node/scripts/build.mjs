// Builds the addon for this machine, and the package around it: `node scripts/build.mjs`.
//
// The package lies in build/packages, and in node_modules, where this package's code finds it.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { glibcVersions, isNewer, linkAgainstGlibc } from "./glibc.mjs";
import { folder, host, manifest, packages } from "./platforms.mjs";

// What Node's own program needs, since version 18.
const GLIBC = "2.28";

const workspace = join(folder, "..");
const platform = host();
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

// Flags for the final link on Linux, and for the code generator: code that several functions have is there once.
function linuxFlags(target) {
  const arguments_ = ["-Wl,--no-eh-frame-hdr", "-Wl,--icf=all", `-Wl,-T,${join(folder, "scripts", "discard.ld")}`];
  if (platform.endsWith("-gnu")) arguments_.push(...linkAgainstGlibc(GLIBC, join(target, "addon-glibc")));
  return ["-C", "llvm-args=-enable-machine-outliner=always", ...arguments_.flatMap((argument) => ["-C", `link-arg=${argument}`])];
}

function compile() {
  const target = process.env.CARGO_TARGET_DIR ?? join(workspace, "target");
  const options = ["--locked", "--package", "hotcall-node", "--lib", "--profile", "addon", "--target-dir", target];
  const flags = process.platform === "linux" ? linuxFlags(target) : [];
  execFileSync("cargo", ["rustc", ...options, "--", ...flags], { cwd: workspace, stdio: "inherit" });
  const name = { win32: "hotcall_node.dll", darwin: "libhotcall_node.dylib" }[process.platform] ?? "libhotcall_node.so";
  return join(target, "addon", name);
}

// What a Linux file must be: some systems refuse code on the stack, and older ones have an older glibc.
function check(file) {
  const program = execFileSync("readelf", ["-lW", file], { encoding: "utf8" });
  const stack = program.split("\n").find((line) => line.includes("GNU_STACK"));
  if (stack === undefined || /RWE/.test(stack)) throw new Error(`${file} wants an executable stack`);
  if (!platform.endsWith("-gnu")) return;
  const newer = glibcVersions(file).filter((needed) => isNewer(needed, `GLIBC_${GLIBC}`));
  if (newer.length > 0) throw new Error(`${file} needs ${newer.join(", ")}: Node itself needs glibc ${GLIBC} alone`);
}

function place(file) {
  const made = join(packages, platform);
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, "package.json"), `${JSON.stringify(manifest(platform, version), null, 2)}\n`);
  copyFileSync(file, join(made, "hotcall.node"));
  const link = join(folder, "node_modules", "@hotcall", platform);
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { recursive: true, force: true });
  symlinkSync(relative(dirname(link), made), link, "junction");
  return made;
}

const file = compile();
if (process.platform === "linux") check(file);
console.log(`${place(file)}: ${(statSync(file).size / 1e6).toFixed(2)} MB`);
