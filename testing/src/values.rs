//! A value of each scalar.

use std::ffi::c_void;
use std::ptr;

use hotcall::Value;

/// Values with the names of their types.
pub fn scalars() -> [(&'static str, Value<'static>); 12] {
    [
        ("i8", (-8i8).into()),
        ("u8", 0xf8u8.into()),
        ("i16", (-16i16).into()),
        ("u16", 0xfff0u16.into()),
        ("i32", (-32).into()),
        ("u32", 0xffff_ffe0u32.into()),
        ("i64", i64::MIN.into()),
        ("u64", u64::MAX.into()),
        ("bool", true.into()),
        ("f32", 1.5f32.into()),
        ("f64", (-2.5).into()),
        ("pointer", ptr::without_provenance::<c_void>(0x1234).into()),
    ]
}
