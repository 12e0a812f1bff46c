"use strict";
// Paths that are allowed, with everything below them, and the way that a path takes through links to a file.

const { lstatSync, readlinkSync } = require("node:fs");
const path = require("node:path");

// The largest number of links that are followed, as in Linux (`path_resolution(7)`).
const LINKS = 40;

const { cwd, platform } = process;
const separators = platform === "win32" ? /[\\/]/ : /\//;

// A path's root, and the names behind it from the last to the first. `..` stays: the system applies it to a link's
// target.
function split(file) {
  const { root } = path.parse(file);
  const names = file.slice(root.length).split(separators);
  return { root, names: names.filter((name) => name !== "" && name !== ".").reverse() };
}

function look(file) {
  try {
    const found = lstatSync(file);
    return { isDirectory: found.isDirectory(), target: found.isSymbolicLink() ? readlinkSync(file) : undefined };
  } catch (error) {
    // Node's own permissions do not let this process look at the path.
    if (error.code === "ERR_ACCESS_DENIED") throw error;
    return { error };
  }
}

function isBelow(inner, outer) {
  return inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : outer + path.sep);
}

class AllowedPaths {
  #paths;

  // The paths are canonical.
  constructor(paths) {
    this.#paths = paths;
  }

  #holds(file) {
    return this.#paths.some((allowed) => isBelow(file, allowed));
  }

  // The directory is allowed, or above one that is.
  #leadsTo(directory) {
    return this.#holds(directory) || this.#paths.some((allowed) => isBelow(allowed, directory));
  }

  // Follows an absolute path like the system, link by link, to `end`, the canonical path.
  //
  // `confined` tells that all links of the path are in allowed directories, and all its directories in these or above
  // them. Otherwise a directory elsewhere could become a link, and `..` would lead out of its target.
  //
  // A path that ends early has an `error`. `told` says that script may learn it: all directories of the path are
  // allowed ones or above these, and the missing name is in an allowed one.
  #walk(file) {
    const { root, names: left } = split(file);
    let [end, links, inAllowed, byAllowedLinks] = [root, 0, true, true];
    while (left.length > 0) {
      const name = left.pop();
      if (name === "..") {
        end = path.dirname(end);
        continue;
      }
      const next = path.join(end, name);
      const missing = (error) => ({ error, told: inAllowed && this.#holds(next) });
      const { isDirectory, target, error } = look(next);
      if (error !== undefined) return missing(error);
      if (target !== undefined) {
        if (++links > LINKS) return missing(new Error("too many links"));
        byAllowedLinks &&= this.#holds(next);
        const { root, names } = split(target);
        if (root !== "") end = root;
        left.push(...names);
      } else if (isDirectory || left.length === 0) {
        inAllowed &&= this.#leadsTo(next);
        end = next;
      } else {
        return missing(new Error(`${next} is not a directory`));
      }
    }
    return { end, confined: inAllowed && byAllowedLinks };
  }

  // The path of the file in the canonical directory that its path leads to, if all of it is allowed. The loader derives
  // `$ORIGIN` from the path that it is given, so a link keeps its neighbours.
  #underOwnName(file) {
    const directory = this.#walk(path.dirname(file));
    if (directory.error !== undefined) return undefined;
    const own = path.join(directory.end, path.basename(file));
    const way = this.#walk(own);
    const isAllowed = way.error === undefined && way.confined && this.#holds(own) && this.#holds(way.end);
    return isAllowed ? own : undefined;
  }

  // Chooses the path to open for a library's name. It can lead elsewhere only if the allowed directories are changed.
  //
  // Undefined says that the name is refused. An error says that the library is missing, in a directory that is allowed.
  choose(name) {
    if (name.includes("\0") || !separators.test(name)) return undefined;
    const file = path.isAbsolute(name) ? name : cwd() + path.sep + name;
    const { end, error, told } = this.#walk(file);
    if (error !== undefined) return told ? error : undefined;
    const chosen = this.#underOwnName(file) ?? end;
    return this.#holds(chosen) ? chosen : undefined;
  }
}

module.exports = { AllowedPaths };
