// npm, pnpm and Yarn install the tarballs, and scripts run.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { program } from "../tools.mjs";
import { failure, npmInstall, project, run, tarballs } from "./project.mjs";
import { scripts } from "./scripts.mjs";

const [platform] = Object.keys(tarballs()).filter((name) => name.startsWith("@hotcall/"));
const files = Object.fromEntries(Object.entries(tarballs()).map(([name, path]) => [name, `file:${path}`]));

function runScripts(folder, node, ...args) {
  for (const [name, { prints }] of Object.entries(scripts)) assert.equal(run(folder, node, [...args, name]), prints, name);
}

const sources = Object.fromEntries(Object.entries(scripts).map(([name, { source }]) => [name, source]));

test("npm, without a network", (t) => {
  const folder = project(t, { "package.json": { private: true, dependencies: files }, ...sources });
  npmInstall(folder);
  runScripts(folder, process.execPath);
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  assert.deepEqual(Object.keys(packages), ["", `node_modules/${platform}`, "node_modules/hotcall"]);
  assert.ok(Object.values(packages).every((installed) => !installed.hasInstallScript));
});

test("npm, from the commands that a user gives", (t) => {
  const folder = project(t, { "package.json": { private: true }, ...sources });
  npmInstall(folder, ...Object.values(tarballs()));
  runScripts(folder, process.execPath);
});

test("npm with --omit=optional: the error names the package and the flag", (t) => {
  const { hotcall, ...optional } = files;
  const manifest = { private: true, dependencies: { hotcall }, optionalDependencies: optional };
  const folder = project(t, { "package.json": manifest, ...sources });
  npmInstall(folder, "--omit=optional");
  assert.deepEqual(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith(".")), ["hotcall"]);
  const error = failure(folder, process.execPath, ["ffi.cjs"]);
  assert.ok(error.includes(`Error: hotcall needs the package ${platform} on ${process.platform} ${process.arch}`), error);
  assert.ok(error.includes("--omit=optional"), error);
});

test("pnpm, without a network", (t) => {
  const manifest = { private: true, dependencies: { hotcall: files.hotcall }, pnpm: { overrides: { [platform]: files[platform] } } };
  const folder = project(t, { "package.json": manifest, ...sources });
  const stores = ["--store-dir", join(folder, ".store"), "--config.cache-dir=.cache", "--config.manage-package-manager-versions=false"];
  run(folder, process.execPath, [program("pnpm"), "install", "--offline", ...stores], { CI: "true" });
  runScripts(folder, process.execPath);
});

test("Yarn Plug'n'Play, without a network", (t) => {
  const manifest = { private: true, dependencies: { hotcall: files.hotcall }, resolutions: { [platform]: files[platform] } };
  const folder = project(t, {
    "package.json": manifest,
    "yarn.lock": "",
    ".yarnrc.yml": "enableNetwork: false\nenableTelemetry: false\nnodeLinker: pnp\npnpEnableEsmLoader: true\nglobalFolder: ./.yarn/global\nenableGlobalCache: false\n",
    ...sources,
  });
  const yarn = program("@yarnpkg/cli-dist", "yarn");
  run(folder, process.execPath, [yarn, "install", "--no-immutable"]);
  assert.ok(readdirSync(folder).includes(".pnp.cjs"));
  runScripts(folder, process.execPath, yarn, "node");
});
