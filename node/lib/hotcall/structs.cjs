"use strict";
// Structs as objects of their members, or as arrays where the members do not have names. Each type gets code of its own.

const { generate } = require("./generate.cjs");
const { expected, isBytes, join, refuse } = require("./refusal.cjs");
const { copyBytes } = require("./unions.cjs");

// `members` are { name, offset, codec }. A name is undefined for all members or for none. Members that are unions
// without a name have `spread`, see unions.cjs.
function structCodec(type, members) {
  const { size } = type;
  const named = members.filter(({ codec }) => codec.spread === undefined);
  const spread = members.filter(({ codec }) => codec.spread !== undefined);
  const isTuple = named.length > 0 && named.every(({ name }) => name === undefined);
  const keys = named.map(({ name }, index) => (isTuple ? index : JSON.stringify(name)));

  const values = named.map((_, i) => (isTuple ? `decode${i}` : `[${keys[i]}]: decode${i}`) + `(view, at + ${named[i].offset})`);
  const whole = isTuple ? `[${values.join(", ")}]` : `{ ${values.join(", ")} }`;
  const spreads = (value) => spread.map(({ offset }, i) => `spread${i}(${value}, view, at + ${offset});`);

  const scope = {};
  named.forEach(({ codec }, i) => Object.assign(scope, { [`encode${i}`]: codec.encode, [`decode${i}`]: codec.decode }));
  spread.forEach(({ codec }, i) => Object.assign(scope, { [`write${i}`]: codec.encode, [`spread${i}`]: codec.spread }));

  const codec = generate(
    `{
      write(value, view, at, context, inner) {
        ${named.map(({ offset }, i) => {
          const name = isTuple ? `"[${i}]"` : keys[i];
          return `encode${i}(value[${keys[i]}], view, at + ${offset}, context, inner, ${name});`;
        }).join("\n")}
        ${spread.map(({ offset }, i) => `write${i}(value, view, at + ${offset}, context, inner, "");`).join("\n")}
      },
      decode(view, at) {
        const value = ${whole};
        ${spreads("value").join("\n")}
        return value;
      },
      assign(value, view, at) {
        ${named.map(({ offset }, i) => `value[${keys[i]}] = decode${i}(view, at + ${offset});`).join("\n")}
        ${spreads("value").join("\n")}
      },
    }`,
    scope,
  );
  const { write } = codec;
  return {
    size,
    encode(value, view, at, context, path, name) {
      if (typeof value !== "object" || value === null) refuseValue(value, context, path, name);
      if (isBytes(value)) copyBytes(value, view, at, size, type, context, path, name);
      else write(value, view, at, context, join(path, name));
    },
    decode: codec.decode,
    // Writes the members to an object that script has.
    assign: codec.assign,
  };

  function refuseValue(value, context, path, name) {
    refuse(context, path, name, type, expected(isTuple ? "an array or a buffer" : "an object or a buffer", value));
  }
}

module.exports = { structCodec };
