"use strict";
// Functions around native ones, where values are converted. Each has code of its own, without arrays of arguments.

const { generate } = require("./generate.cjs");

// `conversions` has one for each parameter, or undefined; see parameters.cjs. `result` is one of results.cjs, or
// undefined. Without any, the native function itself is returned.
function wrap(name, native, conversions, result) {
  if (result === undefined && conversions.every((conversion) => conversion === undefined)) return native;
  const text = new WrapperText(native, conversions, result);
  const wrapper = generate(text.text(), text.scope);
  Object.defineProperty(wrapper, "name", { value: name, configurable: true });
  return wrapper;
}

class WrapperText {
  scope;
  #conversions;
  #result;
  constructor(native, conversions, result) {
    this.scope = { native };
    this.#conversions = conversions;
    this.#result = result;
    conversions.forEach((conversion, i) => {
      if (conversion === undefined) return;
      this.scope[`begin${i}`] = conversion.begin;
      if (conversion.end !== undefined) this.scope[`end${i}`] = conversion.end;
    });
    for (const [key, value] of Object.entries(result ?? {})) this.scope[key] = value;
  }

  text() {
    const stores = this.#result?.begin !== undefined;
    const parameters = this.#conversions.map((_, i) => `a${i}`);
    const values = this.#conversions.map((conversion, i) => (conversion === undefined ? `a${i}` : `v${i}`));
    if (stores) values.push("bytes");
    const call = `native(${values.join(", ")})`;
    return `(${[...parameters, ...(stores ? ["into = undefined"] : [])].join(", ")}) => {
      ${this.#begins()}
      ${stores ? "const bytes = begin(into);" : ""}
      ${stores ? `${call};` : `const result = ${this.#result === undefined ? call : `convert(${call})`};`}
      ${this.#ends()}
      return ${stores ? "end(into, bytes)" : "result"};
    }`;
  }

  #begins() {
    return this.#each((conversion, i) => `const v${i} = begin${i}(a${i}${count(conversion)});`);
  }

  #ends() {
    return this.#each((conversion, i) => conversion.end && `end${i}(a${i}, v${i}${count(conversion)});`);
  }

  #each(line) {
    return this.#conversions.map((conversion, i) => (conversion && line(conversion, i)) ?? "").join("\n");
  }
}

// The argument that counts elements, behind others.
const count = ({ countedBy }) => (countedBy === undefined ? "" : `, a${countedBy}`);

module.exports = { wrap };
