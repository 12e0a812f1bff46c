//! The work of a reader: the key of its code, and its signature.

use cranelift_codegen::ir::{self, AbiParam, types};

use crate::c::scalar::Scalar;
use crate::codegen::words::call_conv;
use crate::convention::abi::Abi;
use crate::engine::object::Want;

/// The work of a reader on a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Read {
    /// Finds the bytes of an object, or the address that a pointer holds.
    Object(Want),
    /// Converts a number to a canonical slot.
    Number(Scalar),
}

impl Read {
    /// Returns the work that one reader does for this one too: the size is a parameter.
    pub(crate) const fn without_size(self) -> Self {
        match self {
            Self::Object(want) => Self::Object(want.without_size()),
            Self::Number(_) => self,
        }
    }

    /// Returns the smallest number of bytes, if there is one.
    pub(crate) const fn size(self) -> Option<u32> {
        match self {
            Self::Object(want) if want.has_size() => Some(want.size()),
            Self::Object(_) | Self::Number(_) => None,
        }
    }

    /// Returns true if the object goes to the list of pinned objects.
    pub(crate) const fn pins(self) -> bool {
        matches!(self, Self::Object(want) if want.pins())
    }

    /// Returns the signature of the reader. The parameters, of which some are missing:
    ///
    /// * the address of the value, or 0 if the value before could not be read,
    /// * the smallest number of bytes, if there is one,
    /// * the distance of the entry to compare first from the end of the list of pinned objects, and the function's record,
    ///   if the object is pinned.
    ///
    /// The results are the address of the bytes or the slot, and the address of the next value. The latter is 0 if a value
    /// could not be read. So one check after the last reader suffices.
    pub(crate) fn signature(self, abi: Abi) -> ir::Signature {
        let mut signature = ir::Signature::new(call_conv(abi));
        let params = 1 + usize::from(self.size().is_some()) + 2 * usize::from(self.pins());
        signature.params.resize(params, AbiParam::new(types::I64));
        signature.returns.resize(2, AbiParam::new(types::I64));
        signature
    }
}
