//! One value in an argument buffer.

use std::fmt;

use hotcall_jit::Scalar;

/// Eight bytes that hold one argument or result in canonical form.
///
/// | type | bits |
/// |---|---|
/// | signed integers | sign-extended to 64 bits |
/// | unsigned integers | zero-extended to 64 bits |
/// | `bool` | 0 or 1; only the low byte is read, where every value but 0 is true |
/// | `float` | in the low four bytes, the rest zero |
/// | `double`, pointers | as they are |
/// | structs and unions | the address of their bytes, which need no alignment |
///
/// The conversions from Rust's types make canonical slots of C's types of equal names. [`Slot::canonical`] makes one of
/// any bits.
///
/// ```
/// use hotcall::{Scalar, Slot};
///
/// assert_eq!(Slot::from(-1i8).to_bits(), u64::MAX);
/// assert_eq!(Slot::from_bits(0x1ff).canonical(Scalar::I8).as_i32(), -1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct Slot(u64);

impl Slot {
    /// The slot with these bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The slot in the canonical form of `scalar`: bits that the type does not have are dropped. A `bool` is its low
    /// byte, in which C stores and returns it. A byte other than 0 becomes 1.
    pub const fn canonical(self, scalar: Scalar) -> Self {
        Self(scalar.canonical(self.0))
    }

    /// The slot as `bool`: the low byte; any value but 0 is true.
    pub const fn as_bool(self) -> bool {
        self.0 as u8 != 0
    }

    /// The slot as `float`.
    pub const fn as_f32(self) -> f32 {
        f32::from_bits(self.0 as u32)
    }

    /// The slot as `double`.
    pub const fn as_f64(self) -> f64 {
        f64::from_bits(self.0)
    }

    /// The slot as a pointer.
    pub fn as_ptr<T>(self) -> *const T {
        std::ptr::with_exposed_provenance(self.0 as usize)
    }

    /// The slot as a pointer to writable memory.
    pub fn as_mut_ptr<T>(self) -> *mut T {
        std::ptr::with_exposed_provenance_mut(self.0 as usize)
    }
}

macro_rules! integers {
    ($($ty:ident $as:ident),*) => {$(
        impl From<$ty> for Slot {
            fn from(value: $ty) -> Self {
                Self(value as u64)
            }
        }

        impl Slot {
            #[doc = concat!("As `", stringify!($ty), "`: the low bits.")]
            pub const fn $as(self) -> $ty {
                self.0 as $ty
            }
        }
    )*};
}

integers!(
    i8 as_i8, u8 as_u8, i16 as_i16, u16 as_u16, i32 as_i32, u32 as_u32, i64 as_i64, u64 as_u64, isize as_isize,
    usize as_usize
);

impl From<bool> for Slot {
    fn from(value: bool) -> Self {
        Self(value.into())
    }
}

impl From<f32> for Slot {
    fn from(value: f32) -> Self {
        Self(value.to_bits().into())
    }
}

impl From<f64> for Slot {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

impl<T> From<*const T> for Slot {
    fn from(value: *const T) -> Self {
        Self(value.expose_provenance() as u64)
    }
}

impl<T> From<*mut T> for Slot {
    fn from(value: *mut T) -> Self {
        Self(value.expose_provenance() as u64)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({:#x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_canonical() {
        let slots = [
            (Slot::from(-2i8), Scalar::I8, 0xffff_ffff_ffff_fffe),
            (Slot::from(0xfeu8), Scalar::U8, 0xfe),
            (Slot::from(-2i16), Scalar::I16, 0xffff_ffff_ffff_fffe),
            (Slot::from(0xfffeu16), Scalar::U16, 0xfffe),
            (Slot::from(-2i32), Scalar::I32, 0xffff_ffff_ffff_fffe),
            (Slot::from(0xffff_fffeu32), Scalar::U32, 0xffff_fffe),
            (Slot::from(-2i64), Scalar::I64, 0xffff_ffff_ffff_fffe),
            (Slot::from(u64::MAX), Scalar::U64, u64::MAX),
            (Slot::from(true), Scalar::Bool, 1),
            (Slot::from(-1.0f32), Scalar::F32, 0xbf80_0000),
            (Slot::from(-1.0f64), Scalar::F64, 0xbff0_0000_0000_0000),
        ];
        for (slot, scalar, bits) in slots {
            assert_eq!(slot.to_bits(), bits, "{scalar}");
            assert_eq!(slot.canonical(scalar), slot, "{scalar}");
        }
    }

    #[test]
    fn the_low_byte_of_a_bool_decides() {
        for (bits, truth) in [(0, false), (0x100, false), (u64::MAX << 8, false), (1, true), (2, true), (0x5a80, true)]
        {
            let slot = Slot::from_bits(bits);
            assert_eq!(slot.as_bool(), truth, "{bits:#x}");
            assert_eq!(slot.canonical(Scalar::Bool), Slot::from(truth), "{bits:#x}");
        }
    }

    #[test]
    fn canonical_drops_what_does_not_fit() {
        let bits = Slot::from_bits(0x1122_3344_89ab_cdef);
        let expected = [
            (Scalar::I8, 0xffff_ffff_ffff_ffef),
            (Scalar::U8, 0xef),
            (Scalar::I16, 0xffff_ffff_ffff_cdef),
            (Scalar::U16, 0xcdef),
            (Scalar::I32, 0xffff_ffff_89ab_cdef),
            (Scalar::U32, 0x89ab_cdef),
            (Scalar::F32, 0x89ab_cdef),
            (Scalar::Bool, 1),
            (Scalar::I64, 0x1122_3344_89ab_cdef),
        ];
        for (scalar, canonical) in expected {
            assert_eq!(bits.canonical(scalar).to_bits(), canonical, "{scalar}");
        }
    }
}
