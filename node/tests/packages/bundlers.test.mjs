// Bundlers find the package's code, and leave the addon a file of its own.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

import { packageFolder } from "../tools.mjs";
import { npmInstall, project, run, tarballs } from "./project.mjs";
import { scripts } from "./scripts.mjs";

const files = Object.fromEntries(Object.entries(tarballs()).map(([name, path]) => [name, `file:${path}`]));
const sources = Object.fromEntries(Object.entries(scripts).map(([name, { source }]) => [name, source]));

// Bundlers are loaded from the tools' folder, as if they were installed in the project.
const tools = (name) => createRequire(join(packageFolder(name), "package.json"))(name);

function installed(t) {
  const folder = project(t, { "package.json": { private: true, dependencies: files }, ...sources });
  npmInstall(folder);
  mkdirSync(join(folder, "out"));
  return folder;
}

test("esbuild, which copies the addon", (t) => {
  const folder = installed(t);
  for (const [name, { prints }] of Object.entries(scripts)) {
    const { outputFiles: _, warnings } = tools("esbuild").buildSync({
      entryPoints: [join(folder, name)],
      outfile: join(folder, "out", "bundle.cjs"),
      absWorkingDir: folder,
      bundle: true,
      platform: "node",
      format: "cjs",
      loader: { ".node": "copy" },
    });
    assert.deepEqual(warnings, []);
    assert.equal(run(join(folder, "out"), process.execPath, ["bundle.cjs"]), prints, name);
  }
});

test("esbuild, to an ES module beside node_modules", (t) => {
  const folder = installed(t);
  tools("esbuild").buildSync({
    entryPoints: [join(folder, "ffi.mjs")],
    outfile: join(folder, "out", "bundle.mjs"),
    absWorkingDir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["@hotcall/*"],
    // CommonJS code in an ES module has no `require` otherwise.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;' },
  });
  assert.equal(run(folder, process.execPath, ["out/bundle.mjs"]), scripts["ffi.mjs"].prints);
});

test("webpack", async (t) => {
  const folder = installed(t);
  const webpack = tools("webpack");
  for (const [name, { prints }] of Object.entries(scripts)) {
    const stats = await new Promise((resolve, reject) => {
      const compiler = webpack({
        context: folder,
        entry: join(folder, name),
        mode: "production",
        target: "node",
        output: { path: join(folder, "out"), filename: "webpack.cjs" },
        externals: [({ request }, done) => (request.startsWith("@hotcall/") ? done(null, `commonjs ${request}`) : done())],
      });
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
    });
    assert.equal(stats.toString({ all: false, errors: true, warnings: true }), "");
    assert.equal(run(folder, process.execPath, ["out/webpack.cjs"]), prints, name);
  }
});

test("rollup", async (t) => {
  const folder = installed(t);
  const { rollup } = tools("rollup");
  const plugin = (name, options) => {
    const loaded = tools(`@rollup/plugin-${name}`);
    return (loaded.default ?? loaded)(options);
  };
  for (const [name, { prints }] of Object.entries(scripts)) {
    const warnings = [];
    const bundle = await rollup({
      input: join(folder, name),
      external: [/^@hotcall\//, /^node:/],
      plugins: [plugin("node-resolve"), plugin("json"), plugin("commonjs")],
      onwarn: (warning) => warnings.push(warning.message),
    });
    await bundle.write({ file: join(folder, "out", "rollup.cjs"), format: "cjs" });
    assert.deepEqual(warnings, []);
    assert.equal(run(folder, process.execPath, ["out/rollup.cjs"]), prints, name);
  }
});
