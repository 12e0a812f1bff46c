// Random arguments for a signature.

import { MOST_BYTES } from "./callees.mjs";
import { bytes, withoutLength } from "./bytes.mjs";
import { isAggregate } from "./types.mjs";
import { anyDouble, anything, bigInt, numberOf, plain, text } from "./values.mjs";

function integer(random, { size, signed }) {
  if (size === 8 && random.once(2)) return bigInt(random);
  // Whole numbers at both ends of the range, and in between.
  const bits = Math.min(8 * size, 53);
  const last = 2 ** (signed && size < 8 ? bits - 1 : bits) - 1;
  const first = signed ? -last - (size < 8) : 0;
  const middle = Number(BigInt.asUintN(bits - 1, random.wide()));
  return numberOf(random.pick([first, last, 0, -0, 1, middle, signed ? -middle : middle]));
}

// Makes arguments that point to `memory`: pointer objects and the bytes there, one for each parameter.
export class Arguments {
  #memory;

  constructor(memory) {
    this.#memory = memory;
  }

  #pointer(random, index) {
    const { value, address, bytes } = this.#memory[index];
    bytes.set(random.bytes(MOST_BYTES));
    return { kind: "a pointer", value, address, contents: bytes.slice(), memory: bytes, shows: "a pointer" };
  }

  #null = () => plain("null", null);

  #good(random, type, index) {
    if (isAggregate(type)) return bytes(random, type.size);
    const pointer = () => this.#pointer(random, index);
    const memory = () => (random.once(9) ? withoutLength(random) : bytes(random, random.between(1, 100)));
    switch (type.kind) {
      case "integer":
        return integer(random, type);
      case "float":
        return anyDouble(random);
      case "bool":
        return plain("a boolean", random.once(2));
      case "buffer":
        return random.pick([this.#null, memory, memory])();
      case "text":
        return random.pick([this.#null, pointer, memory, () => text(random), () => text(random)])();
      default:
        return random.pick([this.#null, pointer])();
    }
  }

  // The arguments of a call, with one more for a struct result. Half of all calls are good.
  random(random, { parameters, result }) {
    const types = result && isAggregate(result) ? [...parameters, result] : parameters;
    const wrong = random.once(2) ? random.below(types.length + 1) : -1;
    const all = types.map((type, index) =>
      index === wrong || (wrong >= 0 && random.once(12))
        ? anything(random, () => this.#pointer(random, index))
        : this.#good(random, type, index),
    );
    // Sometimes two arguments are the same bytes.
    if (all.length > 1 && random.once(6)) all[random.below(all.length)] = random.pick(all);
    return all;
  }

  // Arguments that each way takes without converting strings or moving bytes.
  usual(random, { parameters, result }) {
    const types = result && isAggregate(result) ? [...parameters, result] : parameters;
    const one = (type, index) => {
      if (isAggregate(type) || type.kind === "buffer") return new Uint8Array(new ArrayBuffer(type.size));
      if (type.kind === "bool") return true;
      return type.kind in { integer: 0, float: 0 } ? index : this.#pointer(random, index).value;
    };
    return types.map(one);
  }
}
