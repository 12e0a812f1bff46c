// Checks seeds in this process, and prints all mismatches and the numbers of calls.
//
//     node tests/fuzz/run.mjs SEEDS [FUNCTIONS] [CALLS] [no-fast]
//
// SEEDS is a list such as 1,2,3. With `no-fast`, calls must not be fast; otherwise they must be.

import { fileURLToPath } from "node:url";
import { check } from "./check.mjs";

const [seeds, functions = 30, calls = 30, fast] = process.argv.slice(2);
const folder = fileURLToPath(new URL("../../build", import.meta.url));
for (const seed of seeds.split(",").map(Number)) {
  const options = { seed, functions: Number(functions), calls: Number(calls), isFast: fast !== "no-fast", folder };
  const { counts, mismatches } = check(options);
  for (const mismatch of mismatches) console.log(JSON.stringify(mismatch));
  console.log(JSON.stringify({ seed, ...counts, mismatches: mismatches.length }));
  if (mismatches.length > 0) process.exitCode = 1;
}
