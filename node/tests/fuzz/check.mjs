// Calls random functions with random arguments in every tier, and compares with the model what C got and what script
// got.

import { binding } from "../this_runtime.mjs";
import { callers } from "../tiers.mjs";
import { Arguments } from "./arguments.mjs";
import { Call } from "./call.mjs";
import { MOST_BYTES, MOST_PARAMETERS, compile, declarations, signatures } from "./callees.mjs";
import { Random } from "./random.mjs";
import { Shared, memoryAt } from "./shared.mjs";
import { pointers } from "./types.mjs";

const nothing = binding.declarations("void nothing(void);", "c");

const callsBack = ({ parameters, callsBack }) => callsBack || parameters.includes(pointers.function);

// A signature as mismatches show it.
const declared = (signature) => ({ key: signature.key, ...JSON.parse(declarations([signature]))[signature.key] });

// Checks functions that follow from the seed.
class Check {
  #seed;
  #arguments;
  #shared;
  #isFast;
  counts = { functions: 0, calls: 0, good: 0, ordinary: 0, fast: 0, fastFunctions: 0, tiers: {} };
  mismatches = [];

  constructor(seed, isFast, library) {
    [this.#seed, this.#isFast] = [seed, isFast];
    this.#shared = new Shared(binding.symbol(library, "shared"));
    const places = Array.from({ length: MOST_PARAMETERS + 1 }, () => {
      const value = binding.alloc(MOST_BYTES);
      return { value, address: binding.address(value), bytes: memoryAt(value, MOST_BYTES) };
    });
    this.#arguments = new Arguments(places);
  }

  // Calls a function often in each tier, with the same arguments.
  function(f, signature, calls) {
    const usual = this.#arguments.usual(new Random(0), signature);
    this.counts.functions += 1;
    for (const [tier, caller] of Object.entries(callers(f, f.length))) {
      const random = new Random(this.#seed ^ Number(signature.key.slice(1)));
      for (let round = 0; round < calls; round++) {
        this.#shared.forbid();
        caller.ready(usual);
        const wrong = this.#call(f, signature, caller, tier, random);
        if (wrong) this.mismatches.push({ seed: this.#seed, tier, round, ...wrong });
      }
      if (tier === "turbofan" && binding.ways(f).fast === "on") this.#usual(f, signature, caller, usual);
    }
  }

  #call(f, signature, caller, tier, random) {
    const { counts } = this;
    const givens = this.#arguments.random(random, signature);
    // Without an open callback no function can call script back.
    const callback = random.once(2) ? binding.callback(nothing, "nothing", () => {}) : null;
    const scriptCanRun = callback !== null && callsBack(signature);
    const call = new Call(this.#shared, signature, givens, scriptCanRun, random);
    const before = binding.ways(f).calls;
    const wrong = call.check((values) => caller.run(values));
    const ordinary = binding.ways(f).calls - before;
    if (callback) binding.callbackClose(callback);
    counts.calls += 1;
    counts.good += call.isGood;
    counts.ordinary += ordinary;
    counts.fast += call.isGood && ordinary === 0;
    counts.tiers[tier] = (counts.tiers[tier] ?? 0) + 1;
    if (!wrong) return null;
    return { way: ordinary ? "ordinary" : "fast", scriptCanRun, ...declared(signature), ...wrong };
  }

  // The usual call from optimised code proves that fast calls are taken, or are not.
  #usual(f, signature, caller, usual) {
    this.counts.fastFunctions += 1;
    this.#shared.forbid();
    caller.ready(usual);
    const before = binding.ways(f).calls;
    caller.run(usual);
    const isFast = binding.ways(f).calls === before;
    if (isFast !== this.#isFast) this.mismatches.push({ seed: this.#seed, ...declared(signature), found: { isFast } });
  }
}

// Checks random functions, with `calls` calls of each in each tier. Returns the numbers of calls, and all mismatches.
export function check({ seed, functions: count, calls, isFast, folder }) {
  const list = signatures(new Random(seed), count);
  const library = binding.open(compile(list, folder));
  const marked = list.filter((signature) => signature.callsBack).map((signature) => signature.key);
  const functions = binding.functions(library, binding.declarations(declarations(list), "json"), { callbacks: marked });
  const check = new Check(seed, isFast, library);
  for (const signature of list) check.function(functions[signature.key], signature, calls);
  return { counts: check.counts, mismatches: check.mismatches };
}
