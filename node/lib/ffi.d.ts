// Types of the API of `node:ffi`: functions are typed by their signatures.

/// <reference lib="esnext.disposable" />

import type { Buffer } from "node:buffer";

type NumberName =
  | ("char" | "bool" | "int8" | "i8" | "uint8" | "u8" | "int16" | "i16" | "uint16" | "u16" | "int32" | "i32" | "uint32" | "u32")
  | ("float" | "float32" | "f32" | "double" | "float64" | "f64");
type BigIntName = "int64" | "i64" | "uint64" | "u64";
type PointerName = "pointer" | "ptr" | "string" | "str" | "buffer" | "arraybuffer" | "function";

/** The name of a parameter's type. */
export type ArgumentType = NumberName | BigIntName | PointerName;
/** The name of a result's type. */
export type ReturnType = ArgumentType | "void";

/** The types of a function or of a callback. */
export interface Signature {
  /** The types of the parameters: none, if it is missing. */
  readonly arguments?: readonly ArgumentType[];
  /** The type of the result: `"void"`, if it is missing. */
  readonly return?: ReturnType;
}

/** A value for a pointer: an address, bytes, a string that is copied for the call, or null. */
export type PointerLike = bigint | string | ArrayBuffer | ArrayBufferView | null | undefined;

type Argument<T> = T extends NumberName ? number : T extends BigIntName ? number | bigint : T extends PointerName ? PointerLike : never;
type Result<T> = T extends NumberName ? number : T extends BigIntName | PointerName ? bigint : undefined;
type CallbackResult<T> = T extends NumberName
  ? number
  : T extends BigIntName
    ? number | bigint
    : T extends PointerName
      ? bigint | null | undefined
      : void;

type ArgumentTypes<S> = S extends { readonly arguments: infer A extends readonly ArgumentType[] } ? A : readonly [];
type ReturnTypeOf<S> = S extends { readonly return: infer R extends ReturnType } ? R : "void";
type Arguments<A extends readonly ArgumentType[]> = { -readonly [I in keyof A]: Argument<A[I]> };
type CallbackArguments<A extends readonly ArgumentType[]> = { -readonly [I in keyof A]: Result<A[I]> };

/** A function of C. */
export interface NativeFunction<S extends Signature = Signature> {
  (...values: Arguments<ArgumentTypes<S>>): Result<ReturnTypeOf<S>>;
  readonly name: string;
  readonly length: number;
  /** The address of the function. */
  pointer: bigint;
}

/** A function of script that C calls. */
export type CallbackFunction<S extends Signature = Signature> = (
  ...values: CallbackArguments<ArgumentTypes<S>>
) => CallbackResult<ReturnTypeOf<S>>;

/** The functions of some definitions. */
export type NativeFunctions<D extends Readonly<Record<string, Signature>>> = { [K in keyof D]: NativeFunction<D[K]> };

/** A library that is loaded. */
export class DynamicLibrary implements Disposable {
  /** Loads a library, or for null gives the symbols of this process. */
  constructor(path: string | null);
  /** The path that the library was loaded by: empty for this process. */
  readonly path: string;
  /** The functions that were asked for until now. */
  readonly functions: Record<string, NativeFunction<any>>;
  /** The addresses of symbols that were asked for until now. */
  readonly symbols: Record<string, bigint>;
  getFunction<const S extends Signature>(name: string, signature: S): NativeFunction<S>;
  /** Finds all of the functions or, if one is missing, throws and keeps none. */
  getFunctions<const D extends Readonly<Record<string, Signature>>>(definitions: D): NativeFunctions<D>;
  getFunctions(): Record<string, NativeFunction<any>>;
  getSymbol(name: string): bigint;
  getSymbols(): Record<string, bigint>;
  /** Makes a function that C calls at the address that is returned. It lives until it is unregistered or the library is closed. */
  registerCallback<const S extends Signature>(signature: S, callback: CallbackFunction<S>): bigint;
  registerCallback(callback: () => void): bigint;
  unregisterCallback(pointer: bigint): void;
  /** Keeps the function of a callback from being collected again. */
  refCallback(pointer: bigint): void;
  /** Lets the function of a callback be collected. C gets zero from calls after that. */
  unrefCallback(pointer: bigint): void;
  /** Closes the library. Calls of its functions throw from then on. */
  close(): void;
  [Symbol.dispose](): void;
}

/** A library with the functions that `dlopen` found in it. Disposing of it closes the library. */
export interface OpenedLibrary<F> extends Disposable {
  lib: DynamicLibrary;
  functions: F;
}

/** Loads a library and finds functions in it. */
export function dlopen<const D extends Readonly<Record<string, Signature>>>(
  path: string | null,
  definitions: D,
): OpenedLibrary<NativeFunctions<D>>;
export function dlopen(path: string | null): OpenedLibrary<Record<string, never>>;
export function dlclose(handle: DynamicLibrary): void;
export function dlsym(handle: DynamicLibrary, symbol: string): bigint;

export function getInt8(pointer: bigint, offset?: number): number;
export function getUint8(pointer: bigint, offset?: number): number;
export function getInt16(pointer: bigint, offset?: number): number;
export function getUint16(pointer: bigint, offset?: number): number;
export function getInt32(pointer: bigint, offset?: number): number;
export function getUint32(pointer: bigint, offset?: number): number;
export function getInt64(pointer: bigint, offset?: number): bigint;
export function getUint64(pointer: bigint, offset?: number): bigint;
export function getFloat32(pointer: bigint, offset?: number): number;
export function getFloat64(pointer: bigint, offset?: number): number;

export function setInt8(pointer: bigint, offset: number, value: number): void;
export function setUint8(pointer: bigint, offset: number, value: number): void;
export function setInt16(pointer: bigint, offset: number, value: number): void;
export function setUint16(pointer: bigint, offset: number, value: number): void;
export function setInt32(pointer: bigint, offset: number, value: number): void;
export function setUint32(pointer: bigint, offset: number, value: number): void;
export function setInt64(pointer: bigint, offset: number, value: number | bigint): void;
export function setUint64(pointer: bigint, offset: number, value: number | bigint): void;
export function setFloat32(pointer: bigint, offset: number, value: number): void;
export function setFloat64(pointer: bigint, offset: number, value: number): void;

/** The UTF-8 string at an address, up to its NUL; null for the null pointer. */
export function toString(pointer: bigint): string | null;
/** The bytes at an address: a copy, or C's own if `copy` is false. */
export function toBuffer(pointer: bigint, length: number, copy?: boolean): Buffer;
/** The bytes at an address: a copy, or C's own if `copy` is false. */
export function toArrayBuffer(pointer: bigint, length: number, copy?: boolean): ArrayBuffer;

/** Writes a string and its NUL to memory of `length` bytes. */
export function exportString(string: string, pointer: bigint, length: number, encoding?: BufferEncoding): void;
/** Writes bytes to memory of `length` bytes. */
export function exportBuffer(buffer: Buffer, pointer: bigint, length: number): void;
/** Writes bytes to memory of `length` bytes. */
export function exportArrayBuffer(arrayBuffer: ArrayBuffer, pointer: bigint, length: number): void;
/** Writes bytes to memory of `length` bytes. */
export function exportArrayBufferView(arrayBufferView: ArrayBufferView, pointer: bigint, length: number): void;

/** The address of the first byte. It is valid while the bytes are neither collected nor detached. */
export function getRawPointer(source: ArrayBuffer | SharedArrayBuffer | ArrayBufferView): bigint;
/** The address of this thread's `uv_loop_t`. */
export function getCurrentEventLoop(): bigint;

/** What the names of shared libraries end with on this platform, without the dot. */
export const suffix: "so" | "dylib" | "dll";

/** The names of types. */
export const types: {
  readonly VOID: "void";
  readonly POINTER: "pointer";
  readonly BUFFER: "buffer";
  readonly ARRAY_BUFFER: "arraybuffer";
  readonly FUNCTION: "function";
  readonly BOOL: "bool";
  readonly CHAR: "char";
  readonly STRING: "string";
  readonly FLOAT: "float";
  readonly DOUBLE: "double";
  readonly INT_8: "int8";
  readonly UINT_8: "uint8";
  readonly INT_16: "int16";
  readonly UINT_16: "uint16";
  readonly INT_32: "int32";
  readonly UINT_32: "uint32";
  readonly INT_64: "int64";
  readonly UINT_64: "uint64";
  readonly FLOAT_32: "float32";
  readonly FLOAT_64: "float64";
};
