"use strict";
// The packages that hold the addon, one for each platform, and the reasons why there may be none.

const { readdirSync } = require("node:fs");
const { join } = require("node:path");

// Bundlers find packages by these texts. Inside of `try` they accept that most are not installed.
function attempt(platform) {
  try {
    switch (platform) {
      case "linux-x64-gnu":
        return { addon: require("@hotcall/linux-x64-gnu") };
      case "linux-x64-musl":
        return { addon: require("@hotcall/linux-x64-musl") };
      case "linux-arm64-gnu":
        return { addon: require("@hotcall/linux-arm64-gnu") };
      case "linux-arm64-musl":
        return { addon: require("@hotcall/linux-arm64-musl") };
      case "darwin-x64":
        return { addon: require("@hotcall/darwin-x64") };
      case "darwin-arm64":
        return { addon: require("@hotcall/darwin-arm64") };
      case "win32-x64":
        return { addon: require("@hotcall/win32-x64") };
      case "win32-arm64":
        return { addon: require("@hotcall/win32-arm64") };
    }
  } catch (error) {
    return { error };
  }
}

const packageOf = (platform) => `@hotcall/${platform}`;

// The packages that may fit this machine. Package managers install one of the two for Linux, by its C library.
const CANDIDATES = {
  "linux x64": ["linux-x64-gnu", "linux-x64-musl"],
  "linux arm64": ["linux-arm64-gnu", "linux-arm64-musl"],
  "darwin x64": ["darwin-x64"],
  "darwin arm64": ["darwin-arm64"],
  "win32 x64": ["win32-x64"],
  "win32 arm64": ["win32-arm64"],
};

// Node says which glibc it runs with, and says nothing of musl. The report would look up names of the network's peers.
function usesMusl() {
  const { report } = process;
  if (process.platform !== "linux" || report === undefined) return false;
  report.excludeNetwork = true;
  return report.getReport().header.glibcVersionRuntime === undefined;
}

// The packages that are installed beside this one, if one can look.
function installed() {
  try {
    return readdirSync(join(__dirname, "..", "..", "@hotcall"));
  } catch {
    return [];
  }
}

const isMissing = (error, platform) => error.code === "MODULE_NOT_FOUND" && error.message.includes(packageOf(platform));

function whyMissing(platform) {
  const others = installed().filter((name) => name !== platform);
  if (others.length > 0) {
    return `node_modules has ${others.map(packageOf).join(" and ")}, which is for another platform. Install on this platform anew.`;
  }
  return (
    "Package managers leave it out with --omit=optional (npm), --no-optional (pnpm), or a lock file that was written without " +
    "optional dependencies. Install with optional dependencies."
  );
}

// Loads the addon of this platform's package.
function loadPackage() {
  const machine = `${process.platform} ${process.arch}`;
  const candidates = CANDIDATES[machine];
  if (candidates === undefined) {
    throw new Error(`hotcall has no package for ${machine}. Build the addon, and name the file with HOTCALL_BINARY.`);
  }
  for (const platform of candidates) {
    const { addon, error } = attempt(platform);
    if (addon !== undefined) return { addon, from: packageOf(platform) };
    if (!isMissing(error, platform)) {
      throw new Error(`hotcall cannot load ${packageOf(platform)}: ${error.message}`, { cause: error });
    }
  }
  const musl = usesMusl();
  const platform = candidates[musl ? candidates.length - 1 : 0];
  const library = process.platform === "linux" ? ` with ${musl ? "musl" : "glibc"}` : "";
  throw new Error(
    `hotcall needs the package ${packageOf(platform)} on ${machine}${library}, which is not installed. ${whyMissing(platform)} ` +
      "HOTCALL_BINARY can name a file instead.",
  );
}

module.exports = { loadPackage };
