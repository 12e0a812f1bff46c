"use strict";
// Functions of C for script: the native function, or a wrapper that converts values.

const binding = require("../binding.cjs");
const { know } = require("./details.cjs");
const { conversionOf } = require("./parameters.cjs");
const { resultOf } = require("./results.cjs");
const { wrap } = require("./wrap.cjs");

// One function: its native function, its types, and what converts its values.
class CFunction {
  native;
  signature;
  #name;
  #conversions;
  #result;
  #capturesErrno;
  #symbol;
  #async;

  // `description` has `name`, `signature`, `errno`, `free` (the function that takes the result back), and `symbol`,
  // which has the `pointer` to the function.
  constructor(native, { name, signature, errno, free, symbol }) {
    const call = `cannot call ${JSON.stringify(name)}`;
    this.native = native;
    this.signature = signature;
    this.#name = name;
    this.#capturesErrno = errno;
    this.#symbol = symbol;
    this.#result = resultOf(signature.result, free, call);
    this.#conversions = signature.parameters.map(({ type }, index) => {
      return conversionOf(signature, index, `${call}: argument ${index + 1} (${type})`, this.#returnsText);
    });
  }

  // The function that script gets.
  get function() {
    return know(wrap(this.#name, this.native, this.#conversions, this.#result, this.#held), this);
  }

  get #returnsText() {
    return this.#result?.convert !== undefined;
  }

  // The indices of the arguments that a string of the result may lead into.
  get #held() {
    if (!this.#returnsText) return [];
    return this.signature.parameters.flatMap(({ type }, index) => (type.isPointer || type.isRecord ? [index] : []));
  }

  get async() {
    return (this.#async ??= this.#makeAsync());
  }

  get pointer() {
    return this.#symbol.pointer;
  }

  #makeAsync() {
    const call = async (...args) => {
      const values = this.#begin(args);
      const stores = this.#result?.begin !== undefined;
      if (stores) values.push(this.#result.begin(args[values.length]));
      try {
        const { value, errno } = await binding.async(this.native, values, {});
        const result = stores ? this.#result.end(args[values.length - 1], values.at(-1)) : this.#convert(value, values);
        this.#each((conversion, i) => conversion.end?.(args[i], values[i], args[conversion.countedBy]));
        return this.#capturesErrno ? { value: result, errno } : result;
      } finally {
        this.#each((conversion, i) => conversion.close?.(values[i]));
      }
    };
    return Object.defineProperty(call, "name", { value: `${this.#name}.async` });
  }

  #begin(args) {
    return this.#conversions.map((conversion, i) => {
      return conversion === undefined ? args[i] : conversion.begin(args[i], args[conversion.countedBy]);
    });
  }

  #each(step) {
    this.#conversions.forEach((conversion, i) => conversion !== undefined && step(conversion, i));
  }

  #convert(value, held) {
    return this.#result === undefined ? value : this.#result.convert(value, held);
  }
}

module.exports = { CFunction };
