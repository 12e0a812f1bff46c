"use strict";
// Functions around native ones, where values are converted. Each has code of its own, without arrays of arguments.

const { generate } = require("./generate.cjs");

// `conversions` has one for each parameter, or undefined; see parameters.cjs. `result` is one of results.cjs, or
// undefined. Without any, the native function itself is returned. `held` are indices of arguments for the result.
function wrap(name, native, conversions, result, held) {
  if (result === undefined && conversions.every((conversion) => conversion === undefined)) return native;
  const scope = { native, ...result };
  conversions.forEach((conversion, i) => {
    for (const [key, step] of Object.entries(conversion ?? {})) scope[`${key}${i}`] = step;
  });
  const text = result?.begin === undefined ? textOf(conversions, result, held) : textWithStorage(conversions);
  return Object.defineProperty(generate(text, scope), "name", { value: name, configurable: true });
}

// A function whose result is a value.
function textOf(conversions, result, held) {
  const call = `native(${values(conversions)})`;
  const converted = `convert(${[call, ...(held.length === 0 ? [] : [`[${held.map((i) => value(conversions[i], i))}]`])]})`;
  const body = `
    const result = ${result === undefined ? call : converted};
    ${ends(conversions)}
    return result;`;
  return `(${parameters(conversions)}) => { ${begins(conversions)} ${closing(conversions, body)} }`;
}

// A function that returns a struct: native functions take bytes for it, behind C's arguments.
function textWithStorage(conversions) {
  const body = `
    const bytes = begin(into);
    native(${[...values(conversions), "bytes"]});
    ${ends(conversions)}
    return end(into, bytes);`;
  return `(${[...parameters(conversions), "into = undefined"]}) => { ${begins(conversions)} ${closing(conversions, body)} }`;
}

const parameters = (conversions) => conversions.map((_, i) => `a${i}`);
const values = (conversions) => conversions.map(value);
const value = (conversion, i) => (conversion === undefined ? `a${i}` : `v${i}`);
// The argument that counts elements, behind others.
const count = ({ countedBy }) => (countedBy === undefined ? "" : `, a${countedBy}`);

// What has to be closed begins last: no other argument is refused behind it.
function begins(conversions) {
  const line = (conversion, i) => `const v${i} = begin${i}(a${i}${count(conversion)});`;
  return lines(conversions, (conversion) => conversion.close === undefined, line) + lines(conversions, closes, line);
}

function ends(conversions) {
  return lines(
    conversions,
    (conversion) => conversion.end !== undefined,
    (conversion, i) => `end${i}(a${i}, v${i}${count(conversion)});`,
  );
}

// Only functions that call script back have something to close. They do not have fast calls, which `try` could prevent.
function closing(conversions, body) {
  const finals = lines(conversions, closes, (_, i) => `close${i}(v${i});`);
  return finals === "" ? body : `try { ${body} } finally { ${finals} }`;
}

const closes = (conversion) => conversion.close !== undefined;

function lines(conversions, applies, line) {
  return conversions.map((of, i) => (of !== undefined && applies(of) ? `${line(of, i)}\n` : "")).join("");
}

module.exports = { wrap };
