"use strict";
// The libraries that script may load: all, or those that the environment variable HOTCALL_ALLOW_FFI lists, separated by
// commas. Each path of the list allows a file, or a directory and everything below it. Every entry of the package asks here.

const { lstatSync, readlinkSync, realpathSync } = require("node:fs");
const path = require("node:path");

const VARIABLE = "HOTCALL_ALLOW_FFI";

// The largest number of links that are followed, as in Linux (`path_resolution(7)`).
const LINKS = 40;

const { platform } = process;
const currentDirectory = process.cwd;

class NotCapable extends Error {
  get name() {
    return "NotCapable";
  }
  get code() {
    return "ERR_ACCESS_DENIED";
  }
}

// Reads the list. Null allows everything.
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

const allowed = readList(process.env[VARIABLE]);

const isBelow = (inner, outer) => {
  if (inner === outer) return true;
  const directory = outer.endsWith(path.sep) ? outer : outer + path.sep;
  return inner.startsWith(directory);
};
const holds = (file) => allowed.some((one) => isBelow(file, one));
const leadsToAllowed = (directory) => holds(directory) || allowed.some((one) => isBelow(one, directory));

const separators = platform === "win32" ? /[\\/]/ : /\//;
const parts = (names) => names.split(separators).filter((name) => name !== "" && name !== ".");

// A path's root and the names behind it. `..` stays, because the system applies it to the target of a link.
function split(file) {
  const { root } = path.parse(file);
  return { root, names: parts(file.slice(root.length)) };
}

const absolute = (name) => (path.isAbsolute(name) ? name : `${currentDirectory()}${path.sep}${name}`);

function look(file) {
  try {
    const found = lstatSync(file);
    return { found, target: found.isSymbolicLink() ? readlinkSync(file) : undefined };
  } catch (error) {
    return { error };
  }
}

// Follows an absolute path like the system, link by link.
//
// `end` is the canonical path. `confined` tells that all links of the path are in allowed directories, and all its
// directories in these or above them. Otherwise a directory elsewhere could become a link, and `..` would lead out of its
// target. A path that ends early has an `error`. `told` says that script may learn it: all directories of the path are
// allowed ones or above these, and the missing name is in an allowed one.
function walk(file) {
  const start = split(file);
  let end = start.root;
  const left = start.names.reverse();
  let [links, inAllowed, byAllowedLinks] = [0, true, true];
  while (left.length > 0) {
    const name = left.pop();
    if (name === "..") {
      end = path.dirname(end);
      continue;
    }
    const next = path.join(end, name);
    const { found, target, error } = look(next);
    const missing = (error) => ({ error, told: inAllowed && holds(next) });
    if (error !== undefined) return missing(error);
    if (target !== undefined) {
      if (++links > LINKS) return missing(new Error("too many links"));
      byAllowedLinks &&= holds(next);
      const { root, names } = split(target);
      if (root !== "") end = root;
      left.push(...names.reverse());
    } else if (found.isDirectory() || left.length === 0) {
      inAllowed &&= leadsToAllowed(next);
      end = next;
    } else {
      return missing(new Error("not a directory"));
    }
  }
  return { end, confined: inAllowed && byAllowedLinks };
}

// The path of the file in the canonical directory that its path leads to, if all of it is allowed. The loader derives
// `$ORIGIN` from the path that it is given, so a link keeps its neighbours.
function underOwnName(file) {
  const directory = walk(path.dirname(file));
  if (directory.error !== undefined) return undefined;
  const own = path.join(directory.end, path.basename(file));
  const way = walk(own);
  return way.error === undefined && way.confined && holds(own) && holds(way.end) ? own : undefined;
}

// Returns the path to open for a library's name, or throws. Null and "" are this process.
//
// With a list, links are followed first: the file that is opened counts. This process, and a name that the loader
// searches, need the permission for everything. A name that leads elsewhere is refused like one that leads nowhere.
function libraryPath(name) {
  if (allowed === null) return name;
  const refuse = () => {
    throw new NotCapable(`Requires ffi access to "${name ?? ""}", which ${VARIABLE} does not allow`);
  };
  if (name === null || name.includes("\0") || !separators.test(name)) return refuse();
  const given = absolute(name);
  const way = walk(given);
  if (way.error !== undefined) {
    if (way.told) throw new Error(`cannot find library ${name}`, { cause: way.error });
    return refuse();
  }
  const file = underOwnName(given) ?? way.end;
  return holds(file) ? file : refuse();
}

// Throws unless everything is allowed. Code that can read or call any address does not need a library.
function requireMemory() {
  if (allowed !== null) throw new NotCapable(`Requires ffi access to all memory, and ${VARIABLE} allows libraries alone`);
}

module.exports = { libraryPath, requireMemory };
