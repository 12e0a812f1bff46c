// Compiled, never run: calls that must have types, and calls that must not.

import { dlopen, DynamicLibrary, getInt64, setUint64, toBuffer, types } from "hotcall/ffi";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};

const { lib, functions } = dlopen("libc.so.6", {
  abs: { arguments: ["int32"], return: "int32" },
  labs: { arguments: [types.INT_64], return: types.INT_64 },
  strlen: { arguments: ["string"], return: "u64" },
  qsort: { arguments: ["pointer", "u64", "u64", "function"] },
  getpid: { return: "i32" },
  rand_r: {},
});

same<Parameters<typeof functions.abs>, [number]>(true);
same<ReturnType<typeof functions.abs>, number>(true);
same<Parameters<typeof functions.labs>, [number | bigint]>(true);
same<ReturnType<typeof functions.labs>, bigint>(true);
same<ReturnType<typeof functions.strlen>, bigint>(true);
same<ReturnType<typeof functions.qsort>, undefined>(true);
same<Parameters<typeof functions.qsort>["length"], 4>(true);
same<Parameters<typeof functions.getpid>, []>(true);
same<Parameters<typeof functions.rand_r>, []>(true);
same<typeof functions.abs.pointer, bigint>(true);

functions.strlen("text");
functions.strlen(new Uint8Array(4));
functions.strlen(0x1000n);
functions.strlen(null);
// @ts-expect-error A pointer is no number.
functions.strlen(1);
// @ts-expect-error An argument is missing.
functions.abs();
// @ts-expect-error There is one argument too many.
functions.abs(1, 2);
// @ts-expect-error A BigInt is no int32.
functions.abs(1n);
// @ts-expect-error There is no such function.
functions.nope;
// @ts-expect-error There is no such type.
lib.getFunction("abs", { arguments: ["int"] });
// @ts-expect-error A parameter is not void.
lib.getFunction("abs", { arguments: ["void"] });
// @ts-expect-error A path is a string or null.
new DynamicLibrary(1);

const callback = lib.registerCallback({ arguments: ["pointer", "i32"], return: "i64" }, (pointer, value) => {
  same<typeof pointer, bigint>(true);
  same<typeof value, number>(true);
  return 1n;
});
same<typeof callback, bigint>(true);
lib.registerCallback(() => {});
// @ts-expect-error The result is a number.
lib.registerCallback({ return: "i32" }, () => "x");
// @ts-expect-error The function takes more than C passes.
lib.registerCallback({ arguments: ["i32"] }, (a: number, b: number) => {});

same<ReturnType<typeof getInt64>, bigint>(true);
setUint64(callback, 0, 1);
toBuffer(callback, 4, false).toString("hex");
// @ts-expect-error The offset is missing.
setUint64(callback, 1n);

{
  using opened = dlopen(null);
  opened.lib.getFunctions({ abs: { arguments: ["i32"], return: "i32" } }).abs(-1);
}
