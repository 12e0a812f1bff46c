"use strict";
// `Deno.build`, by which scripts choose the file name of a library: the system and the processor in Rust's names.

const systems = { win32: "windows", sunos: "solaris" };
const processors = { x64: "x86_64", arm64: "aarch64", ia32: "x86", riscv64: "riscv64gc" };

const { arch, platform } = process;

const build = Object.freeze({ os: systems[platform] ?? platform, arch: processors[arch] ?? arch });

module.exports = { build };
