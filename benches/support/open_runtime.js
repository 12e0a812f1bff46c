// Opens `library` with `declarations`, and calls each function of `calls` with its arguments. Prints the times in microseconds.
// `repeated` names a function of each signature.
const now = () => performance.now() * 1e3;
const timed = (work) => {
  const start = now();
  work();
  return now() - start;
};
// Loads the library, so that the times are not those of the system's loader.
Deno.dlopen(library, {});
const opening = [];
for (let round = 0; round < 7; round++) {
  let opened;
  opening.push(timed(() => (opened = Deno.dlopen(library, declarations))));
  opened.close();
}
const first = [], compiling = [];
if (standIn !== undefined) {
  const { symbols } = Deno.dlopen(standIn, declarations);
  const functions = calls.map(([name, args]) => [symbols[name], args]);
  for (const [call, args] of functions) first.push(timed(() => call(...args)));
  for (const index of repeated) {
    const [call, args] = functions[index];
    let slowest = 0;
    for (let count = 0; count < 2001; count++) slowest = Math.max(slowest, timed(() => call(...args)));
    compiling.push(slowest);
  }
}
console.log(JSON.stringify({ opening, first, compiling }));
