// Opens the library that open.rs made, with the same declarations, and prints the cost.
const [library, symbols, ints, floats] = [Deno.args[0], ...Deno.args.slice(1).map(Number)];
const declarations = {};
for (let symbol = 0; symbol < symbols; symbol++) {
  const shape = symbol % (ints * floats);
  const parameters = [...Array(shape % ints).fill("i32"), ...Array(Math.floor(shape / ints)).fill("f64")];
  declarations[`library_function_${symbol}`] = { parameters, result: "i32" };
}
const [times, sizes] = [[], []];
for (let round = 0; round < 5; round++) {
  const before = Deno.memoryUsage().rss;
  const start = performance.now();
  const opened = Deno.dlopen(library, declarations);
  times.push(performance.now() - start);
  sizes.push(Deno.memoryUsage().rss - before);
  opened.close();
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
console.log(median(times) * 1e3 / symbols, sizes[0] / symbols);
