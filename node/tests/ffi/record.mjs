// Records what `node:ffi` answers, for versions of Node that do not have it: `node tests/ffi/record.mjs`, in Node 26.12.

import { writeFileSync } from "node:fs";

import { compile } from "../native.mjs";
import { answers } from "./answers.mjs";
import { cases, outcome } from "./cases.mjs";

const ffi = await import("node:ffi");
const path = compile("ffi");
const lines = Array.from(cases(path), ([name, run]) => `${JSON.stringify(name)}: ${JSON.stringify(outcome(run, ffi, path))}`);
writeFileSync(answers, `{\n${lines.join(",\n")}\n}\n`);
