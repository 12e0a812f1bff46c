//! One C value with its type: an argument or result of a checked call.

use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::ptr;

use hotcall_jit::{Pointee, Scalar};

use super::error::ConvertError;
use super::slot::Slot;
use super::value_type::ValueType;

/// A C value with its type.
///
/// A value is made by `From` from Rust's types, and turned back into them by `TryFrom`:
///
/// | C | Rust |
/// |---|---|
/// | integers, `bool`, `float`, `double` | `i8` to `u64`, `isize`, `usize`, `bool`, `f32`, `f64` |
/// | pointers | `*const T`, `*mut T` |
/// | pointers, only from Rust | `&CStr`, `&Callback`, `&LocalCallback`, `&RawCallback` |
/// | structs, unions, arrays in memory | their bytes: `&[u8]`, `&[u8; N]`, `Vec<u8>`; back also `Cow<[u8]>` and `[u8; N]` |
/// | `void` | `()` |
///
/// A value must have the declared type: an `i32` is not accepted for a `double`, nor for an `int64_t`. Two differences
/// do not count, because they make no difference to a call in C:
///
/// * `intptr_t` and `int64_t` are one type, and so are `uintptr_t` and `uint64_t`: all supported targets have 64 bits.
/// * All pointers are one type.
///
/// ```
/// use hotcall::Value;
///
/// assert_eq!(Value::from(2.0), Value::F64(2.0));
/// assert_eq!(i32::try_from(Value::I32(7))?, 7);
/// let error = f64::try_from(Value::I32(7)).unwrap_err();
/// assert_eq!(error.to_string(), "cannot convert a value to f64: it is an i32");
/// # Ok::<_, hotcall::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `int8_t`
    I8(i8),
    /// `uint8_t`
    U8(u8),
    /// `int16_t`
    I16(i16),
    /// `uint16_t`
    U16(u16),
    /// `int32_t`
    I32(i32),
    /// `uint32_t`
    U32(u32),
    /// `int64_t`
    I64(i64),
    /// `uint64_t`
    U64(u64),
    /// `intptr_t`, `ssize_t`
    Isize(isize),
    /// `uintptr_t`, `size_t`
    Usize(usize),
    /// `bool`
    Bool(bool),
    /// `float`
    F32(f32),
    /// `double`
    F64(f64),
    /// Any pointer, null included.
    Pointer(*mut c_void),
    /// The bytes of a struct or union. For variables and members also the bytes of an array. They need no alignment.
    Bytes(Cow<'a, [u8]>),
    /// The result of a `void` function.
    Void,
}

// SAFETY: a pointer among values is only data, like an address in a `Slot`: no safe code follows it. The contract of
// the unsafe call that follows it, or passes it to C, covers the thread.
unsafe impl Send for Value<'_> {}
// SAFETY: no safe code follows a pointer among values, so sharing one is sharing a number.
unsafe impl Sync for Value<'_> {}

impl Value<'_> {
    /// The null pointer.
    pub const NULL: Self = Self::Pointer(ptr::null_mut());

    /// The value of a scalar with this slot. Scalars that do not have a variant become their bytes.
    ///
    /// ```
    /// use hotcall::{Scalar, Slot, Value};
    ///
    /// assert_eq!(Value::from_slot(Slot::from(-1), Scalar::I32), Value::I32(-1));
    /// ```
    pub fn from_slot(slot: Slot, scalar: Scalar) -> Self {
        match scalar {
            Scalar::I8 => Self::I8(slot.as_i8()),
            Scalar::U8 => Self::U8(slot.as_u8()),
            Scalar::I16 => Self::I16(slot.as_i16()),
            Scalar::U16 => Self::U16(slot.as_u16()),
            Scalar::I32 => Self::I32(slot.as_i32()),
            Scalar::U32 => Self::U32(slot.as_u32()),
            Scalar::I64 => Self::I64(slot.as_i64()),
            Scalar::U64 => Self::U64(slot.as_u64()),
            Scalar::Isize => Self::Isize(slot.as_isize()),
            Scalar::Usize => Self::Usize(slot.as_usize()),
            Scalar::Bool => Self::Bool(slot.as_bool()),
            Scalar::F32 => Self::F32(slot.as_f32()),
            Scalar::F64 => Self::F64(slot.as_f64()),
            Scalar::Pointer(_) => Self::Pointer(slot.as_mut_ptr()),
            _ => Self::Bytes(Cow::Owned(slot.to_bits().to_le_bytes()[..(scalar.size() as usize).min(8)].into())),
        }
    }

    /// The value's type.
    #[inline]
    pub fn ty(&self) -> ValueType {
        self.slot_and_type().1
    }

    /// The value's slot, as `From` makes it, and its type.
    #[inline]
    pub(crate) fn slot_and_type(&self) -> (Slot, ValueType) {
        let (slot, scalar) = match *self {
            Self::I8(value) => (value.into(), Scalar::I8),
            Self::U8(value) => (value.into(), Scalar::U8),
            Self::I16(value) => (value.into(), Scalar::I16),
            Self::U16(value) => (value.into(), Scalar::U16),
            Self::I32(value) => (value.into(), Scalar::I32),
            Self::U32(value) => (value.into(), Scalar::U32),
            Self::I64(value) => (value.into(), Scalar::I64),
            Self::U64(value) => (value.into(), Scalar::U64),
            Self::Isize(value) => (value.into(), Scalar::Isize),
            Self::Usize(value) => (value.into(), Scalar::Usize),
            Self::Bool(value) => (value.into(), Scalar::Bool),
            Self::F32(value) => (value.into(), Scalar::F32),
            Self::F64(value) => (value.into(), Scalar::F64),
            Self::Pointer(value) => (value.into(), Scalar::Pointer(Pointee::Opaque)),
            Self::Bytes(ref bytes) => return (bytes.as_ptr().into(), ValueType::Bytes(bytes.len())),
            Self::Void => return (Slot::default(), ValueType::Void),
        };
        (slot, ValueType::Scalar(scalar))
    }

    /// The bytes of a struct, union or array.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The slot of a scalar of this type, if the value is one.
    #[inline]
    pub(crate) fn slot_of(&self, scalar: Scalar) -> Option<Slot> {
        let (slot, own) = self.slot_and_type();
        own.fits(ValueType::Scalar(scalar)).then_some(slot)
    }
}

/// The canonical slot of a scalar. For a struct or union, the address of its bytes, which must live as long as the slot
/// is used. Empty for [`Value::Void`].
impl From<&Value<'_>> for Slot {
    #[inline]
    fn from(value: &Value<'_>) -> Self {
        value.slot_and_type().0
    }
}

/// Implements both directions for a Rust type that is a C type. Variants that C does not distinguish from it convert
/// back, too.
macro_rules! scalars {
    ($($ty:ident: $variant:ident $(| $twin:ident)?),*) => {$(
        impl From<$ty> for Value<'_> {
            #[inline]
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        }

        impl TryFrom<Value<'_>> for $ty {
            type Error = ConvertError;

            fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
                if let Value::$variant(value) = value {
                    return Ok(value);
                }
                $(if let Value::$twin(value) = value {
                    return Ok(value as $ty);
                })?
                Err(not_a::<Self>(&value))
            }
        }
    )*};
}

scalars!(
    i8: I8, u8: U8, i16: I16, u16: U16, i32: I32, u32: U32, i64: I64 | Isize, u64: U64 | Usize, isize: Isize | I64,
    usize: Usize | U64, bool: Bool, f32: F32, f64: F64
);

/// The error for a value that is not a `T`.
#[cold]
fn not_a<T>(value: &Value<'_>) -> ConvertError {
    ConvertError { to: std::any::type_name::<T>(), given: value.ty() }
}

impl<T> From<*const T> for Value<'_> {
    #[inline]
    fn from(value: *const T) -> Self {
        Self::Pointer(value.cast_mut().cast())
    }
}

impl<T> From<*mut T> for Value<'_> {
    #[inline]
    fn from(value: *mut T) -> Self {
        Self::Pointer(value.cast())
    }
}

impl<T> TryFrom<Value<'_>> for *mut T {
    type Error = ConvertError;

    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        let Value::Pointer(value) = value else { return Err(not_a::<Self>(&value)) };
        Ok(value.cast())
    }
}

impl<T> TryFrom<Value<'_>> for *const T {
    type Error = ConvertError;

    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        let Value::Pointer(value) = value else { return Err(not_a::<Self>(&value)) };
        Ok(value.cast_const().cast())
    }
}

/// A pointer to the text.
impl<'a> From<&'a CStr> for Value<'a> {
    fn from(text: &'a CStr) -> Self {
        text.as_ptr().into()
    }
}

/// A struct's or union's bytes.
impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// A struct's or union's bytes.
impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

/// A struct's or union's bytes.
impl From<Vec<u8>> for Value<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl<'a> TryFrom<Value<'a>> for Cow<'a, [u8]> {
    type Error = ConvertError;

    fn try_from(value: Value<'a>) -> Result<Self, ConvertError> {
        let Value::Bytes(bytes) = value else { return Err(not_a::<Self>(&value)) };
        Ok(bytes)
    }
}

impl TryFrom<Value<'_>> for Vec<u8> {
    type Error = ConvertError;

    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        let Value::Bytes(bytes) = value else { return Err(not_a::<Self>(&value)) };
        Ok(bytes.into_owned())
    }
}

/// Exactly `N` bytes.
impl<const N: usize> TryFrom<Value<'_>> for [u8; N] {
    type Error = ConvertError;

    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        value.as_bytes().and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| not_a::<Self>(&value))
    }
}

/// [`Value::Void`].
impl From<()> for Value<'_> {
    fn from((): ()) -> Self {
        Self::Void
    }
}

impl TryFrom<Value<'_>> for () {
    type Error = ConvertError;

    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        let Value::Void = value else { return Err(not_a::<Self>(&value)) };
        Ok(())
    }
}
