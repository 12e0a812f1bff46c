//! Memory of C: natives that read, write, copy and allocate.

use std::ffi::{CStr, c_void};
use std::slice;

use hotcall::{Extent, Scalar, Slot, Type};

use crate::api::env::Value;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::engine::{SITE, value, words};
use crate::environment::Environment;

/// Returns the scalar that an argument names, with its size.
fn scalar(args: &Arguments<'_>, index: usize) -> Result<(Type, usize), Thrown> {
    let name = args.string(index)?;
    let scalar = Scalar::named(&name).ok_or_else(|| args.wrong(index, "the name of a number, a bool or a pointer"))?;
    let ty = Type::from(scalar);
    let size = Extent::of(&ty).map_err(Thrown::type_error)?.size as usize;
    Ok((ty, size))
}

/// `read(pointer, offset, kind)`
pub(crate) fn read(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (from, (ty, size)) = (args.place(0)?, scalar(args, 2)?);
    let mut bits = [0; 8];
    // SAFETY: script's author promises that a value of the type is there. It has at most 8 bytes.
    unsafe { from.copy_to_nonoverlapping(bits.as_mut_ptr(), size) };
    let bits = u64::from_le_bytes(bits);
    let slot = ty.as_scalar().map_or(Slot::from_bits(bits), |scalar| Slot::from_bits(bits).canonical(scalar));
    // SAFETY: the slot is that of a scalar.
    unsafe { environment.realm.to_value(SITE, &ty, slot) }.map(value)
}

/// `write(pointer, offset, kind, value)`
pub(crate) fn write(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (to, (ty, size)) = (args.place(0)?, scalar(args, 2)?);
    // SAFETY: the value is an argument.
    let slot = unsafe { environment.realm.to_slot(SITE, &ty, words(args.get(3))) };
    let slot = slot.map_err(|problem| Thrown::TypeError(format!("write: argument 4 ({ty}): {problem}")))?;
    let bits = slot.to_bits().to_le_bytes();
    // SAFETY: script's author promises that a value of the type may be written there. It has at most 8 bytes.
    unsafe { bits.as_ptr().copy_to_nonoverlapping(to, size) };
    environment.env.undefined()
}

/// `string(pointer, offset, max, encoding)`
pub(crate) fn string(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (env, from, max) = (environment.env, args.place(0)?, args.integer(2)?);
    let max = usize::try_from(max).ok();
    match &*args.string(3)? {
        "utf8" => env.string(&String::from_utf8_lossy(bytes_to_zero(from, max))),
        "latin1" => env.latin1(bytes_to_zero(from, max)),
        "utf16" => env.utf16(&units_to_zero::<u16>(from, max)),
        "utf32" => {
            let units = units_to_zero::<u32>(from, max);
            let text: String =
                units.iter().map(|&unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            env.string(&text)
        }
        _ => Err(args.wrong(3, "\"utf8\", \"latin1\", \"utf16\" or \"utf32\"")),
    }
}

/// `text(pointer)`: the UTF-8 up to the zero, as a string; null for null. Further arguments live until it is read.
pub(crate) fn text(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (env, from) = (environment.env, args.pointer(0)?.cast_const().cast::<u8>());
    if from.is_null() {
        return env.null();
    }
    let bytes = bytes_to_zero(from, None);
    // Node-API makes strings of ASCII faster.
    if bytes.is_ascii() { env.latin1(bytes) } else { env.string(&String::from_utf8_lossy(bytes)) }
}

/// Returns the bytes in front of the first zero, at most `max`.
fn bytes_to_zero<'a>(from: *const u8, max: Option<usize>) -> &'a [u8] {
    // SAFETY: script's author promises that a zero, or at least `max` bytes are there, and that they stay while they are read.
    unsafe {
        match max {
            None => CStr::from_ptr(from.cast()).to_bytes(),
            Some(max) => {
                let len = (0..max).find(|&index| *from.add(index) == 0).unwrap_or(max);
                slice::from_raw_parts(from, len)
            }
        }
    }
}

/// Returns the units in front of the first one that is zero, at most `max`.
fn units_to_zero<T: Copy + PartialEq + Default>(from: *const u8, max: Option<usize>) -> Vec<T> {
    // SAFETY: script's author promises that a zero, or at least `max` units are there.
    let unit = |index| unsafe { from.cast::<T>().add(index).read_unaligned() };
    (0..max.unwrap_or(usize::MAX)).map(unit).take_while(|&unit| unit != T::default()).collect()
}

/// `arrayBuffer(pointer, length, owner | undefined)`: the owner lives as long as the buffer's memory is in use.
pub(crate) fn array_buffer(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (address, len) = (args.pointer(0)?, args.size(1)?);
    if address.is_null() {
        return Err(args.wrong(0, "a pointer that is not null"));
    }
    let env = environment.env;
    let owner = if args.is_given(2) { Some(env.keep(&[args.get(2)])?) } else { None };
    // SAFETY: script's author promises that the bytes are there as long as the owner lives.
    unsafe { env.external_buffer(address, len, owner) }
}

/// `copy(pointer, offset, into)`
pub(crate) fn copy(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (from, into) = (args.place(0)?, args.bytes(2)?);
    // SAFETY: script's author promises that as many bytes are there as the buffer has. They may overlap.
    unsafe { from.copy_to(into.address, into.len) };
    environment.env.undefined()
}

/// `store(pointer, offset, bytes)`
pub(crate) fn store(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let (to, bytes) = (args.place(0)?, args.bytes(2)?);
    // SAFETY: script's author promises that as many bytes may be written there as the buffer has. They may overlap.
    unsafe { to.copy_from(bytes.address, bytes.len) };
    environment.env.undefined()
}

// C's own, so that C may free what script has allocated, and the other way round (C11 7.22.3).
unsafe extern "C" {
    fn calloc(count: usize, size: usize) -> *mut c_void;
    #[link_name = "free"]
    fn c_free(memory: *mut c_void);
}

/// `alloc(bytes)`: zeroed memory of C's `calloc`.
pub(crate) fn alloc(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let size = args.size(0)?;
    // SAFETY: `calloc` takes every size. Some systems return null for 0 bytes, which would look like a failure.
    let memory = unsafe { calloc(1, size.max(1)) };
    if memory.is_null() {
        return Err(Thrown::RangeError(format!("alloc: the system has no {size} bytes left")));
    }
    environment.pointer(memory)
}

/// `free(pointer)`: C's `free`.
pub(crate) fn free(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    // SAFETY: script's author promises that `alloc` or C has allocated the memory, and that it comes back once.
    unsafe { c_free(args.pointer(0)?) };
    environment.env.undefined()
}
