// The values of script for each type: what C is given (`Given`), and what C gives (`Read`).

import type {
  ArraySpec,
  CharacterName,
  Declarations,
  FunctionPointerSpec,
  FunctionSpec,
  NumberName,
  PointerSpec,
  SignatureSpec,
  StructSpec,
  TypeSpec,
  UnionSpec,
  VariableSpec,
  WideName,
} from "./declarations.js";

declare const pointer: unique symbol;
declare const union: unique symbol;

/** A pointer of C that is not null: an opaque object. */
export interface PointerObject {
  readonly [pointer]: true;
}

/** A pointer of C. */
export type Pointer = PointerObject | null;

/** Bytes of script. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/** A function of script that C calls, until it is closed. */
export interface Callback {
  readonly pointer: PointerObject;
  close(): void;
  ref(): this;
  unref(): this;
  [Symbol.dispose](): void;
}

/** The value of a union: its bytes, as any of its members. */
export type UnionValue<M> = { [K in keyof M]: M[K] } & { readonly [union]: true };

type TypedArrays = {
  i8: Int8Array;
  u8: Uint8Array;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  isize: BigInt64Array;
  usize: BigUint64Array;
  f32: Float32Array;
  f64: Float64Array;
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OneOf<M> = { [K in keyof M]: { [L in K]: M[K] } & { [L in Exclude<keyof M, K>]?: undefined } }[keyof M];
type Elements<T> =
  T extends NumberName ? ArrayLike<number>
  : T extends CharacterName ? string | ArrayLike<number>
  : T extends WideName ? ArrayLike<number | bigint>
  : T extends TypeSpec ? ArrayLike<Given<T>>
  : never;

/** What C gives for a type. Where the type is not known, the first condition ends the recursion. */
export type Read<T> =
  [TypeSpec] extends [T] ? any
  : T extends NumberName | CharacterName ? number
  : T extends WideName ? bigint
  : T extends "bool" ? boolean
  : T extends "void" ? undefined
  : T extends StructSpec ? Mutable<ReadMembers<T["struct"]>>
  : T extends UnionSpec ? UnionValue<Mutable<ReadMembers<T["union"]>>>
  : T extends ArraySpec ? ReadArray<T["array"]>
  : T extends { pointer: CharacterName; const: true } ? string | null
  : T extends TypeSpec ? Pointer
  : never;

type ReadArray<E> =
  E extends keyof TypedArrays ? TypedArrays[E]
  : E extends CharacterName ? string
  : Read<E>[];

type ReadMembers<M> = { [K in keyof M]: Read<M[K]> };
type GivenMembers<M> = { readonly [K in keyof M]: Given<M[K]> };

/** What a function returns for a type: a string that a function frees is read first. */
export type Returned<T> = T extends { pointer: CharacterName; freedBy: string } ? string | null : Read<T>;

/** What C is given for a type. */
export type Given<T> =
  [TypeSpec] extends [T] ? any
  : T extends NumberName | CharacterName ? number
  : T extends WideName ? number | bigint
  : T extends "bool" ? boolean
  : T extends "pointer" | "buffer" ? Pointer | Bytes
  : T extends "function" ? Pointer | Callback | CFunction
  : T extends FunctionPointerSpec ? Pointer | Callback | CFunction | CallbackOf<T["function"]>
  : T extends StructSpec ? GivenMembers<T["struct"]> | Bytes
  : T extends UnionSpec ? OneOf<GivenMembers<T["union"]>> | UnionValue<Mutable<ReadMembers<T["union"]>>> | Bytes
  : T extends ArraySpec ? Elements<T["array"]>
  : T extends PointerSpec ? Pointer | Bytes | GivenTarget<T, T["pointer"]>
  : never;

// What a pointer may lead to, beside pointers and bytes. C writes to arrays and objects where it may change the target.
type GivenTarget<P, T> =
  T extends CharacterName ?
    P extends { direction: "out" | "inout" } ?
      (string | null | undefined)[]
    : string
  : T extends "void" ? never
  : P extends { direction: "out" } ? Filled<T>
  : P extends { direction: "inout" } ? Read<T>[] | (T extends StructSpec | UnionSpec ? Given<T> : never)
  : P extends { direction: "in" } | { length: number | string } ?
    ArrayLike<Given<T>> | (T extends StructSpec | UnionSpec ? Given<T> : never)
  : T extends StructSpec | UnionSpec ? Given<T> | readonly Given<T>[]
  : never;

type Filled<T> = Read<T>[] | (T extends StructSpec ? Partial<Read<T>> : never);

/** A function of script, for a function's type. */
export type CallbackOf<S extends SignatureSpec> = (...args: ReadAll<S["parameters"]>) => CallbackResult<S["result"]>;

// Functions with `nowait` return before script has run, so their result is ignored.
type CallbackResult<R> = R extends "void" ? unknown : Given<R>;

type ReadAll<P extends readonly unknown[]> = { -readonly [K in keyof P]: Read<P[K]> };
type GivenAll<P extends readonly unknown[]> = { -readonly [K in keyof P]: Given<P[K]> };

/** The types of a function, for reading. */
export interface Signature {
  readonly parameters: readonly { readonly name: string | null; readonly type: CType }[];
  readonly result: CType | undefined;
  readonly variadic: number | undefined;
}

/** A type of C. */
export interface CType {
  readonly kind: string;
  /** The name in C of a type of characters. */
  readonly c?: string;
  readonly name?: string;
  readonly size: number;
  readonly align: number;
  readonly fields?: readonly {
    readonly name: string | null;
    readonly offset: number;
    readonly type: CType;
    readonly constant: boolean;
  }[];
  readonly element?: CType;
  readonly length?: unknown;
  readonly constant?: boolean;
  readonly direction?: "in" | "out" | "inout";
  readonly freedBy?: string;
  readonly target: CType | undefined;
  readonly signature: Signature | undefined;
  toString(): string;
}

/** A function of a library. */
export interface CFunction {
  readonly signature: Signature;
}

/** The methods of functions. `A` are the arguments, `R` is the result. */
interface Methods<A extends unknown[], R, Async> extends CFunction {
  /** Calls on another thread. */
  readonly async: R extends object ? Storing<A, R, Async> & ((...args: A) => Promise<Async>)
  : (...args: A) => Promise<Async>;
  /** The native function: structs are bytes, strings that C returns are pointers. */
  readonly native: (...args: any[]) => unknown;
}

type Storing<A extends unknown[], R, Async> =
  R extends Pointer ? unknown
  : <S extends Bytes | object>(
      ...args: [...A, S]
    ) => Promise<Async extends { errno: number } ? { value: S; errno: number } : S>;

type AsyncOf<F, R> = F extends { errno: true } ? { value: R; errno: number } : R;

type Call<A extends unknown[], R, T> =
  T extends StructSpec | UnionSpec ? { (...args: A): R; <S extends Bytes | object>(...args: [...A, S]): S }
  : (...args: A) => R;

/** The function that a declaration makes. */
export type FunctionOf<F extends SignatureSpec> =
  F extends { nonblocking: true } ? (...args: GivenAll<F["parameters"]>) => Promise<AsyncOf<F, Returned<F["result"]>>>
  : Call<GivenAll<F["parameters"]>, Returned<F["result"]>, F["result"]> &
      Methods<GivenAll<F["parameters"]>, Returned<F["result"]>, AsyncOf<F, Returned<F["result"]>>>;

type SymbolOf<S> =
  S extends FunctionSpec ? FunctionOf<S>
  : S extends VariableSpec ? Read<S["type"]>
  : never;

/** The functions and variables of a library. */
export type LibraryOf<D extends Declarations> = {
  -readonly [K in keyof D]: D[K] extends { optional: true } ? SymbolOf<D[K]> | null : SymbolOf<D[K]>;
} & Disposable;
