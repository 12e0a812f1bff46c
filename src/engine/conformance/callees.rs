//! The C functions that the kit makes engines call.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::{ptr, slice};

use hotcall_jit::{Signature, SignatureError, Type, TypeError};

use crate::library::library::Library;

/// A C function with its signature.
pub(super) struct Callee {
    pub(super) name: &'static str,
    pub(super) address: *const (),
    pub(super) params: Vec<Type>,
    pub(super) result: Option<Type>,
}

impl Callee {
    pub(super) fn new(
        name: &'static str,
        address: *const (),
        params: impl Into<Vec<Type>>,
        result: impl Into<Option<Type>>,
    ) -> Self {
        Self { name, address, params: params.into(), result: result.into() }
    }

    pub(super) fn signature(&self) -> Result<Signature, SignatureError> {
        Signature::new(self.params.clone(), self.result.clone())
    }
}

/// A type with two functions: one returns its argument, the other returns what a callback makes of it. Both have a second
/// name, for functions that write their result into a buffer.
pub(super) struct Echo {
    pub(super) ty: Type,
    pub(super) same: Callee,
    pub(super) through: Callee,
    pub(super) into: Callee,
    pub(super) through_into: Callee,
}

macro_rules! echo {
    ($ty:ty, $name:literal, $c_type:expr) => {{
        extern "C" fn same(value: $ty) -> $ty {
            value
        }
        extern "C" fn through(callback: Option<extern "C" fn($ty) -> $ty>, value: $ty) -> $ty {
            callback.map_or(value, |callback| callback(value))
        }
        let ty: Type = $c_type;
        let [same, into] = [concat!("same_", $name), concat!("into_", $name)]
            .map(|name| Callee::new(name, same as *const (), [ty.clone()], ty.clone()));
        let [through, through_into] = [concat!("through_", $name), concat!("through_into_", $name)]
            .map(|name| Callee::new(name, through as *const (), [Type::FUNCTION, ty.clone()], ty.clone()));
        Echo { ty, same, through, into, through_into }
    }};
}

pub(super) fn scalars() -> [Echo; 13] {
    [
        echo!(i8, "i8", Type::I8),
        echo!(u8, "u8", Type::U8),
        echo!(i16, "i16", Type::I16),
        echo!(u16, "u16", Type::U16),
        echo!(i32, "i32", Type::I32),
        echo!(u32, "u32", Type::U32),
        echo!(i64, "i64", Type::I64),
        echo!(u64, "u64", Type::U64),
        echo!(isize, "isize", Type::ISIZE),
        echo!(usize, "usize", Type::USIZE),
        echo!(bool, "bool", Type::BOOL),
        echo!(f32, "f32", Type::F32),
        echo!(f64, "f64", Type::F64),
    ]
}

/// A struct in two registers for floats.
#[repr(C)]
#[derive(Clone, Copy)]
struct Point(f64, f64);

/// A struct in one register of each kind.
#[repr(C)]
#[derive(Clone, Copy)]
struct Pair(i64, f32, u32);

/// A struct in half a register.
#[repr(C)]
#[derive(Clone, Copy)]
struct Small(u8, u8, u16);

/// A struct in memory.
#[repr(C)]
#[derive(Clone, Copy)]
struct Large([i32; 7]);

pub(super) fn point() -> Result<Type, TypeError> {
    Ok(Type::structure([("x", Type::F64), ("y", Type::F64)])?.named("Point"))
}

fn large() -> Result<Type, TypeError> {
    Ok(Type::structure([("a", Type::array(Type::I32, 7)?)])?.named("Large"))
}

pub(super) fn structs() -> Result<[Echo; 4], TypeError> {
    let pair = Type::structure([("a", Type::I64), ("b", Type::F32), ("c", Type::U32)])?.named("Pair");
    let small = Type::structure([("a", Type::U8), ("b", Type::U8), ("c", Type::U16)])?.named("Small");
    Ok([
        echo!(Point, "point", point()?),
        echo!(Pair, "pair", pair),
        echo!(Small, "small", small),
        echo!(Large, "large", large()?),
    ])
}

/// Returns seven words in reverse order. It may have written some of them before it reads the others.
pub(super) fn reversed() -> Result<Callee, TypeError> {
    extern "C" fn call(words: *const i32) -> Large {
        let mut reversed = Large([0; 7]);
        for (index, word) in reversed.0.iter_mut().rev().enumerate() {
            // SAFETY: the kit passes seven words.
            *word = unsafe { words.add(index).read_unaligned() };
        }
        reversed
    }
    Ok(Callee::new("reversed", call as *const (), [Type::BUFFER], large()?))
}

/// Adds the coordinates, the second times ten.
pub(super) fn point_sum() -> Result<Callee, TypeError> {
    extern "C" fn call(Point(x, y): Point) -> f64 {
        x + 10.0 * y
    }
    Ok(Callee::new("point_sum", call as *const (), [point()?], Type::F64))
}

/// Returns the double with these bits, the high ones first.
pub(super) fn f64_of_bits() -> Callee {
    extern "C" fn call(high: u32, low: u32) -> f64 {
        f64::from_bits(u64::from(high) << 32 | u64::from(low))
    }
    Callee::new("f64_of_bits", call as *const (), [Type::U32, Type::U32], Type::F64)
}

/// Return 64-bit integers with these bits, the high ones first.
pub(super) fn integers_of_bits() -> [Callee; 2] {
    extern "C" fn call(high: u32, low: u32) -> u64 {
        u64::from(high) << 32 | u64::from(low)
    }
    let of = |name, ty| Callee::new(name, call as *const (), [Type::U32, Type::U32], ty);
    [of("i64_of_bits", Type::I64), of("u64_of_bits", Type::U64)]
}

/// Returns the float with these bits.
pub(super) fn f32_of_bits() -> Callee {
    extern "C" fn call(bits: u32) -> f32 {
        f32::from_bits(bits)
    }
    Callee::new("f32_of_bits", call as *const (), [Type::U32], Type::F32)
}

/// Makes a callback return its argument, a double with these bits, the high ones first.
pub(super) fn f64_of_bits_through() -> Callee {
    extern "C" fn call(callback: Option<extern "C" fn(f64) -> f64>, high: u32, low: u32) -> f64 {
        callback.map_or(0.0, |callback| callback(f64::from_bits(u64::from(high) << 32 | u64::from(low))))
    }
    Callee::new("f64_of_bits_through", call as *const (), [Type::FUNCTION, Type::U32, Type::U32], Type::F64)
}

/// Return results in registers that hold more than the type. The bits above the type must not be seen.
pub(super) fn low_bits() -> [Callee; 5] {
    extern "C" fn call(bits: u32) -> u32 {
        bits
    }
    let of = |name, ty| Callee::new(name, call as *const (), [Type::U32], ty);
    [
        of("low_bool", Type::BOOL),
        of("low_i8", Type::I8),
        of("low_u8", Type::U8),
        of("low_i16", Type::I16),
        of("low_u16", Type::U16),
    ]
}

/// Adds twelve integers, each times another power of ten.
pub(super) fn sum12_i32() -> Callee {
    extern "C" fn call(
        a: i32,
        b: i32,
        c: i32,
        d: i32,
        e: i32,
        f: i32,
        g: i32,
        h: i32,
        i: i32,
        j: i32,
        k: i32,
        l: i32,
    ) -> f64 {
        [a, b, c, d, e, f, g, h, i, j, k, l].into_iter().fold(0.0, |sum, digit| sum * 10.0 + f64::from(digit))
    }
    Callee::new("sum12_i32", call as *const (), vec![Type::I32; 12], Type::F64)
}

/// Adds ten doubles and eight integers, in turn until the integers end.
pub(super) fn mixed() -> Callee {
    extern "C" fn call(
        a: f64,
        b: i8,
        c: f32,
        d: u16,
        e: f64,
        f: i64,
        g: f32,
        h: u8,
        i: f64,
        j: i32,
        k: f64,
        l: u64,
        m: f64,
        n: i16,
        o: f64,
        p: u32,
        q: f64,
        r: f64,
    ) -> f64 {
        let [b, d, h, j, n, p] = [b.into(), d.into(), h.into(), j.into(), n.into(), p.into()];
        [a, b, c.into(), d, e, f as f64, g.into(), h, i, j, k, l as f64, m, n, o, p, q, r]
            .into_iter()
            .enumerate()
            .map(|(index, value): (usize, f64)| (index + 1) as f64 * value)
            .sum()
    }
    let params = [
        Type::F64,
        Type::I8,
        Type::F32,
        Type::U16,
        Type::F64,
        Type::I64,
        Type::F32,
        Type::U8,
        Type::F64,
        Type::I32,
        Type::F64,
        Type::U64,
        Type::F64,
        Type::I16,
        Type::F64,
        Type::U32,
        Type::F64,
        Type::F64,
    ];
    Callee::new("mixed", call as *const (), params, Type::F64)
}

/// Does nothing.
pub(super) fn nothing() -> Callee {
    extern "C" fn call() {}
    Callee::new("nothing", call as *const (), [], None)
}

static THING: u8 = 0;

/// Returns an address, or null.
pub(super) fn pointer() -> Callee {
    extern "C" fn call(is_null: bool) -> *const c_void {
        if is_null { ptr::null() } else { (&raw const THING).cast() }
    }
    Callee::new("pointer", call as *const (), [Type::BOOL], Type::POINTER)
}

/// Tells an address: null, that of [`pointer`], or another one.
pub(super) fn which(name: &'static str, ty: Type) -> Callee {
    extern "C" fn call(address: *const c_void) -> i32 {
        match address {
            _ if address.is_null() => 0,
            _ if address == (&raw const THING).cast() => 1,
            _ => 2,
        }
    }
    Callee::new(name, call as *const (), [ty], Type::I32)
}

/// Makes a callback return its argument, an address, and tells which address that is.
pub(super) fn pointer_through() -> Callee {
    type PointerCallback = extern "C" fn(*const c_void) -> *const c_void;
    extern "C" fn call(callback: Option<PointerCallback>, is_null: bool) -> i32 {
        let address = if is_null { ptr::null() } else { (&raw const THING).cast() };
        let back = callback.map_or(ptr::null(), |callback| callback(address));
        if back != address { 2 } else { i32::from(!is_null) }
    }
    Callee::new("pointer_through", call as *const (), [Type::FUNCTION, Type::BOOL], Type::I32)
}

/// Adds bytes.
pub(super) fn sum_bytes() -> Callee {
    unsafe extern "C" fn call(bytes: *const u8, len: usize) -> u32 {
        if bytes.is_null() {
            return 0;
        }
        // SAFETY: the kit passes a length that the bytes have.
        unsafe { slice::from_raw_parts(bytes, len) }.iter().map(|&byte| u32::from(byte)).sum()
    }
    Callee::new("sum_bytes", call as *const (), [Type::BUFFER, Type::USIZE], Type::U32)
}

/// Returns the first byte, or 0 if a broken engine passed null.
///
/// # Safety
///
/// `bytes` is null or the address of a byte.
unsafe fn first(bytes: *const u8) -> u8 {
    // SAFETY: the caller promises that the pointer is null or the address of a byte.
    if bytes.is_null() { 0 } else { unsafe { *bytes } }
}

/// Writes one byte value to `len` bytes.
pub(super) fn fill() -> Callee {
    unsafe extern "C" fn call(bytes: *mut u8, len: usize, byte: u8) {
        if !bytes.is_null() {
            // SAFETY: the kit passes a length that the bytes have.
            unsafe { bytes.write_bytes(byte, len) };
        }
    }
    Callee::new("fill", call as *const (), [Type::BUFFER, Type::USIZE, Type::U8], None)
}

/// Subtracts the first bytes of two buffers, which have numbers beside them.
pub(super) fn two_buffers() -> Callee {
    unsafe extern "C" fn call(a: *const u8, factor: i32, b: *const u8, of: f64) -> f64 {
        // SAFETY: the kit passes buffers that are not empty.
        let [a, b] = [a, b].map(|bytes| f64::from(unsafe { first(bytes) }));
        f64::from(factor) * of * (a - b)
    }
    Callee::new("two_buffers", call as *const (), [Type::BUFFER, Type::I32, Type::BUFFER, Type::F64], Type::F64)
}

/// Returns the length of text.
pub(super) fn length() -> Callee {
    unsafe extern "C" fn call(text: *const c_char) -> usize {
        // SAFETY: the kit passes text that ends with a zero.
        if text.is_null() { 0 } else { unsafe { CStr::from_ptr(text) }.count_bytes() }
    }
    Callee::new("length", call as *const (), [Type::TEXT], Type::USIZE)
}

thread_local! {
    static MARKS: Cell<u32> = const { Cell::new(0) };
    static SEEN: Cell<i32> = const { Cell::new(0) };
    static LIBRARY: RefCell<Option<Library>> = const { RefCell::new(None) };
}

/// Counts its calls.
pub(super) fn mark() -> Callee {
    extern "C" fn call() {
        MARKS.set(MARKS.get() + 1);
    }
    Callee::new("mark", call as *const (), [], None)
}

/// Returns the number of calls of [`mark`] since the last call of this function.
pub(super) fn marks() -> Callee {
    extern "C" fn call() -> u32 {
        MARKS.take()
    }
    Callee::new("marks", call as *const (), [], Type::U32)
}

/// Calls two callbacks in turn, each `count` times. Returns the sum of their results, with those of the second times a
/// thousand.
pub(super) fn both() -> Callee {
    type IntCallback = extern "C" fn(i32) -> i32;
    extern "C" fn call(first: Option<IntCallback>, second: Option<IntCallback>, times: i32) -> i32 {
        let sum = (1..=times).fold(0_i32, |sum, index| {
            let [first, second] = [first, second].map(|callback| callback.map_or(0, |callback| callback(index)));
            sum.wrapping_add(first).wrapping_add(second.wrapping_mul(1000))
        });
        SEEN.set(sum);
        sum
    }
    Callee::new("both", call as *const (), [Type::FUNCTION, Type::FUNCTION, Type::I32], Type::I32)
}

/// Returns the last sum that [`both`] computed, even if its call has thrown.
pub(super) fn seen() -> Callee {
    extern "C" fn call() -> i32 {
        SEEN.get()
    }
    Callee::new("seen", call as *const (), [], Type::I32)
}

/// Calls a callback while it holds a buffer, and returns the buffer's first byte.
pub(super) fn holding() -> Callee {
    unsafe extern "C" fn call(bytes: *const u8, callback: Option<extern "C" fn()>) -> u8 {
        if let Some(callback) = callback {
            callback();
        }
        // SAFETY: the kit passes a buffer that is not empty.
        unsafe { first(bytes) }
    }
    Callee::new("holding", call as *const (), [Type::BUFFER, Type::FUNCTION], Type::U8)
}

/// Keeps a library for [`close`].
pub(super) fn keep(library: Library) {
    LIBRARY.set(Some(library));
}

/// Closes the library that was kept for it.
pub(super) fn close() -> Callee {
    extern "C" fn call() {
        if let Some(library) = LIBRARY.take() {
            library.close();
        }
    }
    Callee::new("close", call as *const (), [], None)
}
