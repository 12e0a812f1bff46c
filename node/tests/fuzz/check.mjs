// Calls random functions with random arguments in every tier, and compares with the model what C got and what script got.

import { binding } from "../this_runtime.mjs";
import { callers } from "../tiers.mjs";
import { Arguments } from "./arguments.mjs";
import { MEMORY_BYTES, MOST_BYTES, MOST_PARAMETERS, compile, declarations, memory, signatures } from "./callees.mjs";
import { bytesOf } from "./given.mjs";
import { convert, refusal, result } from "./model.mjs";
import { Random } from "./random.mjs";
import { isAggregate, pointers, valueMask } from "./types.mjs";

const memoryAt = (pointer, length) => new Uint8Array(binding.arrayBuffer(pointer, length));

// The memory that the callees share with this file.
class Shared {
  #bytes;
  #view;

  constructor(pointer) {
    this.#bytes = memoryAt(pointer, MEMORY_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get calls() {
    return this.#view.getBigUint64(memory.calls.offset, true);
  }

  set errno(number) {
    this.#view.setInt32(memory.errno.offset, number, true);
  }

  set reply(bytes) {
    this.#bytes.set(bytes, memory.reply.offset);
  }

  // Tells C what it may read and write behind each parameter.
  allow(index, length, writes) {
    this.#bytes[memory.lengths.offset + index] = length;
    this.#bytes[memory.writes.offset + index] = writes;
  }

  // C leaves all memory behind pointers alone.
  forbid() {
    for (let index = 0; index < MOST_PARAMETERS; index++) this.allow(index, 0, false);
  }

  seen(index, size) {
    const begin = memory.seen.offset + index * 128;
    return this.#bytes.slice(begin, begin + size);
  }

  behind(index, length) {
    const begin = memory.behind.offset + index * MOST_BYTES;
    return this.#bytes.slice(begin, begin + length);
  }
}

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const masked = (bytes, mask) => bytes.map((byte, index) => byte & -mask[index]);
const isNaNOf = (type, bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return type.kind === "float" && Number.isNaN(type.size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true));
};

// What C was given, as text: each NaN is like the other, and padding has no value.
function argumentText(type, bytes) {
  if (isNaNOf(type, bytes)) return "NaN";
  return hex(isAggregate(type) ? masked(bytes, valueMask(type)) : bytes);
}

const addressText = (bytes) => {
  const address = new DataView(bytes.buffer).getBigUint64(0, true);
  return address;
};

function valueText(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (value !== null && typeof value === "object") return `pointer ${binding.address(value)}`;
  return value === null ? "pointer 0" : String(value);
}

// One call that the model has foreseen.
class Call {
  #f;
  #shared;
  #signature;
  #givens;
  #reply;
  #errno;
  #converted;
  #problem = null;
  #scriptCanRun;

  constructor(shared, signature, givens, scriptCanRun, random) {
    [this.#shared, this.#signature, this.#givens, this.#scriptCanRun] = [shared, signature, givens, scriptCanRun];
    this.#reply = random.bytes(128);
    if (random.once(8)) this.#reply.fill(0);
    this.#errno = random.between(1, 130);
    this.#foresee();
  }

  #types() {
    const { parameters, result } = this.#signature;
    return result && isAggregate(result) ? [...parameters, result] : parameters;
  }

  #foresee() {
    const types = this.#types();
    this.#converted = types.map((type, index) => convert(type, this.#givens[index], this.#scriptCanRun));
    const wrong = this.#converted.findIndex((converted) => converted.problem !== undefined);
    if (wrong >= 0) this.#problem = refusal(this.#signature, wrong, types[wrong], this.#converted[wrong].problem);
  }

  get values() {
    return this.#givens.map((given) => given.value);
  }

  get shows() {
    return this.#givens.map((given) => given.shows);
  }

  get isGood() {
    return this.#problem === null;
  }

  #isUsedOnce(given) {
    return this.#givens.filter((other) => other.value === given.value).length === 1;
  }

  #writes(index) {
    const { isWritable, behind } = this.#converted[index];
    return Boolean(isWritable) && behind.length > 0 && this.#isUsedOnce(this.#givens[index]);
  }

  // What has to be seen afterwards.
  #expected() {
    if (this.#problem) return { outcome: this.#problem, calls: 0 };
    const { parameters, result: type, errno } = this.#signature;
    const seen = parameters.map((type, index) => {
      const { bytes, address, behind } = this.#converted[index];
      if (bytes) return argumentText(type, bytes);
      return `${address === null ? "memory" : address}: ${hex(behind)}`;
    });
    const value = result(type, this.#reply);
    const outcome = typeof value === "object" ? `pointer ${value.address}` : valueText(value);
    return { outcome, calls: 1, seen, ...(errno && { errno: this.#errno }), changed: this.#changed() };
  }

  // The bytes of script that C has changed.
  #changed() {
    const { parameters, result } = this.#signature;
    const into = parameters.length;
    return this.#givens.flatMap((given, index) => {
      if (!given.contents || !this.#isUsedOnce(given)) return [];
      const bytes = given.contents.slice();
      if (index === into) bytes.set(this.#reply.subarray(0, result.size));
      else if (this.#writes(index)) bytes[0] += 1;
      return [this.#contentsText(index, bytes)];
    });
  }

  #contentsText(index, bytes) {
    const { parameters, result } = this.#signature;
    const copy = bytes.slice();
    if (index === parameters.length) copy.set(masked(copy.subarray(0, result.size), valueMask(result)));
    return hex(copy.subarray(0, 200));
  }

  // What was seen.
  #found(outcome, calls) {
    if (calls === 0) return { outcome, calls };
    const { parameters, errno } = this.#signature;
    const seen = parameters.map((type, index) => {
      const { bytes, address, behind } = this.#converted[index];
      const got = this.#shared.seen(index, type.size);
      if (!this.#converted[index].isAddress) return argumentText(type, got);
      const found = addressText(got);
      const length = behind?.length ?? 0;
      return `${address === null && found !== 0n ? "memory" : found}: ${hex(this.#shared.behind(index, length))}`;
    });
    const changed = this.#givens.flatMap((given, index) =>
      given.contents && this.#isUsedOnce(given) ? [this.#contentsText(index, this.#current(given))] : [],
    );
    return { outcome, calls, seen, ...(errno && { errno: binding.errno() }), changed };
  }

  #current(given) {
    return given.memory ?? bytesOf(given.value);
  }

  #prepare() {
    this.#shared.reply = this.#reply;
    this.#shared.errno = this.#errno;
    for (let index = 0; index < this.#signature.parameters.length; index++) {
      const { behind } = this.#converted[index];
      this.#shared.allow(index, behind?.length ?? 0, this.isGood && this.#writes(index));
    }
  }

  // Calls by `run`. Returns null, or a description of what is wrong.
  check(run) {
    this.#prepare();
    const before = this.#shared.calls;
    let outcome;
    try {
      outcome = valueText(run(this.values));
    } catch (error) {
      outcome = `${error.name}: ${error.message}`;
    }
    const found = this.#found(outcome, Number(this.#shared.calls - before));
    const expected = this.#expected();
    const [one, other] = [found, expected].map((seen) => JSON.stringify(seen));
    if (one === other) return null;
    const different = (seen) => Object.fromEntries(Object.entries(seen).map(([key, value]) =>
      [key, Array.isArray(value) ? value.map((item, index) => item === expected[key]?.[index] && item === found[key]?.[index] ? "" : item) : value]));
    return { arguments: this.shows, expected: different(expected), found: different(found) };
  }
}

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
