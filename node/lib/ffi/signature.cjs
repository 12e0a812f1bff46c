"use strict";
// Signatures as scripts write them: `{ arguments: ["int32"], return: "int32" }`, each property optional.

const { invalidType, invalidValue } = require("./errors.cjs");
const { VOID, named } = require("./types.cjs");

function refuseNul(text, what) {
  if (text.includes("\0")) throw invalidValue(`${what} must not contain null bytes`);
}

function typeNamed(name, what) {
  refuseNul(name, what);
  const type = named[name];
  if (type === undefined) throw invalidValue(`Unsupported FFI type: ${name} (${what})`);
  return type;
}

function resultOf(name, signature) {
  const result = signature.return;
  const what = `Return value type of function ${name}`;
  if (typeof result !== "string") throw invalidType(`${what} must be a string`);
  return typeNamed(result, what);
}

function parametersOf(name, signature) {
  const list = signature.arguments;
  if (!Array.isArray(list)) throw invalidType(`Arguments list of function ${name} must be an array`);
  return Array.from(list, (element, index) => {
    const what = `Argument ${index} of function ${name}`;
    if (typeof element !== "string") throw invalidType(`${what} must be a string`);
    const type = typeNamed(element, what);
    if (type === VOID) throw invalidValue(`${what} must not be 'void'; use an empty array for no-argument functions`);
    return type;
  });
}

const isSignature = (value) => (typeof value === "object" || typeof value === "function") && value !== null && !Array.isArray(value);

// Reads a signature once. Signatures with the same `key` pass the same values.
function read(name, signature) {
  const hasResult = "return" in signature;
  const hasParameters = "arguments" in signature;
  const result = hasResult ? resultOf(name, signature) : VOID;
  const parameters = hasParameters ? parametersOf(name, signature) : [];
  const kinds = [...parameters, result].map((type) => (type.isPointer ? "pointer" : type.kind));
  return { parameters, result, key: kinds.join() };
}

module.exports = { isSignature, read, refuseNul };
