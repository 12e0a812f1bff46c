// Functions of the C library's mathematics.

const name = { linux: "libm.so.6", darwin: "libSystem.dylib" }[Deno.build.os] ?? "ucrtbase.dll";
const libm = Deno.dlopen(name, {
  pow: { parameters: ["f64", "f64"], result: "f64" },
  hypot: { parameters: ["f64", "f64"], result: "f64" },
  fmaf: { parameters: ["f32", "f32", "f32"], result: "f32" },
  lround: { parameters: ["f64"], result: "isize" },
  frexp: { parameters: ["f64", "buffer"], result: "f64" },
  remquo: { parameters: ["f64", "f64", "buffer"], result: "f64" },
});
const { pow, hypot, fmaf, lround, frexp, remquo } = libm.symbols;
console.log(`2 to the power of 10 is ${pow(2, 10)}`);
console.log(`the hypotenuse of 3 and 4 is ${hypot(3, 4)}`);
console.log(`2 * 3 + 4 is ${fmaf(2, 3, 4)}`);
console.log(`2.5 rounded is ${lround(2.5)}, and -2.5 ${lround(-2.5)}`);
const exponent = new Int32Array(1);
console.log(`48 is ${frexp(48, exponent)} times 2 to the power of ${exponent[0]}`);
const quotient = new Int32Array(1);
console.log(`11 divided by 3 leaves ${remquo(11, 3, quotient)}, ${quotient[0]} times`);
libm.close();
