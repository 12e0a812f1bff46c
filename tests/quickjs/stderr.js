// What goes to standard error. `stderr.out` is what Deno 2.9 prints.
console.warn("w", 1);
console.error("e\nf", { a: 1 });
console.assert(true, "not");
console.assert(false);
console.assert();
console.assert(0, "text", 1);
console.assert(null, { a: 1 });
console.assert(false, "%s!", "f");
console.countReset("none");
console.timeLog();
console.timeEnd("x");
console.time("x");
console.time("x");
console.group();
console.error("in\nner");
console.warn("w");
console.log("to standard output");
