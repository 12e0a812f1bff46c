"use strict";
// The two names of the `Deno` namespace beside its FFI that scripts and packages do not do without: `build`, by which
// scripts choose the file name of a library, and `args`. Packages that see the global `Deno` read both without a
// check.

const systems = { win32: "windows", sunos: "solaris" };
const processors = { x64: "x86_64", arm64: "aarch64", ia32: "x86", riscv64: "riscv64gc" };

const { arch, argv, platform } = process;

const build = Object.freeze({ os: systems[platform] ?? platform, arch: processors[arch] ?? arch });
const args = argv.slice(2);

module.exports = { args, build };
