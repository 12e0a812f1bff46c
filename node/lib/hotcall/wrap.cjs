"use strict";
// Functions around native ones, where values are converted. Each has code of its own, without arrays of arguments.

const { generate } = require("./generate.cjs");

// `conversions` has one for each parameter, or undefined; see parameters.cjs. `result` is one of results.cjs, or
// undefined. Without any, the native function itself is returned. `held` are indices of arguments for the result.
function wrap(name, native, conversions, result, held) {
  if (result === undefined && conversions.every((conversion) => conversion === undefined)) return native;
  const scope = { native, ...result };
  conversions.forEach((conversion, i) => {
    if (conversion === undefined) return;
    scope[`begin${i}`] = conversion.begin;
    if (conversion.end !== undefined) scope[`end${i}`] = conversion.end;
  });
  const text = result?.begin === undefined ? textOf(conversions, result, held) : textWithStorage(conversions);
  return Object.defineProperty(generate(text, scope), "name", { value: name, configurable: true });
}

// A function whose result is a value.
function textOf(conversions, result, held) {
  const call = `native(${values(conversions)})`;
  const converted = `convert(${[call, ...(held.length === 0 ? [] : [`[${held.map((i) => value(conversions[i], i))}]`])]})`;
  return `(${parameters(conversions)}) => {
    ${begins(conversions)}
    const result = ${result === undefined ? call : converted};
    ${ends(conversions)}
    return result;
  }`;
}

// A function that returns a struct: native functions take bytes for it, behind C's arguments.
function textWithStorage(conversions) {
  return `(${[...parameters(conversions), "into = undefined"]}) => {
    ${begins(conversions)}
    const bytes = begin(into);
    native(${[...values(conversions), "bytes"]});
    ${ends(conversions)}
    return end(into, bytes);
  }`;
}

const parameters = (conversions) => conversions.map((_, i) => `a${i}`);
const values = (conversions) => conversions.map(value);
const value = (conversion, i) => (conversion === undefined ? `a${i}` : `v${i}`);
// The argument that counts elements, behind others.
const count = ({ countedBy }) => (countedBy === undefined ? "" : `, a${countedBy}`);

function begins(conversions) {
  return lines(conversions, (conversion, i) => `const v${i} = begin${i}(a${i}${count(conversion)});`);
}

function ends(conversions) {
  const withEnd = conversions.map((conversion) => (conversion?.end === undefined ? undefined : conversion));
  return lines(withEnd, (conversion, i) => `end${i}(a${i}, v${i}${count(conversion)});`);
}

const lines = (conversions, line) => conversions.map((of, i) => (of === undefined ? "" : line(of, i))).join("\n");

module.exports = { wrap };
