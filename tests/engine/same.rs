//! Functions that return their argument, of every type.

use std::ffi::c_void;

use hotcall::Type;
use hotcall_engines::Language;

use crate::languages::define;

macro_rules! same {
    ($($name:ident: $ty:ty;)*) => { $(pub(crate) extern "C" fn $name(value: $ty) -> $ty { value })* };
}

same! {
    same_i8: i8;
    same_u8: u8;
    same_i16: i16;
    same_u16: u16;
    same_i32: i32;
    same_u32: u32;
    same_i64: i64;
    same_u64: u64;
    same_bool: bool;
    same_f32: f32;
    same_f64: f64;
    same_pointer: *const c_void;
    same_point: Point;
    same_matrix: Matrix;
}

#[repr(C)]
pub(crate) struct Point {
    x: f64,
    y: i32,
}

#[repr(C)]
pub(crate) struct Matrix([u64; 8]);

/// Defines functions that return their argument, each by the name of its type, and `detached`, which detaches a buffer.
pub(crate) fn define_same(language: &impl Language) {
    let point = || Type::structure([("x", Type::F64), ("y", Type::I32)]).unwrap();
    let matrix = || Type::structure([("rows", Type::array(Type::U64, 8).unwrap())]).unwrap();
    for (name, address, ty) in [
        ("i8", same_i8 as *const (), Type::I8),
        ("u8", same_u8 as _, Type::U8),
        ("i16", same_i16 as _, Type::I16),
        ("u16", same_u16 as _, Type::U16),
        ("i32", same_i32 as _, Type::I32),
        ("u32", same_u32 as _, Type::U32),
        ("i64", same_i64 as _, Type::I64),
        ("u64", same_u64 as _, Type::U64),
        ("isize", same_i64 as _, Type::ISIZE),
        ("usize", same_u64 as _, Type::USIZE),
        ("bool", same_bool as _, Type::BOOL),
        ("f32", same_f32 as _, Type::F32),
        ("f64", same_f64 as _, Type::F64),
        ("pointer", same_pointer as _, Type::POINTER),
        ("buffer", same_pointer as _, Type::BUFFER),
        ("text", same_pointer as _, Type::TEXT),
        ("callable", same_pointer as _, Type::FUNCTION),
        ("point", same_point as _, point()),
        ("matrix", same_matrix as _, matrix()),
    ] {
        define(language, name, address, [ty.clone()], ty);
    }
    define(language, "address", same_pointer as _, [Type::POINTER], Type::U64);
    define(language, "at", same_pointer as _, [Type::BUFFER], Type::U64);
    language.set_pointer("p", 0x1234 as _);
    language.set_pointer("high", 0xffff_8765_4321_0fed_u64 as _);
    // Buffers of SpiderMonkey's version 102 do not have `transfer`. Its program has `detach`.
    language.run("function detached(b) { globalThis.detach ? detach(b) : b.transfer(); return b }").unwrap();
}
