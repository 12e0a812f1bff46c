"use strict";
// Functions with a variable number of arguments. Their types come with the call: `f(fixed, "int", 1, "double", 2.5)`.

const { know } = require("./details.cjs");
const { typeJson } = require("./declare.cjs");
const { typeFrom } = require("./specs.cjs");
const { CType, Signature } = require("./types.cjs");

// C passes narrow integers as `int` and `float` as `double` (C11 6.5.2.2p6).
const promotions = { i8: "i32", u8: "i32", i16: "i32", u16: "i32", bool: "i32", f32: "f64" };

function promoted(type) {
  const kind = promotions[type.kind];
  return kind === undefined ? type : new CType({ kind }, new Map());
}

// `make(signature, types)` returns the function for these types. `types` is the JSON of the variadic ones. `symbol`
// has the `pointer` to it.
function variadicFunction(name, signature, symbol, make) {
  const fixed = signature.parameters.length;
  const made = new Map();

  function withTypes(...specs) {
    const types = specs.map((spec) => promoted(typeFrom(spec)));
    const json = JSON.stringify(types.map(typeJson));
    let f = made.get(json);
    if (f === undefined) {
      const all = signature.parameters.concat(types.map((type) => ({ name: null, type })));
      made.set(json, (f = make(new Signature(all, signature.result, fixed), json)));
    }
    return f;
  }

  // Splits the arguments: behind the fixed ones, types and values take turns.
  function call(...args) {
    if ((args.length - fixed) % 2 === 1) {
      throw new TypeError(`cannot call ${JSON.stringify(name)}: each variadic argument is a type and a value`);
    }
    const types = [];
    const values = args.slice(0, fixed);
    for (let i = fixed; i < args.length; i += 2) {
      types.push(args[i]);
      values.push(args[i + 1]);
    }
    return { f: withTypes(...types), values };
  }

  const variadic = (...args) => {
    const { f, values } = call(...args);
    return f(...values);
  };
  Object.defineProperty(variadic, "name", { value: name });
  return know(variadic, {
    signature,
    variadic: withTypes,
    async: async (...args) => {
      const { f, values } = call(...args);
      return f.async(...values);
    },
    get pointer() {
      return symbol.pointer;
    },
  });
}

module.exports = { variadicFunction };
