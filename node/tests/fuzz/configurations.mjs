// The ways and the flags of V8 under which the fuzzer runs.

const withoutFastCalls = (...flags) => ({ flags, isFast: false });

export const configurations = {
  "as usual": {},
  "ordinary callbacks": { isFast: false, ways: "ordinary" },
  "Node-API": { isFast: false, ways: "napi" },
  "without fast calls": withoutFastCalls("--no-turbo-fast-api-calls"),
  "without optimisation": withoutFastCalls("--no-opt"),
  Turbolev: withoutFastCalls("--turbolev"),
  "baseline code at once": { flags: ["--always-sparkplug"] },
  "collections by number": { flags: ["--gc-interval=60"] },
  "collections of young objects": { flags: ["--stress-scavenge=20"] },
  "young objects that move in any order": { flags: ["--scavenger-chaos-mode"] },
  "objects that move": { flags: ["--stress-compaction", "--verify-heap"] },
  "marking all the time": { flags: ["--stress-incremental-marking"] },
  "code that is dropped": { flags: ["--stress-flush-code", "--flush-bytecode"] },
};
