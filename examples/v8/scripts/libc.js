// Calls into libc: scalars, structs, buffers and callbacks.

const { symbols: libc, close } = openLibrary("libc.so.6", {
    abs: { parameters: ["i32"], result: "i32" },
    labs: { parameters: ["i64"], result: "i64" },
    strlen: { parameters: ["buffer"], result: "usize" },
    // div_t div(int numerator, int denominator)
    div: { parameters: ["i32", "i32"], result: { struct: ["i32", "i32"] } },
    qsort: { parameters: ["buffer", "usize", "usize", "function"], result: "void", callback: true },
    no_such_function: { parameters: [], result: "void", optional: true },
});

print("abs(-3) is", libc.abs(-3));
print("labs(-2n ** 40n) is", libc.labs(-(2n ** 40n)));
print("strlen(hotcall) is", libc.strlen(Uint8Array.from("hotcall\0", (char) => char.charCodeAt(0))));

const [quotient, remainder] = new Int32Array(libc.div(17, 5).buffer);
print("17 / 5 is", quotient, "and", remainder, "over");

const numbers = Int32Array.of(3, 1, 4, 1, 5, 9, 2, 6);
const definition = { parameters: ["pointer", "pointer"], result: "i32" };
const { symbols: copying } = openLibrary("libc.so.6", {
    memcpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer" },
});
const pair = new Int32Array(2);
const [first, second] = [pair.subarray(0, 1), pair.subarray(1)];
const compare = new Callback(definition, (a, b) => {
    copying.memcpy(first, a, 4);
    copying.memcpy(second, b, 4);
    return pair[0] - pair[1];
});
libc.qsort(numbers, numbers.length, 4, compare.pointer);
compare.close();
print("sorted:", numbers);

try {
    libc.abs(1.5);
} catch (error) {
    print(error);
}
close();
try {
    libc.abs(1);
} catch (error) {
    print(error);
}
