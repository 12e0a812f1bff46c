"use strict";
// The libraries that script may load: all, or those that the environment variable HOTCALL_ALLOW_FFI lists, separated
// by commas. Each path of the list allows a file, or a directory and everything below it. Every entry of the package
// asks here.

const { realpathSync } = require("node:fs");
const { AllowedPaths } = require("./allowed_paths.cjs");
const binding = require("./binding.cjs");

const VARIABLE = "HOTCALL_ALLOW_FFI";

class NotCapable extends Error {
  get name() {
    return "NotCapable";
  }
  get code() {
    return "ERR_ACCESS_DENIED";
  }
}

// The canonical paths of the list. Null allows everything.
function readList(text) {
  if (text === undefined) return null;
  return text.split(",").map((listed) => {
    // The list of a variable that is empty must not become the permission for everything.
    if (listed === "") throw new Error(`${VARIABLE}: the list "${text}" has an empty path`);
    try {
      return realpathSync.native(listed);
    } catch (error) {
      throw new Error(`${VARIABLE}: cannot find "${listed}"`, { cause: error });
    }
  });
}

const listed = readList(process.env[VARIABLE]);

// What is allowed in this process: that which the thread decided that asked first. A Worker may have another
// environment.
let decided;
function allowed() {
  if (decided === undefined) {
    const paths = JSON.parse(binding.permission(JSON.stringify(listed)));
    decided = paths === null ? null : new AllowedPaths(paths);
  }
  return decided;
}

// Decides for the process, before script runs. Without a list there is nothing to decide yet, and no addon to load.
function decide() {
  if (listed !== null) allowed();
}

// Returns the path to open for a library's name, or throws. Null and "" are this process.
//
// With a list, links are followed first: the file that is opened counts. This process, and a name that the loader
// searches, need the permission for everything. A name that leads elsewhere is refused like one that leads nowhere.
function libraryPath(name) {
  const paths = allowed();
  if (paths === null) return name;
  const chosen = paths.choose(name ?? "");
  if (chosen === undefined) {
    throw new NotCapable(`Requires ffi access to "${name ?? ""}", which ${VARIABLE} does not allow`);
  }
  if (typeof chosen !== "string") throw new Error(`cannot find library ${name}`, { cause: chosen });
  return chosen;
}

// Throws unless everything is allowed. Code that can read or call any address does not need a library.
function requireMemory() {
  if (allowed() !== null) {
    throw new NotCapable(`Requires ffi access to all memory, but ${VARIABLE} allows libraries alone`);
  }
}

module.exports = { decide, libraryPath, requireMemory };
