/** Declares the names that `hotcall/deno/register` defines in the global `Deno`. */

import * as ffi from "./deno.js";

declare global {
  namespace Deno {
    /** The arguments behind the script. */
    const args: string[];
    /** The system and the processor, in Rust's names. */
    const build: {
      readonly os: "linux" | "darwin" | "windows" | "freebsd" | "netbsd" | "openbsd" | "aix" | "solaris" | "android";
      readonly arch: "x86_64" | "aarch64" | "x86" | "arm" | "riscv64gc" | "s390x" | "ppc64" | "loong64";
    };
    export import NativeNumberType = ffi.NativeNumberType;
    export import NativeBigIntType = ffi.NativeBigIntType;
    export import NativeBooleanType = ffi.NativeBooleanType;
    export import NativePointerType = ffi.NativePointerType;
    export import NativeBufferType = ffi.NativeBufferType;
    export import NativeFunctionType = ffi.NativeFunctionType;
    export import NativeVoidType = ffi.NativeVoidType;
    export import NativeStructType = ffi.NativeStructType;
    export import NativeType = ffi.NativeType;
    export import NativeResultType = ffi.NativeResultType;
    export import NativeU8Enum = ffi.NativeU8Enum;
    export import NativeI8Enum = ffi.NativeI8Enum;
    export import NativeU16Enum = ffi.NativeU16Enum;
    export import NativeI16Enum = ffi.NativeI16Enum;
    export import NativeU32Enum = ffi.NativeU32Enum;
    export import NativeI32Enum = ffi.NativeI32Enum;
    export import NativeTypedPointer = ffi.NativeTypedPointer;
    export import NativeTypedFunction = ffi.NativeTypedFunction;
    export import PointerObject = ffi.PointerObject;
    export import PointerValue = ffi.PointerValue;
    export import ToNativeType = ffi.ToNativeType;
    export import ToNativeResultType = ffi.ToNativeResultType;
    export import FromNativeType = ffi.FromNativeType;
    export import FromNativeResultType = ffi.FromNativeResultType;
    export import ToNativeParameterTypes = ffi.ToNativeParameterTypes;
    export import FromNativeParameterTypes = ffi.FromNativeParameterTypes;
    export import ForeignFunction = ffi.ForeignFunction;
    export import ForeignStatic = ffi.ForeignStatic;
    export import ForeignLibraryInterface = ffi.ForeignLibraryInterface;
    export import ConditionalAsync = ffi.ConditionalAsync;
    export import StaticForeignSymbolReturnType = ffi.StaticForeignSymbolReturnType;
    export import FromForeignFunction = ffi.FromForeignFunction;
    export import StaticForeignSymbol = ffi.StaticForeignSymbol;
    export import StaticForeignLibraryInterface = ffi.StaticForeignLibraryInterface;
    export import DynamicLibrary = ffi.DynamicLibrary;
    export import dlopen = ffi.dlopen;
    export import UnsafePointer = ffi.UnsafePointer;
    export import UnsafePointerView = ffi.UnsafePointerView;
    export import UnsafeFnPointer = ffi.UnsafeFnPointer;
    export import UnsafeCallbackDefinition = ffi.UnsafeCallbackDefinition;
    export import UnsafeCallbackFunction = ffi.UnsafeCallbackFunction;
    export import UnsafeCallback = ffi.UnsafeCallback;
  }
}
