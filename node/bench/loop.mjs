// Loops around a call. Each one is compiled from a text of its own: V8 shares what it learns about call sites between functions
// of one text, and a site that has seen several functions is slower.

import vm from "node:vm";

let texts = 0;

function compile(text) {
  texts += 1;
  return new vm.Script(`(${text}) // ${texts}`).runInThisContext();
}

export function compileLoop({ call, inTry }) {
  const statement = inTry ? `try { last = ${call}; } catch (error) { last = error; }` : `last = ${call};`;
  return compile(`function loop(rounds, f, a, b, c) {
    let last;
    for (let i = 0; i < rounds; i += 1) { ${statement} }
    return last;
  }`);
}

// A function that tells whether V8 runs a function in a tier. It needs the flag --allow-natives-syntax.
export const compileReached = (name) => compile(`(f) => ${name}(f)`);
