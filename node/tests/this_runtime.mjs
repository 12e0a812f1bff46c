// The runtime that runs this file, and the addon in it.

import { createRequire } from "node:module";

export const binding = createRequire(import.meta.url)("../lib/binding.cjs");

export const isDeno = process.versions.deno !== undefined;
export const isBun = process.versions.bun !== undefined;
export const isNode = !isDeno && !isBun;
