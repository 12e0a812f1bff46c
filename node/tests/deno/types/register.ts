// The namespace `Deno` as `hotcall/deno/register` declares it.

import "hotcall/deno/register";

const symbols = { add: { parameters: ["i32", "i32"], result: "i32" } } as const satisfies Deno.ForeignLibraryInterface;
let library: Deno.DynamicLibrary<typeof symbols> | undefined;
library = Deno.dlopen(`lib.${Deno.build.os === "darwin" ? "dylib" : "so"}`, symbols);
const sum: number = library.symbols.add(1, 2);
const pointer: Deno.PointerValue = Deno.UnsafePointer.create(BigInt(sum));
const callback: Deno.UnsafeCallback | null = null;
const [first]: string[] = Deno.args;

// @ts-expect-error text is not a number
library.symbols.add("1", 2);
// @ts-expect-error nothing else of Deno's is there
Deno.readFileSync;
// @ts-expect-error there is no such system
Deno.build.os === "linuks";

export { callback, first, pointer };
