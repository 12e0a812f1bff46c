"use strict";
// Functions made of text. Each has type feedback of its own, so that its call sites stay monomorphic.

const vm = require("node:vm");

// Compiles an expression. `scope` has the values of its free names.
function generate(expression, scope) {
  const body = `"use strict"; return ${expression};`;
  return compile(Object.keys(scope), body)(...Object.values(scope));
}

// A process may forbid `Function` (`--disallow-code-generation-from-strings`). Scripts are allowed there. They are not
// the rule, because they belong to the main context, also where another context has loaded this package.
function compile(names, body) {
  try {
    return new Function(...names, body);
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return vm.runInThisContext(`(function (${names}) { ${body} })`);
  }
}

module.exports = { generate };
