// A call: what the model says that C and script will see, and what they have seen.

import { binding } from "../this_runtime.mjs";
import { bytesOf } from "./bytes.mjs";
import { convert, refusal, result } from "./model.mjs";
import { isAggregate, valueMask } from "./types.mjs";

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

const addressOf = (bytes) => new DataView(bytes.buffer).getBigUint64(0, true);

function valueText(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (value !== null && typeof value === "object") return `pointer ${binding.address(value)}`;
  return value === null ? "pointer 0" : String(value);
}

// One call that the model has foreseen.
export class Call {
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
      const { isAddress, address, behind } = this.#converted[index];
      const got = this.#shared.seen(index, type.size);
      if (!isAddress) return argumentText(type, got);
      const found = addressOf(got);
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
    return one === other ? null : { arguments: this.#givens.map((given) => given.shows), expected, found };
  }
}
