// `hotcall`: C's functions for script.

import type { Declarations, SignatureSpec, TypeSpec } from "./hotcall/declarations.js";
import type {
  Bytes,
  Callback,
  CallbackOf,
  CFunction,
  CType,
  FunctionOf,
  Given,
  LibraryOf,
  Pointer,
  PointerObject,
  Read,
  Signature,
} from "./hotcall/values.js";
import type { LibraryOfText } from "./hotcall/c_text.js";

export type { Declarations, FunctionSpec, SignatureSpec, TypeSpec, VariableSpec } from "./hotcall/declarations.js";
export type {
  Bytes,
  Callback,
  CFunction,
  CType,
  FunctionOf,
  LibraryOf,
  Pointer,
  PointerObject,
  Signature,
} from "./hotcall/values.js";
export type { LibraryOfText } from "./hotcall/c_text.js";

export interface OpenOptions {
  /** The functions that call script back beside those with a parameter for it: their names, or all. */
  callbacks?: boolean | readonly string[];
  /** The functions whose `errno` is captured: their names, or all. */
  errno?: boolean | readonly string[];
  /** Missing symbols are null. */
  optional?: boolean;
  /** Further names: the keys are the new ones. */
  aliases?: { readonly [alias: string]: string };
  /** Functions are looked up at their first call. */
  lazy?: boolean;
  /** Other libraries find the symbols. */
  global?: boolean;
  /** The file of the native addon. */
  binary?: string | URL;
}

/** A type: a type of a library, a name of C or Deno, C text, or an object in Deno's form. */
export type TypeLike = CType | TypeSpec | SignatureSpec | (string & {});

type Value<T> = T extends CType ? any : T extends "void" ? undefined : T extends TypeSpec ? Read<T> : any;
type Written<T> = T extends CType ? any : T extends TypeSpec ? Given<T> : any;

/** Pointers and what stands for one, or bytes. */
export type Memory = PointerObject | Owned | Bytes;

/**
 * Loads a library, and returns an object of its functions, variables and constants. A path of null is the process itself.
 *
 * Functions of C text that is more than simple prototypes are of any type, unless `F` names their types.
 */
export function open<const D extends Declarations>(
  path: string | URL | null,
  declarations: D,
  options?: OpenOptions,
): LibraryOf<D>;
export function open<F extends object = never, const S extends string = string>(
  path: string | URL | null,
  declarations: S,
  options?: OpenOptions,
): [F] extends [never] ? LibraryOfText<S> : F & Disposable;

/** Closes a library. Calls of its functions throw from now on. */
export function close(library: object): void;
/** The address of a symbol of a library. */
export function symbol(library: object, name: string): Pointer;
/** The types that C text declares, by their names. */
export function types(library: object): { readonly [name: string]: CType };
/** What was read of the declarations, and what could not be read. */
export function describe(library: object): {
  path: string | null;
  functions: { [name: string]: Signature };
  variables: { [name: string]: CType };
  constants: { [name: string]: number | bigint | string | null };
  unsupported: { key: string; reason: string }[];
  warnings: string[];
  skipped: string[];
};

/** A type. With a library, the names that its C text declares are known. */
export function type(spec: TypeLike, library?: object): CType;
export function sizeof(type: TypeLike): number;
export function alignof(type: TypeLike): number;
/** The offset of a member, or of a member of a member: `offsetof(line, "to.x")`. */
export function offsetof(type: TypeLike, path: string): number;

export interface CallbackOptions {
  /** Calls from other threads return at once. The function returns nothing, or a promise. */
  nowait?: boolean;
}

/** Makes a function of script one that C can call. */
export function callback<const S extends SignatureSpec>(type: S, f: CallbackOf<S>, options?: CallbackOptions): Callback;
export function callback(type: CType | string, f: (...args: any[]) => unknown, options?: CallbackOptions): Callback;

/** Makes a function of a pointer. */
export function functionAt<const S extends SignatureSpec>(
  pointer: PointerObject,
  type: S,
  options?: { callbacks?: boolean; errno?: boolean },
): FunctionOf<S>;
export function functionAt(
  pointer: PointerObject,
  type: CType | string,
  options?: { callbacks?: boolean; errno?: boolean },
): CFunction & ((...args: any[]) => any);

/** A pointer for an address, of bytes, of a function of a library, of a callback, or of an owner. */
export function pointer(value: bigint | number | Bytes | CFunction | Callback | Owned | Pointer): Pointer;
export function address(pointer: Pointer | Callback | Owned): bigint;
export function offset(pointer: PointerObject | Owned, bytes: number | bigint): Pointer;
export function isPointer(value: unknown): value is PointerObject;

/** Bytes for one value of a type, to pass for a pointer. */
export interface Out<V, W = V> extends Uint8Array {
  get value(): V;
  set value(value: W);
}
export function out<const T extends TypeLike>(type: T, value?: Written<T>): Out<Value<T>, Written<T>>;

/** Reads a value of a type. */
export function read<const T extends TypeLike>(memory: Memory, type: T, offset?: number): Value<T>;
/** Writes a value of a type. */
export function write<const T extends TypeLike>(memory: Memory, type: T, value: Written<T>, offset?: number): void;
/** A live view of memory: a typed array of `count` numbers, or an object with the members of a struct. */
export function view(memory: Memory, type: TypeLike, count?: number): any;
/** Detaches a view: it has no bytes any more. */
export function detach(view: ArrayBufferView | ArrayBufferLike): void;
/** Reads a string: up to its zero, or at most `length` units. */
export function string(
  memory: Memory,
  options?: { length?: number; encoding?: "utf8" | "utf16" | "utf32" | "latin1"; offset?: number },
): string;
export function string(
  memory: Memory | null,
  options?: { length?: number; encoding?: "utf8" | "utf16" | "utf32" | "latin1"; offset?: number },
): string | null;

/** Allocates zeroed memory of C: for `count` values of a type, or this many bytes. C's `free` takes it as well. */
export function alloc(type: TypeLike | number, count?: number): PointerObject;
/** Allocates memory of C with a string and the zero behind it. */
export function allocString(text: string, type?: TypeLike): PointerObject;
export function free(pointer: Pointer | Owned): void;

/** The owner of memory of C. */
export interface Owned {
  readonly pointer: PointerObject;
  readonly isDisposed: boolean;
  /** Frees the memory, and detaches the views of it. */
  dispose(): void;
  /** Gives up the ownership. */
  release(): PointerObject;
  [Symbol.dispose](): void;
}
/** Makes an owner, who gives the pointer to `free` when it is disposed of or collected. */
export function owned(pointer: Pointer, free: (pointer: any) => unknown): Owned;

/** `errno`, as the last call of a function that captures it has left it. */
export function errno(): number;
/** The name of an error number: `"ENOENT"`. */
export function errnoName(number: number): string | undefined;
export const os: { readonly errno: { readonly [name: string]: number } };

/** Which ways of calling this process has, or why not. */
export function diagnostics(): { runtime: string; v8: string | null; fast: string; ordinary: string; napi: string };
/** Which ways the calls of a function take, or why not. */
export function ways(f: CFunction): { readonly [name: string]: unknown };
