// Declarations in Deno's form, with hotcall's extensions.

export type NumberName = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "f32" | "f64";
export type WideName = "i64" | "u64" | "isize" | "usize";
export type CharacterName = "char" | "char8_t" | "char16_t" | "char32_t" | "wchar_t";
export type ScalarName = NumberName | WideName | CharacterName | "bool" | "pointer" | "buffer" | "function";

type Names = { readonly [member: string]: TypeSpec };

/** A struct: its members by name, or in order. */
export interface StructSpec {
  readonly struct: readonly TypeSpec[] | Names;
  readonly name?: string;
}

/** A union: its members by name, or in order. */
export interface UnionSpec {
  readonly union: readonly TypeSpec[] | Names;
  readonly name?: string;
}

/** An array, as a member. One of characters is a string. A name as length is a flexible array that the member of this name counts. */
export interface ArraySpec {
  readonly array: TypeSpec;
  readonly length: number | string;
}

interface PointerDetails {
  readonly const?: boolean;
  readonly direction?: "in" | "out" | "inout";
  readonly length?: number | string;
  readonly byteLength?: number | string;
  readonly freedBy?: string;
}

/** A pointer to a type. One to characters is a string. */
export interface PointerSpec extends PointerDetails {
  readonly pointer: TypeSpec | "void";
}

/** A pointer to a function. */
export interface FunctionPointerSpec extends PointerDetails {
  readonly function: SignatureSpec & { readonly names?: readonly (string | null)[] };
}

export type TypeSpec = ScalarName | StructSpec | UnionSpec | ArraySpec | PointerSpec | FunctionPointerSpec;

export interface SignatureSpec {
  readonly parameters: readonly TypeSpec[];
  readonly result: TypeSpec | "void";
}

/** A function of a library. */
export interface FunctionSpec extends SignatureSpec {
  readonly name?: string;
  readonly optional?: boolean;
  readonly nonblocking?: boolean;
  readonly errno?: boolean;
  readonly variadic?: number;
  readonly names?: readonly (string | null)[];
}

/** A variable of a library. */
export interface VariableSpec {
  readonly type: TypeSpec;
  readonly name?: string;
  readonly optional?: boolean;
}

export type Declarations = { readonly [key: string]: FunctionSpec | VariableSpec };
