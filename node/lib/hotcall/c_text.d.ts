// Types of simple prototypes in C text: scalars, strings, pointers. Other declarations are not typed.

import type { Bytes, CFunction, Pointer, Signature } from "./values.js";

type Space = " " | "\n" | "\t" | "\r";
type Trim<S extends string> =
  S extends `${Space}${infer R}` ? Trim<R>
  : S extends `${infer R}${Space}` ? Trim<R>
  : S;
type Words<S extends string> =
  Trim<S> extends `${infer A}*${infer B}` ? [...Words<A>, "*", ...Words<B>]
  : Trim<S> extends "" ? []
  : Trim<S> extends `${infer A}${Space}${infer B}` ? [A, ...Words<B>]
  : [Trim<S>];
type Has<W extends string[], T> = Extract<W[number], T> extends never ? false : true;

type Narrow =
  | "char"
  | "short"
  | "int"
  | "signed"
  | "unsigned"
  | "int8_t"
  | "uint8_t"
  | "int16_t"
  | "uint16_t"
  | "int32_t"
  | "uint32_t"
  | "float"
  | "double";
type Wide = "long" | "int64_t" | "uint64_t" | "size_t" | "ssize_t" | "intptr_t" | "uintptr_t" | "ptrdiff_t";

type Scalar<W extends string[], Big> =
  Has<W, "bool" | "_Bool"> extends true ? boolean
  : Has<W, "double" | "float"> extends true ? number
  : Has<W, Wide> extends true ? Big
  : Has<W, Narrow> extends true ? number
  : any;

type Argument<W extends string[]> =
  Has<W, "*"> extends true ?
    Has<W, "char"> extends true ?
      string | Bytes | Pointer
    : any
  : Scalar<W, number | bigint>;
type Result<W extends string[]> =
  Has<W, "*"> extends true ?
    W extends ["const", "char", "*", string] ?
      string | null
    : Pointer
  : Has<W, "void"> extends true ? undefined
  : Scalar<W, bigint>;

type Arguments<S extends string> =
  Trim<S> extends "" | "void" ? []
  : S extends `${string}(${string}` ? any[]
  : S extends `${string}...` ? any[]
  : S extends `${infer A},${infer B}` ? [Argument<Words<A>>, ...Arguments<B>]
  : [Argument<Words<S>>];

/** A function that C text declares. */
export interface TextFunction<A extends any[], R> extends CFunction {
  (...args: A): R;
  readonly async: (...args: A) => Promise<R>;
  readonly native: (...args: any[]) => unknown;
  readonly signature: Signature;
  readonly variadic: (...types: unknown[]) => TextFunction<any[], R>;
}

type Last<W extends string[]> = W extends [...string[], infer L extends string] ? L : never;
type Statement<S extends string> =
  Trim<S> extends `${infer Head}(${infer Parameters})` ?
    { [K in Last<Words<Head>>]: TextFunction<Arguments<Parameters>, Result<Words<Head>>> }
  : unknown;
type Statements<S extends string> = S extends `${infer A};${infer B}` ? Statement<A> & Statements<B> : unknown;

/** The library of C text. Text that is not a literal, or that has more than prototypes, makes properties of any type. */
export type LibraryOfText<S extends string> = Disposable &
  (string extends S ? { [name: string]: any }
  : S extends `${string}${"#" | "{" | "/" | "typedef" | "extern" | "_Out" | "_In" | "__"}${string}` ?
    { [name: string]: any }
  : Statements<S>);
