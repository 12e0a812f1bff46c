//! The engine's functions that make values of C's results.

use std::ffi::c_void;

use crate::c::definitions::Signature;
#[cfg(feature = "cranelift")]
use crate::c::form::Form;
#[cfg(feature = "cranelift")]
use crate::c::scalar::Scalar;
use crate::engine::test::Test;

/// The functions of an engine that make values of results without a class. Native functions call them.
///
/// Where one is missing, [`EngineHelpers::result`](crate::engine::values::EngineHelpers::result) makes the value.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub struct MakeFunctions {
    /// Makes numbers of a `double`: `float` and `double` if the model does not have the class of doubles, and integers of
    /// up to 32 bits that have no class.
    pub number: Option<MakeFunction>,
    /// Makes values of 64-bit integers with a sign that do not fit into the class of wide integers.
    pub signed: Option<MakeFunction>,
    /// Makes values of 64-bit integers without a sign that do not fit into the class of wide integers.
    pub unsigned: Option<MakeFunction>,
    /// Makes values of addresses that are not null.
    pub pointer: Option<MakeFunction>,
    /// Makes values of structs and unions.
    pub bytes: Option<MakeFunction>,
}

/// An engine's function that makes a value. It copies bytes that it gets.
///
/// The function belongs to a [`ValueModel`](crate::engine::values::ValueModel), and returns a value of that model's form. If
/// helpers get the addresses of values, it returns the address of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct MakeFunction {
    /// The function's address.
    pub address: usize,
    /// The function's type in C's terms. A value that is passed as a struct must be a struct here.
    pub native: Signature,
    /// The role of each parameter, in order.
    pub roles: Box<[MakeRole]>,
    /// The test of the value, or of its address, that is returned if the function has thrown. It holds for no other result.
    pub thrown: Test,
}

/// The role of a parameter of a [`MakeFunction`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum MakeRole {
    /// The pointer that the engine's own functions want as their first argument: the native function's
    /// [`Context`](crate::engine::values::Role::Context).
    Context,
    /// The result of C: a `double`, an integer of 64 bits, an address, or the address of bytes.
    Value,
    /// The number of bytes, an integer of at least 32 bits.
    Length,
    /// An integer or a pointer that is 0.
    Zero,
}

impl MakeFunction {
    /// Makes the description of the function at an address.
    ///
    /// # Safety
    ///
    /// The function has this type. It may be called with a context of the engine and any result of the type that it makes
    /// values of, as long as a native function of the model may be. Bytes can be read.
    pub unsafe fn new(
        address: *const c_void,
        native: Signature,
        roles: impl IntoIterator<Item = MakeRole>,
        thrown: Test,
    ) -> Self {
        Self { address: address.expose_provenance(), native, roles: roles.into_iter().collect(), thrown }
    }
}

impl MakeRole {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Value => "value",
            Self::Length => "length",
            Self::Zero => "zero",
        }
    }
}

impl MakeFunctions {
    /// Returns the function for results of this form.
    #[cfg(feature = "cranelift")]
    pub(crate) const fn of(&self, form: Form) -> Option<&MakeFunction> {
        match form {
            Form::Void | Form::Scalar(Scalar::Bool) => None,
            Form::Bytes(_) => self.bytes.as_ref(),
            Form::Scalar(Scalar::Pointer(_)) => self.pointer.as_ref(),
            Form::Scalar(Scalar::I64 | Scalar::Isize) => self.signed.as_ref(),
            Form::Scalar(Scalar::U64 | Scalar::Usize) => self.unsigned.as_ref(),
            Form::Scalar(
                Scalar::F32
                | Scalar::F64
                | Scalar::I8
                | Scalar::U8
                | Scalar::I16
                | Scalar::U16
                | Scalar::I32
                | Scalar::U32,
            ) => self.number.as_ref(),
        }
    }
}
