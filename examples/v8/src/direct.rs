//! C functions that are written for V8's fast calls, without hotcall. hotcall's trampolines are measured against them.
//!
//! If V8 refuses an argument, their ordinary callback may throw an exception that passes by the `catch` of optimised
//! code: see `native.rs`. They must not call script back. If one does, C gets zeros, and a function that is called
//! later throws.

use std::ffi::c_void;

use hotcall::engine::v8::V8CType;
use hotcall::{Layout, Pointee, Scalar, Signature, Type};

use crate::ffi::FastCall;

/// `CTypeInfo::Type`
mod code {
    pub(super) const VOID: u8 = 0;
    pub(super) const BOOL: u8 = 1;
    pub(super) const INT32: u8 = 2;
    pub(super) const UINT32: u8 = 3;
    pub(super) const INT64: u8 = 4;
    pub(super) const UINT64: u8 = 5;
    pub(super) const FLOAT32: u8 = 6;
    pub(super) const FLOAT64: u8 = 7;
    pub(super) const V8_VALUE: u8 = 8;
    pub(super) const OPTIONS: u8 = 255;
}

/// `CTypeInfo::SequenceType::kIsTypedArray`
const TYPED_ARRAY: u8 = 2;

/// The types of a function as V8 has them: the receiver, the arguments of a signature, and for a struct result an
/// array. Structs with fields of one type are arrays of that type, and buffers are arrays of int32. All others are
/// handles.
pub(crate) struct Direct {
    address: *const c_void,
    params: Vec<V8CType>,
    result: V8CType,
}

impl Direct {
    /// With `options`, V8 passes them after the arguments. Functions that do not use them can still be called.
    pub(crate) fn new(address: *const c_void, signature: &Signature, options: bool) -> Self {
        let memory = signature.result().filter(|ty| ty.as_scalar().is_none());
        let arguments = signature.params().iter().chain(memory).map(param);
        let options = options.then_some(plain(code::OPTIONS));
        let params = [plain(code::V8_VALUE)].into_iter().chain(arguments).chain(options).collect();
        let result = signature.result().and_then(Type::as_scalar).map_or(code::VOID, scalar_code);
        Self { address, params, result: plain(result) }
    }

    /// The description for the shim.
    pub(crate) const fn fast_call(&self) -> FastCall {
        let Self { address, ref params, result } = *self;
        FastCall { address, params: params.as_ptr(), count: params.len(), result }
    }
}

fn param(ty: &Type) -> V8CType {
    let array = |scalar| V8CType { ty: scalar_code(scalar), sequence: TYPED_ARRAY, flags: 0 };
    match ty.as_scalar() {
        Some(Scalar::Pointer(Pointee::Buffer)) => array(Scalar::I32),
        Some(scalar) => plain(scalar_code(scalar)),
        None => {
            let leaves = Layout::of(ty).map(|layout| layout.leaves).unwrap_or_default();
            let mut scalars = leaves.iter().map(|leaf| leaf.scalar);
            let first = scalars.next().filter(|&first| scalars.all(|scalar| scalar == first));
            first.map_or(plain(code::V8_VALUE), array)
        }
    }
}

const fn plain(ty: u8) -> V8CType {
    V8CType { ty, sequence: 0, flags: 0 }
}

/// V8 does not have narrower integers.
const fn scalar_code(scalar: Scalar) -> u8 {
    match scalar {
        Scalar::Bool => code::BOOL,
        Scalar::I8 | Scalar::I16 | Scalar::I32 => code::INT32,
        Scalar::U8 | Scalar::U16 | Scalar::U32 => code::UINT32,
        Scalar::I64 | Scalar::Isize => code::INT64,
        Scalar::U64 | Scalar::Usize => code::UINT64,
        Scalar::F32 => code::FLOAT32,
        Scalar::F64 => code::FLOAT64,
        Scalar::Pointer(_) => code::V8_VALUE,
        // The model says that V8 passes an object.
        _ => code::V8_VALUE,
    }
}
