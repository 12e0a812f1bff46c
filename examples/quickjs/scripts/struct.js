// Structs by value: the C library's div, ldiv and lldiv, and a date that is split and joined again.

const name = { linux: "libc.so.6", darwin: "libSystem.dylib" }[Deno.build.os] ?? "ucrtbase.dll";
const div_t = { struct: ["i32", "i32"] };
const ldiv_t = { struct: ["i64", "i64"] };
const libc = Deno.dlopen(name, {
  div: { parameters: ["i32", "i32"], result: div_t },
  ldiv: { parameters: ["i64", "i64"], result: ldiv_t },
  lldiv: { parameters: ["i64", "i64"], result: ldiv_t },
  gmtime_r: { parameters: ["buffer", "buffer"], result: "pointer" },
});
const { div, ldiv, lldiv, gmtime_r } = libc.symbols;

// A struct result is a Uint8Array.
const [quotient, remainder] = new Int32Array(div(17, 5).buffer);
console.log(`17 = 5 * ${quotient} + ${remainder}`);
console.log(`-17 = 5 * ${new Int32Array(div(-17, 5).buffer).join(" + ")}`);
const large = new BigInt64Array(ldiv(10n ** 18n + 7n, 10n ** 9n).buffer);
console.log(`10**18 + 7 = 10**9 * ${large[0]} + ${large[1]}`);

// With `into`, which Deno does not have, the struct is written to an existing buffer.
const result = new BigInt64Array(2);
for (const number of [100n, 1000n]) {
  if (lldiv.into) lldiv.into(number, 7n, result);
  else result.set(new BigInt64Array(lldiv(number, 7n).buffer));
  console.log(`${number} = 7 * ${result[0]} + ${result[1]}`);
}

// A struct behind a pointer is a buffer: struct tm begins with nine ints.
const tm = new Int32Array(32);
gmtime_r(BigInt64Array.of(951_782_400n), tm);
const [seconds, minutes, hours, day, month, year] = tm;
console.log(`${1900 + year}-${month + 1}-${day} ${hours}:${minutes}:${seconds}`);
libc.close();
