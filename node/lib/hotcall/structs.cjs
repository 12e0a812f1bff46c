"use strict";
// Structs as objects of their members, or as arrays where the members do not have names. Each type gets code of its own.

const { generate } = require("./generate.cjs");
const { expected, isBytes, join, refuse } = require("./refusal.cjs");
const { copyBytes } = require("./unions.cjs");

const each = (list, line) => list.map(line).join("\n");

// In an object literal, `__proto__` without brackets would set the prototype.
const literalKey = ({ name }) => (name === "__proto__" ? `["__proto__"]` : JSON.stringify(name));

// `members` are { name, offset, codec }. A name is undefined for all members or for none. Members that are unions
// without a name have `spread`, see unions.cjs.
function structCodec(type, members) {
  const { size } = type;
  const ordinary = members.filter(({ codec }) => codec.spread === undefined);
  const unions = members.filter(({ codec }) => codec.spread !== undefined);
  const isTuple = ordinary.length > 0 && ordinary.every(({ name }) => name === undefined);
  const keyOf = ({ name }, i) => (isTuple ? `${i}` : JSON.stringify(name));

  const read = ({ offset }, i) => `decode${i}(view, at + ${offset})`;
  const write = (member, i) => {
    const path = isTuple ? `"[${i}]"` : keyOf(member, i);
    return `encode${i}(value[${keyOf(member, i)}], view, at + ${member.offset}, context, inner, ${path});`;
  };
  const whole = isTuple
    ? `[${ordinary.map(read)}]`
    : `{ ${ordinary.map((member, i) => `${literalKey(member)}: ${read(member, i)}`)} }`;
  const spreads = each(unions, ({ offset }, i) => `spread${i}(value, view, at + ${offset});`);

  const scope = {};
  ordinary.forEach(({ codec }, i) => {
    scope[`encode${i}`] = codec.encode;
    scope[`decode${i}`] = codec.decode;
  });
  unions.forEach(({ codec }, i) => {
    scope[`encodeUnion${i}`] = codec.encode;
    scope[`spread${i}`] = codec.spread;
  });

  const codec = generate(
    `{
      write(value, view, at, context, inner) {
        ${each(ordinary, write)}
        ${each(unions, ({ offset }, i) => `encodeUnion${i}(value, view, at + ${offset}, context, inner, "");`)}
      },
      decode(view, at) {
        const value = ${whole};
        ${spreads}
        return value;
      },
      assign(value, view, at) {
        ${each(ordinary, (member, i) => `value[${keyOf(member, i)}] = ${read(member, i)};`)}
        ${spreads}
      },
    }`,
    scope,
  );

  return {
    size,
    encode(value, view, at, context, path, name) {
      if (typeof value !== "object" || value === null) {
        refuse(context, path, name, type, expected(isTuple ? "an array or a buffer" : "an object or a buffer", value));
      }
      if (isBytes(value)) copyBytes(value, view, at, size, type, context, path, name);
      else codec.write(value, view, at, context, join(path, name));
    },
    decode: codec.decode,
    // Writes the members to an object that script has.
    assign: codec.assign,
  };
}

module.exports = { structCodec };
