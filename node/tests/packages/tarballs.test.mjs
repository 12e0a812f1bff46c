// What the tarballs hold.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { glibcVersions, isNewer } from "../../scripts/glibc.mjs";
import { packages } from "../../scripts/platforms.mjs";
import { tarballs, version } from "./project.mjs";

const { hotcall, ...platforms } = tarballs();
const names = (tarball) => execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n").sort();
const manifest = (tarball) => JSON.parse(execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" }));

test("the package has its JavaScript, types, licences and pages alone", () => {
  const odd = names(hotcall).filter((name) => !/^package\/(lib\/.*\.(cjs|mjs|d\.ts)|docs\/\w+\.md|LICENSE-\w+|README\.md|package\.json)$/.test(name));
  assert.deepEqual(odd, []);
  for (const name of ["lib/ffi.d.ts", "LICENSE-MIT", "LICENSE-APACHE", "README.md"]) assert.ok(names(hotcall).includes(`package/${name}`), name);
});

test("every file that the package exports is there", () => {
  const all = names(hotcall);
  const targets = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(targets));
  const missing = targets(manifest(hotcall).exports).filter((path) => !all.includes(path.replace("./", "package/")));
  assert.deepEqual(missing, []);
});

test("a platform's package has the addon", () => {
  for (const tarball of Object.values(platforms)) {
    assert.deepEqual(names(tarball), ["LICENSE-APACHE", "LICENSE-MIT", "hotcall.node", "package.json"].map((name) => `package/${name}`));
  }
});

test("the package asks for the platforms' packages of its own version, and nothing is run when it is installed", () => {
  const { optionalDependencies, dependencies, scripts } = manifest(hotcall);
  assert.deepEqual(optionalDependencies, Object.fromEntries(Object.keys(platforms).map((name) => [name, version])));
  assert.deepEqual([dependencies, scripts], [undefined, undefined]);
  for (const [name, tarball] of Object.entries(platforms)) {
    const { os, cpu, libc, main, scripts, ...rest } = manifest(tarball);
    assert.deepEqual([rest.name, rest.version, main, scripts], [name, version, "hotcall.node", undefined]);
    const [platform, arch, library] = name.replace("@hotcall/", "").split("-");
    assert.deepEqual([os, cpu, libc], [[platform], [arch], library && [{ gnu: "glibc", musl: "musl" }[library]]]);
  }
});

test("the addon needs no newer glibc than Node, nor an executable stack", { skip: process.platform !== "linux" }, () => {
  for (const platform of readdirSync(packages).filter((name) => name.startsWith("linux-"))) {
    const addon = join(packages, platform, "hotcall.node");
    const newest = glibcVersions(process.execPath).at(-1);
    assert.deepEqual(glibcVersions(addon).filter((needed) => isNewer(needed, newest)), []);
    const stack = execFileSync("readelf", ["-lW", addon], { encoding: "utf8" }).match(/GNU_STACK.*/)[0];
    assert.match(stack, / RW /);
  }
});

test("the addon stays mapped when a Worker that has loaded it ends", { skip: process.platform !== "linux" }, () => {
  for (const platform of readdirSync(packages).filter((name) => name.startsWith("linux-"))) {
    assert.match(execFileSync("readelf", ["-dW", join(packages, platform, "hotcall.node")], { encoding: "utf8" }), /NODELETE/);
  }
});
