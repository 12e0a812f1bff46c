// Calls in each way, and the proof of the way that was taken.

import { createRequire } from "node:module";
import { compile } from "../native.mjs";
import { fresh } from "../tiers.mjs";

export { fresh };

export const binding = createRequire(import.meta.url)("../../lib/binding.cjs");
export const library = compile("ways");

// True in Node, whose V8 knows the functions that begin with `%`.
export const hasV8 = binding.diagnostics().v8 !== null;

const caller = (count) => {
    const names = Array.from({ length: count }, (_, index) => `a${index}`).join(", ");
    return fresh(`function call(f, ${names}) { return f(${names}); }`);
};
const optimiser = () => fresh(`function optimise(call, f, args) {
    %PrepareFunctionForOptimization(call);
    for (let i = 0; i < 3; i++) call(f, ...args);
    %OptimizeFunctionOnNextCall(call);
    call(f, ...args);
}`);

// A function that calls `f` from optimised code, with as many arguments as it takes. It is warmed up with `args`.
export function hot(f, args) {
    const call = caller(f.length);
    optimiser()(call, f, args);
    return (...values) => call(f, ...values);
}

// A function that calls `f` from code that is not optimised.
export function cold(f) {
    const call = caller(f.length);
    return (...values) => call(f, ...values);
}

export const calls = (f) => binding.ways(f).calls;

// The functions of C text.
export function functions(text, options) {
    const opened = binding.open(library);
    return binding.functions(opened, binding.declarations(text, "c"), { bytes: true, ...options });
}

// The functions of declarations in hotcall's form.
export function functionsOf(declarations, options) {
    const opened = binding.open(library);
    return binding.functions(opened, binding.declarations(JSON.stringify(declarations), "json"), options);
}
