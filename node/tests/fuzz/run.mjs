// Checks seeds in this process, and prints the numbers of calls.
//
//     node --allow-natives-syntax tests/fuzz/run.mjs SEEDS [FUNCTIONS] [CALLS]
//
// SEEDS is a list such as 1,2,3.

import { fileURLToPath } from "node:url";
import { check } from "./check.mjs";

const [seeds, functions = 30, calls = 30] = process.argv.slice(2);
const folder = fileURLToPath(new URL("../../build", import.meta.url));
for (const seed of seeds.split(",").map(Number)) {
  const { counts, mismatches } = check({ seed, functions: Number(functions), calls: Number(calls), folder });
  for (const mismatch of mismatches) console.log(JSON.stringify(mismatch));
  console.log(JSON.stringify({ seed, ...counts, mismatches: mismatches.length }));
  if (mismatches.length > 0) process.exitCode = 1;
}
