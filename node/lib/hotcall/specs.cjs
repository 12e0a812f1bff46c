"use strict";
// Types as script may write them: a type of a library, Deno's names and objects, or C text.

const { declare } = require("./declare.cjs");
const { CType } = require("./types.cjs");

const VARIABLE = "hotcall_variable";

const texts = new Map();

// The declaration of a variable of a type: its name goes behind the star of a pointer to a function, and in front of
// an array's brackets.
function variable(type) {
  if (type.includes("(*)")) return `extern ${type.replace("(*)", `(*${VARIABLE})`)};`;
  const [, base, dimensions] = /^(.*?)((?:\s*\[[^\]]*\])*)\s*$/s.exec(type);
  return `extern ${base} ${VARIABLE}${dimensions};`;
}

const isDenoName = (text) => /^(?:[iu](?:8|16|32|64|size)|f32|f64|bool|pointer|buffer|function)$/.test(text);

function fromText(text, declared) {
  const known = declared?.get(text);
  if (known !== undefined) return known;
  if (isDenoName(text)) return fromDeno(text);
  const all = declare(`${declared?.text ?? ""}\n${variable(text)}`);
  const found = all.describe(VARIABLE);
  const type = found === null ? undefined : all.typeOf(found.type);
  if (type !== undefined && !(type.isRecord && type.fields.length === 0)) return type;
  const { skipped, unsupported } = all.problems;
  const incomplete = type === undefined ? undefined : "its members are not declared";
  const reason =
    incomplete ?? unsupported.find(({ key }) => key === VARIABLE)?.reason ?? skipped.at(-1) ?? "it is not a type of C";
  throw new TypeError(`cannot use the type ${JSON.stringify(text)}: ${reason}`);
}

function fromObject(spec) {
  if (typeof spec !== "object" || spec === null) {
    throw new TypeError(`expected a type: a name, C text, an object or a type of a library, not ${String(spec)}`);
  }
  return fromDeno(spec);
}

// A name or an object of Deno's form.
function fromDeno(spec) {
  const isFunction = spec.parameters !== undefined;
  const declared = declare({ [VARIABLE]: isFunction ? spec : { type: spec } });
  if (!isFunction) return declared.typeOf(declared.describe(VARIABLE).type);
  const { parameters, result } = declared.describe(VARIABLE);
  return declared.typeOf({ kind: "function", to: { function: { parameters, result } } });
}

// Returns the type. Names of structs, unions, enums and typedefs are those of `declared`, where it is given.
function typeFrom(spec, declared) {
  if (spec instanceof CType) return spec;
  if (typeof spec !== "string") return fromObject(spec);
  const cache = declared === undefined ? texts : declared.named;
  let type = cache.get(spec);
  if (type === undefined) cache.set(spec, (type = fromText(spec, declared)));
  return type;
}

module.exports = { typeFrom };
