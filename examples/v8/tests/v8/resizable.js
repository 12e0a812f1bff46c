// Arrays on buffers that change their size: optimised code passes the present length.

const [path] = scriptArgs;
const point = { struct: ["f64", "f64"] };
const { symbols: c } = openLibrary(path, { point_dist2: { parameters: [point, point], result: "f64" } });
const buffer = new ArrayBuffer(32, { maxByteLength: 64 });
const arrays = [new Float64Array(buffer), new Float64Array(buffer, 8), new Float64Array(buffer, 8, 2)];
const fixed = Float64Array.of(0, 0);
for (const [index, array] of arrays.entries()) {
    const call = new Function("symbol", `/* ${index} */ return function (a, b) { return symbol(a, b); }`)(c.point_dist2);
    %PrepareFunctionForOptimization(call);
    for (let i = 0; i < 10; i++) call(array, fixed);
    %OptimizeFunctionOnNextCall(call);
    call(array, fixed);
    same(call(array, fixed), 0);
    buffer.resize(12);
    for (let i = 0; i < 3; i++) throws(() => call(array, fixed), TypeError, "argument 1 (struct {f64, f64})");
    buffer.resize(32);
    same(call(array, fixed), 0);
}
print("end");
