// Measures calls of C: this package, koffi, `node:ffi`, and an addon written by hand. `node bench/main.mjs [options] [case …]`
//
// --json     prints one JSON object instead of tables
// --readme   prints the table of README.md
// --tier T   measures one tier of V8 alone: optimised, maglev, baseline or interpreter; may be repeated
// --rounds N takes N samples of each figure
// --flag F   passes a flag to Node; may be repeated

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { cases } from "./cases.mjs";
import { readmeTable, targetTable, tierTable } from "./tables.mjs";
import { compare } from "./targets.mjs";
import { tiers } from "./tiers.mjs";

const README_TIERS = ["optimised", "interpreter"];

const { values, positionals: only } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean" },
    readme: { type: "boolean" },
    rounds: { type: "string", default: "21" },
    tier: { type: "string", multiple: true },
    flag: { type: "string", multiple: true, default: [] },
  },
});

function requireKnown(what, names, known) {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  console.error(`bench: no ${what} is called ${JSON.stringify(unknown)}: there are ${known.join(", ")}`);
  process.exit(2);
}

const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`bench: --rounds ${values.rounds}: expected a number of at least 1`);
  process.exit(2);
}
requireKnown("case", only, cases.map(({ id }) => id));
const wanted = values.readme ? README_TIERS : (values.tier ?? Object.keys(tiers));
requireKnown("tier", wanted, Object.keys(tiers));

// A process for each tier, whose contenders take turns.
function measure(tier) {
  const script = fileURLToPath(new URL("measure.mjs", import.meta.url));
  const flags = ["--allow-natives-syntax", "--expose-gc", "--no-warnings", ...tiers[tier].flags, ...values.flag];
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  const { status, stdout } = spawnSync(process.execPath, [...flags, script, JSON.stringify({ tier, rounds, only })], options);
  if (status !== 0) process.exit(1); // It has said why.
  return JSON.parse(stdout);
}

const runs = wanted.map(measure);
const optimised = runs.find(({ tier }) => tier === "optimised");
const compared = optimised === undefined ? [] : compare(optimised.rows);
if (values.json) {
  console.log(JSON.stringify({ node: process.versions.node, rounds, runs, targets: compared }, null, 2));
} else if (values.readme) {
  console.log(readmeTable(runs));
} else {
  const tables = runs.map(tierTable);
  if (compared.length > 0) tables.push(targetTable(compared));
  console.log(`Node ${process.versions.node}: nanoseconds a call, medians of ${rounds} samples\n\n${tables.join("\n\n")}`);
}
