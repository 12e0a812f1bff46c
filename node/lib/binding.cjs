"use strict";
// The native addon, which is loaded when a property is first used. HOTCALL_BINARY, or `use`, names a file to load instead of the
// platform's package.

const { resolve } = require("node:path");

const { version } = require("../package.json");
const { loadPackage } = require("./platform.cjs");

// Not by `require`, which bundlers would try to follow, and which a single executable does not have for files.
function loadFile(file, namedBy) {
  const path = resolve(file);
  const module_ = { exports: {} };
  try {
    process.dlopen(module_, path);
  } catch (error) {
    throw new Error(`hotcall cannot load ${path}, which ${namedBy} names: ${error.message}`, { cause: error });
  }
  return { addon: module_.exports, from: path };
}

// Where the addon came from, once it is loaded.
let origin;

function adopt({ addon, from }) {
  if (addon.version !== version) {
    throw new Error(`hotcall ${version} needs an addon of the same version: ${from} has version ${addon.version}`);
  }
  Object.assign(binding, addon);
  origin = from;
}

function load() {
  const file = process.env.HOTCALL_BINARY;
  adopt(file ? loadFile(file, "HOTCALL_BINARY") : loadPackage());
}

// Loads a file. A process has one addon, so it cannot be another one than is in use.
function use(file) {
  if (origin === undefined) adopt(loadFile(file, 'the option "binary"'));
  else if (origin !== resolve(file)) throw new Error(`hotcall cannot use ${resolve(file)}: ${origin} is loaded already`);
}

// The addon's properties become own ones, so reads of them do not come here.
const loader = {
  get(target, name) {
    if (origin !== undefined || typeof name !== "string") return undefined;
    load();
    return binding[name];
  },
};

const binding = Object.assign(Object.create(new Proxy({ __proto__: null }, loader)), { use });

module.exports = binding;
