// Calls from code of each of V8's tiers.

import { setFlagsFromString } from "node:v8";
import vm from "node:vm";
import { isNode } from "./this_runtime.mjs";

let texts = 0;

if (isNode) setFlagsFromString("--allow-natives-syntax");

// Compiles a function of its own, so that its call sites have seen nothing. In Node it may use V8's functions, which
// begin with `%`.
export const fresh = (text) => new vm.Script(`(${text}) // ${(texts += 1)}`).runInThisContext();

const names = (count) => Array.from({ length: count }, (_, index) => `a${index}`).join(", ");
const caller = (count) => fresh(`function call(f, ${names(count)}) { return f(${names(count)}); }`);

// Calls once. It is never optimised, because V8 would put the caller into its code.
function once(call, f, args) {
  return call(f, ...args);
}

function v8Functions() {
  return {
    never: fresh("function (f) { %NeverOptimizeFunction(f); }"),
    prepare: fresh("function (f) { %PrepareFunctionForOptimization(f); }"),
    maglev: fresh("function (f) { %OptimizeMaglevOnNextCall(f); }"),
    turbofan: fresh("function (f) { %OptimizeFunctionOnNextCall(f); }"),
    baseline: fresh("function (f) { %CompileBaseline(f); }"),
    hasMaglev: fresh("function () { return %IsMaglevEnabled(); }"),
    hasTurbofan: fresh("function () { return %IsTurbofanEnabled(); }"),
    status: fresh("function (f) { return %GetOptimizationStatus(f); }"),
  };
}

function optimise(v8, compile) {
  return (call, warm) => {
    v8.prepare(call);
    warm();
    warm();
    compile(call);
    warm();
  };
}

// Functions that bring a caller to a tier, `warm` being a call that succeeds.
function compiledTiers(v8) {
  const baseline = (call, warm) => {
    warm();
    v8.baseline(call);
  };
  const tiers = { baseline };
  if (v8.hasMaglev()) tiers.maglev = optimise(v8, v8.maglev);
  if (v8.hasTurbofan()) tiers.turbofan = optimise(v8, v8.turbofan);
  return Object.entries(tiers);
}

// A caller of a function, kept in one tier.
class Caller {
  #call;
  #f;
  #count;
  #tier;

  constructor(f, count, tier) {
    [this.#call, this.#f, this.#count, this.#tier] = [caller(count), f, count, tier];
  }

  // Brings the caller to its tier, if it is not there: V8 leaves optimised code in which calls have thrown.
  ready(args) {
    const enter = () => this.#tier(this.#call, () => once(this.#call, this.#f, args));
    if (enter()) return;
    // V8 has gone on to a higher tier, where it stays.
    this.#call = caller(this.#count);
    if (!enter()) throw new Error("V8 does not compile a call");
  }

  run(args) {
    return once(this.#call, this.#f, args);
  }
}

// A tier that V8 itself confirms.
function confirmed(v8, tier) {
  // The numbers of `%GetOptimizationStatus` differ between versions.
  const probe = caller(1);
  const identity = (value) => value;
  tier(probe, () => probe(identity, 1));
  const wanted = v8.status(probe);
  return (call, warm) => {
    if (v8.status(call) !== wanted) tier(call, warm);
    return v8.status(call) === wanted;
  };
}

// In other runtimes: calls that are made once, and calls that were made often.
const REPEATED = 300;
const repeated = new WeakSet();
const withoutV8 = {
  interpreter: () => true,
  repeated: (call, warm) => {
    if (!repeated.has(call)) for (let round = 0; round < REPEATED; round++) warm();
    repeated.add(call);
    return true;
  },
};

function find() {
  if (!isNode) return withoutV8;
  const v8 = v8Functions();
  v8.never(once);
  const compiled = compiledTiers(v8).map(([name, tier]) => [name, confirmed(v8, tier)]);
  return { interpreter: () => true, ...Object.fromEntries(compiled) };
}

const tiers = find();

// A caller of `f` for each tier, by its name.
export const callers = (f, count) =>
  Object.fromEntries(Object.entries(tiers).map(([name, tier]) => [name, new Caller(f, count, tier)]));
