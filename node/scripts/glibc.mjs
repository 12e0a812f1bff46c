// Links against an older glibc than this machine's.
//
// A program that is linked on a machine needs that machine's glibc, because the linker binds each function to its newest version. glibc
// keeps the older versions for old programs. So libraries are made here that have the same names and symbols, each symbol in
// the newest version that the older glibc has. The linker takes these for the real ones.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LIBRARIES = ["libc.so.6", "libm.so.6"];

// Before glibc 2.33 these were not in the shared library. Programs had them linked in.
const STATIC_FUNCTIONS = (statVersion) => `
struct stat64;
int __xstat64(int, const char *, struct stat64 *);
int __lxstat64(int, const char *, struct stat64 *);
int __fxstat64(int, int, struct stat64 *);
int __fxstatat64(int, int, const char *, struct stat64 *, int);
#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN int stat64(const char *path, struct stat64 *into) { return __xstat64(${statVersion}, path, into); }
HIDDEN int lstat64(const char *path, struct stat64 *into) { return __lxstat64(${statVersion}, path, into); }
HIDDEN int fstat64(int file, struct stat64 *into) { return __fxstat64(${statVersion}, file, into); }
HIDDEN int fstatat64(int folder, const char *path, struct stat64 *into, int flags) {
    return __fxstatat64(${statVersion}, folder, path, into, flags);
}
`;
const STAT_VERSION = { x64: 1, arm64: 0 };

const run = (program, ...args) => execFileSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26 }).trim();

const numbers = (version) => version.replace("GLIBC_", "").split(".").map(Number);
function compare(a, b) {
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

// The newest version of each symbol that `newest` had.
function symbolsOf(file, newest) {
  const symbols = new Map();
  // Versions are listed too, as symbols without a section.
  const line = /^[0-9a-f]+ (.{7}) (?!\*ABS\*)\S+\s+[0-9a-f]+\s+\(?(GLIBC_[\d.]+)\)?\s+(\S+)$/gm;
  for (const [, flags, version, name] of run("objdump", "-T", file).matchAll(line)) {
    const known = symbols.get(name);
    if (compare(version, newest) > 0 || (known && compare(known.version, version) > 0)) continue;
    symbols.set(name, { version, type: flags.includes("O") ? "object" : "function" });
  }
  return symbols;
}

function makeLibrary(folder, soname, newest) {
  const symbols = symbolsOf(run("cc", `-print-file-name=${soname}`), newest);
  const lines = Array.from(symbols, ([name, { version, type }], index) =>
    [`.globl s${index}`, `.type s${index}, @${type}`, `s${index}: .symver s${index}, ${name}@@${version}`].join("\n"),
  );
  const versions = [...new Set(Array.from(symbols.values(), ({ version }) => version))].sort(compare);
  const paths = { source: join(folder, `${soname}.s`), script: join(folder, `${soname}.versions`), made: join(folder, soname) };
  writeFileSync(paths.source, `${lines.join("\n")}\n.section .note.GNU-stack,"",%progbits\n`);
  writeFileSync(paths.script, versions.map((version) => `${version} {};\n`).join(""));
  const flags = ["-shared", "-nostdlib", `-Wl,-soname,${soname}`, `-Wl,--version-script=${paths.script}`];
  run("cc", ...flags, "-o", paths.made, paths.source);
}

// Makes the libraries in a folder, and gives the linker's flags for them.
export function linkAgainstGlibc(newest, folder) {
  mkdirSync(folder, { recursive: true });
  for (const soname of LIBRARIES) makeLibrary(folder, soname, `GLIBC_${newest}`);
  const source = join(folder, "static.c");
  const object = join(folder, "static.o");
  writeFileSync(source, STATIC_FUNCTIONS(STAT_VERSION[process.arch]));
  run("cc", "-O2", "-fPIC", "-c", "-o", object, source);
  // The loader has the functions for thread-local variables.
  const loader = { x64: "ld-linux-x86-64.so.2", arm64: "ld-linux-aarch64.so.1" }[process.arch];
  writeFileSync(join(folder, "libc.so"), `GROUP ( ${join(folder, "libc.so.6")} ${object} AS_NEEDED ( ${loaderPath(loader)} ) )\n`);
  writeFileSync(join(folder, "libm.so"), `INPUT ( ${join(folder, "libm.so.6")} )\n`);
  return [`-L${folder}`];
}

const loaderPath = (name) => run("cc", `-print-file-name=${name}`);

// The versions of glibc that a file needs.
export function glibcVersions(file) {
  const versions = run("readelf", "-VW", file).matchAll(/Name: (GLIBC_[\d.]+)/g);
  return [...new Set(Array.from(versions, ([, version]) => version))].sort(compare);
}

export const isNewer = (version, than) => compare(version, than) > 0;
