// Packs the tarballs for npm into build/: `node scripts/pack.mjs`, after `build.mjs`.
//
// The package for all platforms asks for those that were built. The source's package.json asks for none, so that nothing fetches a
// package of such a name from a registry.

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { folder, packages } from "./platforms.mjs";

// The most that an installation takes: the package and the addon of one platform.
const MOST = 3_000_000;
const LICENCES = ["LICENSE-MIT", "LICENSE-APACHE"];

const main = join(folder, "build", "hotcall");
const built = existsSync(packages) ? readdirSync(packages) : [];
if (built.length === 0) throw new Error("there is no addon to pack: run scripts/build.mjs first");

function layMain() {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  manifest.optionalDependencies = Object.fromEntries(built.map((platform) => [`@hotcall/${platform}`, manifest.version]));
  rmSync(main, { recursive: true, force: true });
  mkdirSync(main, { recursive: true });
  for (const name of ["lib", "docs"]) cpSync(join(folder, name), join(main, name), { recursive: true });
  copyFileSync(join(folder, "README.md"), join(main, "README.md"));
  writeFileSync(join(main, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

// Packs a folder, and returns how many bytes it takes when it is installed.
function pack(from) {
  for (const licence of LICENCES) copyFileSync(join(folder, "..", licence), join(from, licence));
  const printed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", join(folder, "build")], {
    cwd: from,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const [{ filename, size, unpackedSize }] = Object.values(JSON.parse(printed));
  console.log(`build/${filename}: ${size} bytes, ${unpackedSize} installed`);
  return unpackedSize;
}

layMain();
const own = pack(main);
for (const platform of built) {
  const all = own + pack(join(packages, platform));
  if (all > MOST) throw new Error(`hotcall for ${platform} takes ${all} bytes: ${MOST} are the most`);
}
