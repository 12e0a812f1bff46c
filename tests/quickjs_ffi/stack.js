// Recursion of every kind ends in an error, and leaves room for C and for the compiler.

const [library] = Deno.args;
const open = (symbols) => Deno.dlopen(library, symbols).symbols;
const { i32_from: from } = open({ i32_from: { parameters: ["function"], result: "i32" } });
const nested = (wrap, inner = {}) => {
  for (let i = 0; i < 300_000; i++) inner = wrap(inner);
  return inner;
};

let compiled = 0;
// Compiles new code, if the stack lets script call that much.
function compile() {
  const shape = { struct: Array(20 + compiled % 40).fill("i32") };
  const parameters = [shape, "f64", "i32", shape, ...Array(60).fill("u8")];
  const { pair_sum: sum, i32_back: back } = open({
    pair_sum: { parameters, result: shape },
    i32_back: { parameters: ["i32"], result: "i32" },
  });
  if (back(1) !== 1) throw "i32_back";
  try {
    sum(); // Compiled, and refused for its arguments.
  } catch (error) {
    if (error instanceof RangeError) throw error;
  }
  new Deno.UnsafeCallback({ parameters, result: shape }, () => {}).close();
  compiled++;
}

// Goes deeper, and compiles where there is just room for it.
function deeper(run) {
  try {
    run();
  } catch (error) {
    if (error instanceof RangeError && compiled < 3) {
      try {
        compile();
      } catch (refused) {
        if (!(refused instanceof RangeError)) throw refused;
      }
    }
    throw error;
  }
}

function fails(run, type = RangeError) {
  compiled = 0;
  try {
    run();
  } catch (error) {
    if (error instanceof type) return;
    throw error;
  }
  throw new Error(`no RangeError: ${run}`);
}

const itself = () => deeper(itself);
fails(itself);
if (compiled === 0) throw new Error("compiled nothing");
const callback = new Deno.UnsafeCallback({ parameters: [], result: "i32" }, () => {
  deeper(() => from(callback.pointer));
  return 0;
});
fails(() => from(callback.pointer));
if (compiled === 0) throw new Error("compiled nothing in callbacks");
fails(() => JSON.parse("[".repeat(1e6)));
fails(() => JSON.stringify(nested((inner) => ({ inner }))));
fails(() => new RegExp("(?:".repeat(1e6) + ")".repeat(1e6)), SyntaxError); // As in V8.
fails(() => (0, eval)("[".repeat(1e6)));
fails(() => String(nested((inner) => [inner])));
fails(() => nested((inner) => [inner]).flat(Infinity));
fails(() => nested((inner) => new Proxy(inner, {})).x);
fails(() => Deno.inspect(nested((inner) => ({ inner })), { depth: Infinity }));
fails(() => open({ i32_back: { parameters: [nested((inner) => ({ struct: [inner] }), "i32")], result: "void" } }));
const sort = () => [2, 1].sort(sort);
fails(sort);
console.log("end");
