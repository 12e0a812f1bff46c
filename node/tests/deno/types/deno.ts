// What the types of `hotcall/deno` infer, and what they refuse.

import { dlopen, UnsafeCallback, UnsafeFnPointer, UnsafePointer, UnsafePointerView } from "hotcall/deno";
import type { NativeTypedFunction, NativeU8Enum, PointerObject, PointerValue } from "hotcall/deno";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Same<A, B> extends true ? [] : [error: { expected: B; got: A }]): void {}

const PAIR = { struct: ["i32", "f64"] } as const;
// Without `as const`.
const library = dlopen("lib.so", {
  add: { parameters: ["i32", "i32"], result: "i32" },
  nothing: { parameters: [], result: "void" },
  large: { parameters: ["u64", "isize"], result: "usize" },
  flag: { parameters: ["bool"], result: "bool" },
  memory: { parameters: ["buffer", "pointer", "function"], result: "buffer" },
  swap: { parameters: [PAIR], result: PAIR },
  later: { parameters: ["f64"], result: "f64", nonblocking: true },
  swapLater: { parameters: [PAIR], result: PAIR, nonblocking: true },
  missing: { parameters: [], result: "i32", optional: true },
  leaf: { parameters: [], result: "i32", callback: false },
  count: { type: "i32" },
  length: { type: "u64", optional: true },
});
const { symbols } = library;

// Arguments and results.
same<Parameters<typeof symbols.add>, [number, number]>();
same<ReturnType<typeof symbols.add>, number>();
same<ReturnType<typeof symbols.nothing>, void>();
same<Parameters<typeof symbols.large>, [bigint | number, bigint | number]>();
same<ReturnType<typeof symbols.large>, bigint>();
same<ReturnType<typeof symbols.flag>, boolean>();
same<ReturnType<typeof symbols.memory>, PointerValue>();
same<ReturnType<typeof symbols.swap>, Uint8Array<ArrayBuffer>>();
same<ReturnType<typeof symbols.later>, Promise<number>>();
same<ReturnType<typeof symbols.swapLater>, Promise<Uint8Array<ArrayBuffer>>>();
same<typeof symbols.missing, (() => number) | null>();
same<typeof symbols.count, number>();
same<typeof symbols.length, bigint | null>();
symbols.memory(new Uint8Array(4), null, UnsafePointer.of(new DataView(new ArrayBuffer(4))));
symbols.memory(new SharedArrayBuffer(4), UnsafePointer.create(4n), null);
symbols.swap.into(new Uint8Array(16), new Uint8Array(16));

// @ts-expect-error too few arguments
symbols.add(1);
// @ts-expect-error too many arguments
symbols.add(1, 2, 3);
// @ts-expect-error text is not a number
symbols.add("1", 2);
// @ts-expect-error a BigInt is not a number of 32 bits
symbols.add(1n, 2);
// @ts-expect-error a number is not a boolean
symbols.flag(1);
// @ts-expect-error a buffer is not a pointer
symbols.memory(null, new Uint8Array(1), null);
// @ts-expect-error a struct is not null
symbols.swap(null);
// @ts-expect-error nothing but struct results has `into`
symbols.add.into(1, 2);
// @ts-expect-error the function may be missing
symbols.missing();
// @ts-expect-error it is not declared
symbols.other;
// @ts-expect-error a type that does not exist
dlopen("lib.so", { f: { parameters: ["int"], result: "i32" } });
// @ts-expect-error `void` is not a parameter
dlopen("lib.so", { f: { parameters: ["void"], result: "i32" } });
// @ts-expect-error no result
dlopen("lib.so", { f: { parameters: [] } });
dlopen(new URL("file:///lib.so"), {}).close();
{
  using scoped = dlopen("lib.so", {});
  same<typeof scoped.symbols, {}>();
}

// Callbacks.
const callback = new UnsafeCallback({ parameters: ["u8", "i64", "pointer", PAIR], result: "i32" }, (a, b, c, d) => {
  same<[typeof a, typeof b, typeof c, typeof d], [number, bigint, PointerValue, Uint8Array<ArrayBuffer>]>();
  return a;
});
same<typeof callback.pointer, PointerObject<typeof callback.definition>>();
symbols.memory(null, null, callback.pointer);
// @ts-expect-error text is not a result of type i32
new UnsafeCallback({ parameters: [], result: "i32" }, () => "1");
// @ts-expect-error there is one parameter
new UnsafeCallback({ parameters: ["i32"], result: "void" }, (a: number, b: number) => {});
UnsafeCallback.threadSafe({ parameters: [], result: "void" }, () => {}).unref();
same<ReturnType<typeof callback.ref>, number>();

// Functions at addresses.
const add = new UnsafeFnPointer(UnsafePointer.create(1n)!, { parameters: ["i32", "i32"], result: "i32" });
same<Parameters<typeof add.call>, [number, number]>();
same<ReturnType<typeof add.call>, number>();
const later = new UnsafeFnPointer(UnsafePointer.create(1n)!, { parameters: [], result: "u64", nonblocking: true });
same<ReturnType<typeof later.call>, Promise<bigint>>();
// @ts-expect-error null is not a function
new UnsafeFnPointer(null, { parameters: [], result: "void" });

// Pointers.
same<ReturnType<typeof UnsafePointer.value>, bigint>();
const view = new UnsafePointerView(UnsafePointer.of(new Uint8Array(8))!);
same<ReturnType<typeof view.getBigInt64>, bigint>();
same<ReturnType<typeof view.getArrayBuffer>, ArrayBuffer>();
// @ts-expect-error a pointer may be null
new UnsafePointerView(UnsafePointer.create(1n));
// @ts-expect-error an offset is not text
view.getInt8("1");

// Types that know more than C.
const enum Color {
  Red,
  Green,
}
type Compare = { parameters: ["pointer", "pointer"]; result: "i32" };
const typed = dlopen("lib.so", {
  paint: { parameters: ["u8" as NativeU8Enum<Color>], result: "u8" as NativeU8Enum<Color> },
  sort: { parameters: ["function" as NativeTypedFunction<Compare>], result: "void" },
});
same<ReturnType<typeof typed.symbols.paint>, Color>();
const compare = new UnsafeCallback({ parameters: ["pointer", "pointer"], result: "i32" }, () => 0);
typed.symbols.sort(compare.pointer as unknown as PointerObject<Compare>);
// @ts-expect-error another function
typed.symbols.sort(callback.pointer);
