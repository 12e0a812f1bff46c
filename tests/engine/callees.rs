//! C functions that engines' tests call.

use std::ffi::c_void;

use hotcall::{Callback, Function, FunctionOptions, LocalCallback, LocalOptions, Signature, Thunk, Type};

pub(crate) type IntToInt = extern "C-unwind" fn(i32) -> i32;

pub(crate) fn int_to_int() -> Signature {
    Signature::new([Type::I32], Type::I32).unwrap()
}

/// Makes a C function of a closure: the address of a callback. It takes a number, and returns 0.
pub(crate) fn closure(name: &str, run: impl Fn() + 'static) -> (LocalCallback, Function) {
    let thunk = Thunk::new(&int_to_int()).unwrap();
    let callback = Callback::local(&thunk, LocalOptions::default(), Err, move |_| run()).unwrap();
    // SAFETY: the callback has this signature.
    let function =
        unsafe { Function::from_address(name, callback.as_ptr(), &int_to_int(), FunctionOptions::default()) };
    (callback, function.unwrap())
}

pub(crate) extern "C-unwind" fn call_thrice(f: IntToInt, n: i32) -> i32 {
    f(n) * 10_000 + f(n + 1) * 100 + f(n + 2)
}

#[repr(C)]
pub(crate) struct Pair {
    pub(crate) a: i32,
    pub(crate) b: f32,
}

pub(crate) type Everything = extern "C-unwind" fn(
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,
    i64,
    u64,
    bool,
    f32,
    f64,
    *const c_void,
    *const c_void,
    Pair,
) -> Pair;

pub(crate) extern "C-unwind" fn call_with_everything(f: Everything) -> f64 {
    let nan = f64::from_bits(0xfffe_0000_0000_0001);
    let null = std::ptr::null();
    let pair = Pair { a: 3, b: 0.5 };
    let pair = f(-1, 255, -2, 65535, -3, 4294967295, -4, u64::MAX, true, 0.25, nan, null, 0x10 as _, pair);
    f64::from(pair.a) + f64::from(pair.b)
}

/// The type of [`Everything`].
pub(crate) fn everything_signature() -> Signature {
    let pair = Type::structure([("a", Type::I32), ("b", Type::F32)]).unwrap();
    let numbers = [Type::I8, Type::U8, Type::I16, Type::U16, Type::I32, Type::U32, Type::I64, Type::U64];
    let rest = [Type::BOOL, Type::F32, Type::F64, Type::POINTER, Type::POINTER, pair.clone()];
    Signature::new(numbers.into_iter().chain(rest), pair).unwrap()
}

/// Counts bytes after a callback.
pub(crate) extern "C-unwind" fn sum_after(bytes: *mut u8, len: usize, f: IntToInt) -> u64 {
    f(0);
    // SAFETY: the tests pass buffers with at least this number of bytes.
    unsafe { std::slice::from_raw_parts(bytes, len) }.iter().map(|&byte| u64::from(byte)).sum()
}

/// Counts the buffers that are there.
pub(crate) extern "C" fn two(a: *const u8, b: *const u8, n: i32) -> i32 {
    i32::from(!a.is_null()) + i32::from(!b.is_null()) + n
}

/// Calls back, and uses its own arguments after that.
pub(crate) extern "C-unwind" fn call_then_add(f: IntToInt, n: i32) -> i32 {
    f(n) + n
}
