// A single executable: one bundle, with the addon as an asset that is written to a file when the program starts.

import assert from "node:assert/strict";
import { chmodSync, copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

import { packageFolder, program } from "../tools.mjs";
import { npmInstall, project, run, tarballs } from "./project.mjs";

const names = Object.keys(tarballs());
const [platform] = names.filter((name) => name.startsWith("@hotcall/"));
const files = Object.fromEntries(names.map((name) => [name, `file:${tarballs()[name]}`]));

const main = `
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { getAsset } = require("node:sea");

const folder = mkdtempSync(join(tmpdir(), "hotcall-"));
process.env.HOTCALL_BINARY = join(folder, "hotcall.node");
writeFileSync(process.env.HOTCALL_BINARY, Buffer.from(getAsset("hotcall.node")));
process.on("exit", () => rmSync(folder, { recursive: true }));

const { dlopen } = require("hotcall/ffi");
console.log("executable", dlopen(null, { abs: { arguments: ["int32"], return: "int32" } }).functions.abs(-5));
`;

const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

test("a single executable", { skip: process.versions.bun !== undefined && "Bun has its own" }, (t) => {
  const folder = project(t, {
    "package.json": { private: true, dependencies: files },
    "main.cjs": main,
    "sea.json": {
      main: "bundle.cjs",
      output: "sea.blob",
      disableExperimentalSEAWarning: true,
      assets: { "hotcall.node": `node_modules/${platform}/hotcall.node` },
    },
  });
  npmInstall(folder);
  createRequire(join(packageFolder("esbuild"), "package.json"))("esbuild").buildSync({
    entryPoints: [join(folder, "main.cjs")],
    outfile: join(folder, "bundle.cjs"),
    absWorkingDir: folder,
    bundle: true,
    platform: "node",
    external: ["@hotcall/*"],
  });
  run(folder, process.execPath, ["--experimental-sea-config", "sea.json"]);
  const executable = join(folder, "program");
  copyFileSync(process.execPath, executable);
  chmodSync(executable, 0o755);
  run(folder, process.execPath, [program("postject"), executable, "NODE_SEA_BLOB", "sea.blob", "--sentinel-fuse", FUSE]);
  assert.equal(run(folder, executable, []), "executable 5");
});
