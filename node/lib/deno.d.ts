/**
 * Deno's FFI: the names of the `Deno` namespace that belong to it.
 *
 * The types have the names that Deno gives them, so that code that names them compiles here too. `docs/deno.md` lists
 * the differences from Deno's behaviour.
 */

/// <reference lib="esnext.disposable" />

/** Bytes: a buffer, or a view of one. */
export type Bytes = ArrayBufferLike | ArrayBufferView<ArrayBufferLike>;

// Names of types.

export type NativeNumberType = "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f32" | "f64";
export type NativeBigIntType = "u64" | "i64" | "usize" | "isize";
export type NativeBooleanType = "bool";
export type NativePointerType = "pointer";
export type NativeBufferType = "buffer";
export type NativeFunctionType = "function";
export type NativeVoidType = "void";

/** A struct, by the types of its fields. */
export interface NativeStructType {
  readonly struct: readonly NativeType[];
}

/** The type of a parameter, of a field or of a variable. */
export type NativeType =
  | NativeNumberType
  | NativeBigIntType
  | NativeBooleanType
  | NativePointerType
  | NativeBufferType
  | NativeFunctionType
  | NativeStructType;

/** The type of a result. */
export type NativeResultType = NativeType | NativeVoidType;

// Names of types that know more than C: which numbers, and what a pointer leads to.

declare const brand: unique symbol;
interface Branded<T> {
  [brand]: T;
}

export type NativeU8Enum<T extends number> = "u8" & Branded<T>;
export type NativeI8Enum<T extends number> = "i8" & Branded<T>;
export type NativeU16Enum<T extends number> = "u16" & Branded<T>;
export type NativeI16Enum<T extends number> = "i16" & Branded<T>;
export type NativeU32Enum<T extends number> = "u32" & Branded<T>;
export type NativeI32Enum<T extends number> = "i32" & Branded<T>;
export type NativeTypedPointer<T extends PointerObject> = "pointer" & Branded<T>;
export type NativeTypedFunction<T extends UnsafeCallbackDefinition> = "function" & Branded<T>;

// Values.

/** A pointer that is not null. `T` is what it leads to, for the type checker alone. */
export interface PointerObject<T = unknown> {
  [brand]: T;
}

/** A pointer; null is the null pointer. */
export type PointerValue<T = unknown> = PointerObject<T> | null;

/** The values of types that C and script see in the same way. */
type Scalar<T> = T extends NativeNumberType ? (T extends Branded<infer N extends number> ? N : number)
  : T extends NativeBooleanType ? boolean
  : T extends NativePointerType ? (T extends Branded<infer P> ? P | null : PointerValue)
  : T extends NativeFunctionType ? (T extends Branded<infer F> ? PointerValue<F> : PointerValue)
  : never;

/** What script gives for a type. */
export type ToNativeType<T extends NativeType = NativeType> = T extends NativeStructType ? Bytes
  : T extends NativeBufferType ? Bytes | null
  : T extends NativeBigIntType ? bigint | number
  : Scalar<T>;

/** What script gives for the result of a callback. */
export type ToNativeResultType<T extends NativeResultType = NativeResultType> = T extends NativeVoidType ? void
  : T extends NativeType ? ToNativeType<T>
  : never;

/** What script gets for a type. */
export type FromNativeType<T extends NativeType = NativeType> = T extends NativeStructType ? Uint8Array<ArrayBuffer>
  : T extends NativeBufferType ? PointerValue
  : T extends NativeBigIntType ? bigint
  : Scalar<T>;

/** What script gets for a result. */
export type FromNativeResultType<T extends NativeResultType = NativeResultType> = T extends NativeVoidType ? void
  : T extends NativeType ? FromNativeType<T>
  : never;

/** What script gives for a list of parameters. */
export type ToNativeParameterTypes<T extends readonly NativeType[]> = {
  -readonly [K in keyof T]: ToNativeType<T[K]>;
};

/** What script gets for a list of parameters. */
export type FromNativeParameterTypes<T extends readonly NativeType[]> = {
  -readonly [K in keyof T]: FromNativeType<T[K]>;
};

// Declarations.

/** A function of a library. */
export interface ForeignFunction<
  Parameters extends readonly NativeType[] = readonly NativeType[],
  Result extends NativeResultType = NativeResultType,
  NonBlocking extends boolean = boolean,
> {
  /** The name of the symbol, if it is not the key. */
  name?: string;
  parameters: Parameters;
  result: Result;
  /** Calls run on another thread, and return promises. */
  nonblocking?: NonBlocking;
  /** `false` says that the function does not call script back, so that its calls are faster. Deno does not have it. */
  callback?: boolean;
  /** The library may lack it. */
  optional?: boolean;
}

/** A variable of a library. Its value is read when the library is opened. */
export interface ForeignStatic<Type extends NativeType = NativeType> {
  /** The name of the symbol, if it is not the key. */
  name?: string;
  type: Type;
  /** The library may lack it. */
  optional?: boolean;
}

/** What a library has. */
export interface ForeignLibraryInterface {
  [name: string]: ForeignFunction | ForeignStatic;
}

export type ConditionalAsync<IsAsync extends boolean | undefined, T> = IsAsync extends true ? Promise<T> : T;

export type StaticForeignSymbolReturnType<T extends ForeignFunction> = ConditionalAsync<
  T["nonblocking"],
  FromNativeResultType<T["result"]>
>;

/** The call of a function. */
type Call<T extends ForeignFunction> = (
  ...args: ToNativeParameterTypes<T["parameters"]>
) => StaticForeignSymbolReturnType<T>;

/** The way to write a struct result into bytes of one's own. Deno does not have it. */
interface Into<T extends ForeignFunction> {
  into(...args: [...ToNativeParameterTypes<T["parameters"]>, result: Bytes]): void;
}

/** The function that script calls. */
export type FromForeignFunction<T extends ForeignFunction> = T["result"] extends NativeStructType
  ? (T["nonblocking"] extends true ? Call<T> : Call<T> & Into<T>)
  : Call<T>;

/** What script gets for a declaration. */
export type StaticForeignSymbol<T extends ForeignFunction | ForeignStatic> = T extends ForeignFunction
  ? FromForeignFunction<T>
  : T extends ForeignStatic ? FromNativeType<T["type"]>
  : never;

/** What script gets for the declarations of a library. */
export type StaticForeignLibraryInterface<T extends ForeignLibraryInterface> = {
  [K in keyof T]: T[K]["optional"] extends true ? StaticForeignSymbol<T[K]> | null : StaticForeignSymbol<T[K]>;
};

// Libraries.

/** A library that is open. */
export interface DynamicLibrary<S extends ForeignLibraryInterface> {
  symbols: StaticForeignLibraryInterface<S>;
  /** Closes the library. Calls of its functions throw from then on. */
  close(): void;
  [Symbol.dispose](): void;
}

/** The URLs of the runtime, if its types are known. */
type FileURL = typeof globalThis extends { URL: { prototype: infer T } } ? T : never;

/** Opens a library. The empty path is this process. */
export function dlopen<const S extends ForeignLibraryInterface>(
  filename: string | FileURL,
  symbols: S,
): DynamicLibrary<S>;

// Pointers.

/** Addresses of pointers. */
export class UnsafePointer {
  /** Makes a pointer of an address. */
  static create<T = unknown>(value: bigint | number): PointerValue<T>;
  /** Returns true if both lead to the same address. */
  static equals<T = unknown>(a: PointerValue<T>, b: PointerValue<T>): boolean;
  /** Returns the pointer to the first byte. The buffer lives as long as the pointer. */
  static of<T = unknown>(value: UnsafeCallback | Bytes): PointerValue<T>;
  /** Returns the pointer so many bytes behind another one. */
  static offset<T = unknown>(value: PointerObject, offset: number | bigint): PointerValue<T>;
  /** Returns the address. */
  static value(value: PointerValue | UnsafeCallback): bigint;
}

/** The memory behind a pointer. Offsets are in bytes. */
export class UnsafePointerView {
  constructor(pointer: PointerObject);
  pointer: PointerObject;
  getBool(offset?: number | bigint): boolean;
  getUint8(offset?: number | bigint): number;
  getInt8(offset?: number | bigint): number;
  getUint16(offset?: number | bigint): number;
  getInt16(offset?: number | bigint): number;
  getUint32(offset?: number | bigint): number;
  getInt32(offset?: number | bigint): number;
  getBigUint64(offset?: number | bigint): bigint;
  getBigInt64(offset?: number | bigint): bigint;
  getFloat32(offset?: number | bigint): number;
  getFloat64(offset?: number | bigint): number;
  getPointer<T = unknown>(offset?: number | bigint): PointerValue<T>;
  /** Returns the text up to the first zero byte, as UTF-8. */
  getCString(offset?: number | bigint): string;
  static getCString(pointer: PointerObject, offset?: number | bigint): string;
  /** Returns a buffer over the memory itself. */
  getArrayBuffer(byteLength: number | bigint, offset?: number | bigint): ArrayBuffer;
  static getArrayBuffer(pointer: PointerObject, byteLength: number | bigint, offset?: number | bigint): ArrayBuffer;
  /** Copies as many bytes as the destination has. */
  copyInto(destination: Bytes, offset?: number | bigint): void;
  static copyInto(pointer: PointerObject, destination: Bytes, offset?: number | bigint): void;
}

// Functions at addresses, and functions of script.

/** A function at an address. */
export class UnsafeFnPointer<const Fn extends ForeignFunction> {
  constructor(pointer: PointerObject<NoInfer<Omit<Fn, "nonblocking">>>, definition: Fn);
  pointer: PointerObject<Fn>;
  definition: Fn;
  call: Call<Fn>;
}

/** The signature of a function of script. */
export interface UnsafeCallbackDefinition<
  Parameters extends readonly NativeType[] = readonly NativeType[],
  Result extends NativeResultType = NativeResultType,
> {
  parameters: Parameters;
  result: Result;
}

/** A function that C may call. */
export type UnsafeCallbackFunction<
  Parameters extends readonly NativeType[] = readonly NativeType[],
  Result extends NativeResultType = NativeResultType,
> = (...args: FromNativeParameterTypes<Parameters>) => ToNativeResultType<Result>;

/** A function of script as a function pointer of C. It works until `close()`. */
export class UnsafeCallback<const Definition extends UnsafeCallbackDefinition = UnsafeCallbackDefinition> {
  constructor(
    definition: Definition,
    callback: UnsafeCallbackFunction<Definition["parameters"], Definition["result"]>,
  );
  readonly pointer: PointerObject<Definition>;
  readonly definition: Definition;
  readonly callback: UnsafeCallbackFunction<Definition["parameters"], Definition["result"]>;
  /** Makes a callback that keeps the event loop alive, for calls from other threads. */
  static threadSafe<const Definition extends UnsafeCallbackDefinition = UnsafeCallbackDefinition>(
    definition: Definition,
    callback: UnsafeCallbackFunction<Definition["parameters"], Definition["result"]>,
  ): UnsafeCallback<Definition>;
  /** Keeps the event loop alive once more. Returns how many times it is kept. */
  ref(): number;
  /** Takes one `ref()` back. Returns how many are left. */
  unref(): number;
  /** Ends it. Late calls of C get zeros. */
  close(): void;
}
