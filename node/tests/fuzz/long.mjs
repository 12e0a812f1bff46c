// Fuzzes with random seeds, under random configurations, until the time is over or something is wrong.
//
//     node tests/fuzz/long.mjs SECONDS [RUNTIME]...
//
// The runtimes are programs; without any it is this one. Each line that is written repeats its run.

import { randomInt } from "node:crypto";
import { configurations } from "./configurations.mjs";
import { fuzz, sum, supports } from "./process.mjs";

const [seconds, ...programs] = process.argv.slice(2);
const runtimes = programs.length > 0 ? programs : [process.execPath];
const pick = (list) => list[randomInt(list.length)];
const possible = runtimes.flatMap((runtime) =>
  Object.entries(configurations)
    .filter(([, configuration]) => supports(runtime, configuration))
    .map(([name, configuration]) => ({ runtime, name, configuration })),
);

const end = Date.now() + 1000 * Number(seconds);
const totals = { runs: 0, calls: 0, good: 0, fast: 0, ordinary: 0 };
let failures = 0;
while (Date.now() < end) {
  const { runtime, name, configuration } = pick(possible);
  const seed = randomInt(2 ** 32);
  const size = { seeds: [seed], functions: 40, calls: 25 };
  try {
    const counts = fuzz(runtime, configuration, size);
    totals.runs += 1;
    for (const of of ["calls", "good", "fast", "ordinary"]) totals[of] += sum(counts, of);
  } catch (error) {
    failures += 1;
    console.log(`seed ${seed}, ${name}: ${error.message}`);
  }
}
console.log(JSON.stringify({ ...totals, failures }));
process.exitCode = failures > 0 || totals.calls === 0 ? 1 : 0;
