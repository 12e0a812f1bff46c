import deno from "./deno.cjs";

export const { dlopen, UnsafePointer, UnsafePointerView, UnsafeFnPointer, UnsafeCallback } = deno;
