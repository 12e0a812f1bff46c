// Measures all contenders in this process, in one tier of V8: `node … measure.mjs '{"tier": …}'`.
//
// Times are processor time of this thread, so that other work on the machine counts less. They include the loop. Contenders take
// turns. Each sample begins with a turn of the event loop and a collection, so that nobody pays for the handles and the garbage
// of others. The script needs the flags --allow-natives-syntax and --expose-gc.

import { cases } from "./cases.mjs";
import { compileLoop, compileReached } from "./loop.mjs";
import { nodeApiAddon } from "./native.mjs";
import { median } from "./statistics.mjs";
import { tiers } from "./tiers.mjs";

const names = ["hotcall", "koffi", "node_ffi", "node_api", "function_call"];
const { tier, rounds, only } = JSON.parse(process.argv[2]);

// Nanoseconds.
const WARM = 50e6;
const GIVE_UP = 3e9;
const SAMPLE = 5e6;
const WARMING_ROUNDS = 1000;

const { now } = nodeApiAddon();
const reached = compileReached(tiers[tier].reached);

async function contenders() {
  const found = {};
  for (const name of names) {
    try {
      found[name] = await (await import(`./contenders/${name}.mjs`)).contender();
    } catch (error) {
      if (name === "hotcall") throw error;
      found[name] = { missing: error.message, functions: {} };
    }
  }
  return found;
}

// One contender in one case.
class Runner {
  #case;
  #name;
  #arguments;
  #loop;
  #rounds;
  times = [];

  constructor(case_, name, arguments_) {
    [this.#case, this.#name, this.#arguments] = [case_, name, arguments_];
    this.#loop = compileLoop(case_);
  }

  async #run(rounds) {
    await new Promise(setImmediate);
    globalThis.gc({ type: "minor" });
    const start = now();
    const last = this.#loop(rounds, ...this.#arguments);
    const time = now() - start;
    if (!this.#case.right(last)) throw new Error(`${this.#name}: wrong result in ${this.#case.id}: ${last}`);
    return time;
  }

  // Runs until V8 has compiled the loop, which it does on another thread, and for some time longer. Returns whether it has.
  // Where a call stands for many, the loop does not count.
  async warmUp() {
    const rounds = Math.max(8, WARMING_ROUNDS / (this.#case.per ?? 1));
    const start = now();
    let warm = 0;
    while (warm < WARM && now() - start < GIVE_UP) {
      const time = await this.#run(rounds);
      warm = this.#case.per || reached(this.#loop) ? warm + time : 0;
      this.#rounds = Math.max(8, 8 * Math.round(((SAMPLE / time) * rounds) / 8));
    }
    return warm >= WARM;
  }

  async sample() {
    this.times.push((await this.#run(this.#rounds)) / (this.#rounds * (this.#case.per ?? 1)));
  }
}

// Medians in nanoseconds, and medians of the ratios to hotcall's sample in the same turn.
async function measure(case_, found) {
  const able = names.filter((name) => case_.id in found[name].functions);
  const runners = able.map((name) => [name, new Runner(case_, name, found[name].functions[case_.id])]);
  const warm = [];
  for (const [name, runner] of runners) if (await runner.warmUp()) warm.push([name, runner]);
  for (let round = 0; round < rounds; round++) for (const [, runner] of warm) await runner.sample();
  const ours = warm.find(([name]) => name === "hotcall")?.[1].times;
  const notCompiled = able.filter((name) => !warm.some(([other]) => name === other));
  const row = { id: case_.id, ns: {}, over_hotcall: {}, not_compiled: notCompiled };
  for (const [name, { times }] of warm) {
    row.ns[name] = median(times);
    if (ours && name !== "hotcall") row.over_hotcall[name] = median(times.map((time, round) => time / ours[round]));
  }
  return row;
}

const found = await contenders();
const wanted = cases.filter(({ id }) => only.length === 0 || only.includes(id));
const rows = [];
// Some builds of V8 lack a tier.
const exists = await new Runner({ call: "f(i)", right: () => true }, "a function of script", [(i) => i]).warmUp();
if (exists) for (const case_ of wanted) rows.push(await measure(case_, found));
const described = Object.entries(found).map(([name, { version, missing, notes }]) => [name, { version, missing, notes }]);
console.log(JSON.stringify({ tier, contenders: Object.fromEntries(described), rows }));
