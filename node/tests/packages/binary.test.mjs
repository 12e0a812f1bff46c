// The file that holds the addon can be named, and errors say what is wrong with it.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { failure, npmInstall, project, run, tarballs, version } from "./project.mjs";
import { scripts } from "./scripts.mjs";

const names = Object.keys(tarballs());
const [platform] = names.filter((name) => name.startsWith("@hotcall/"));
const files = Object.fromEntries(names.map((name) => [name, `file:${tarballs()[name]}`]));
const script = { "ffi.cjs": scripts["ffi.cjs"].source };
const addon = (folder) => join(folder, "node_modules", platform, "hotcall.node");

function installed(t, more) {
  const folder = project(t, { "package.json": { private: true, dependencies: files }, ...script, ...more });
  npmInstall(folder);
  return folder;
}

// The package alone: a folder where no platform's package is found.
function alone(t) {
  const folder = project(t, { "package.json": { private: true, dependencies: { hotcall: files.hotcall } }, ...script });
  npmInstall(folder, "--omit=optional");
  return folder;
}

test("HOTCALL_BINARY names the file", (t) => {
  const folder = installed(t);
  copyFileSync(addon(folder), join(folder, "other.node"));
  assert.equal(run(folder, process.execPath, ["ffi.cjs"], { HOTCALL_BINARY: "other.node" }), "ffi 5");
});

test("HOTCALL_BINARY needs no platform's package", (t) => {
  const folder = alone(t);
  assert.equal(run(folder, process.execPath, ["ffi.cjs"], { HOTCALL_BINARY: addon(installed(t)) }), "ffi 5");
});

test("a file that is not there is named, and who named it", (t) => {
  const folder = installed(t);
  const error = failure(folder, process.execPath, ["ffi.cjs"], { HOTCALL_BINARY: "nope.node" });
  assert.ok(error.includes(`hotcall cannot load ${join(folder, "nope.node")}, which HOTCALL_BINARY names: `), error);
});

test("a file that is no addon is an error", (t) => {
  const folder = installed(t);
  const error = failure(folder, process.execPath, ["ffi.cjs"], { HOTCALL_BINARY: "package.json" });
  assert.ok(error.includes("package.json, which HOTCALL_BINARY names: "), error);
});

test("an addon of another version is refused", (t) => {
  const folder = installed(t);
  const manifest = join(folder, "node_modules", "hotcall", "package.json");
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), version: "9.9.9" }));
  const error = failure(folder, process.execPath, ["ffi.cjs"]);
  assert.ok(error.includes(`hotcall 9.9.9 needs an addon of the same version: ${platform} has version ${version}`), error);
});

test("a package whose addon does not load is named", (t) => {
  const folder = installed(t);
  writeFileSync(addon(folder), "no addon");
  const error = failure(folder, process.execPath, ["ffi.cjs"]);
  assert.ok(error.includes(`hotcall cannot load ${platform}: `), error);
});

test("a package for another platform is named", (t) => {
  const folder = alone(t);
  mkdirSync(join(folder, "node_modules", "@hotcall", "darwin-arm64"), { recursive: true });
  const error = failure(folder, process.execPath, ["ffi.cjs"]);
  assert.ok(error.includes(`hotcall needs the package ${platform} on `), error);
  assert.ok(error.includes("node_modules has @hotcall/darwin-arm64, which is for another platform"), error);
});

test("a machine without a package is named", (t) => {
  const folder = alone(t);
  const strange = 'Object.defineProperty(process, "platform", { value: "plan9" }); require("./ffi.cjs");';
  const error = failure(folder, process.execPath, ["-e", strange]);
  assert.ok(error.includes(`hotcall has no package for plan9 ${process.arch}`), error);
});

test("the addon is loaded when it is first used", (t) => {
  const folder = alone(t);
  assert.equal(run(folder, process.execPath, ["-p", 'require("hotcall/ffi").suffix']), { linux: "so", darwin: "dylib", win32: "dll" }[process.platform]);
});

test("Node's permission model must allow addons", (t) => {
  const folder = installed(t);
  const flags = ["--permission", "--allow-fs-read=*"];
  const error = failure(folder, process.execPath, [...flags, "ffi.cjs"]);
  assert.ok(error.includes(`hotcall cannot load ${platform}: `), error);
  assert.equal(run(folder, process.execPath, ["--no-warnings", ...flags, "--allow-addons", "ffi.cjs"]), "ffi 5");
});
