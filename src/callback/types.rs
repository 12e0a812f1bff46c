//! The types of a callback's arguments and result, which all callbacks of one signature share.

use std::collections::HashMap;

use hotcall_jit::lock::Lock;
use hotcall_jit::{Form, Pointee, Scalar, Signature, ThunkCode, Type};

use crate::slots::value_type::ValueType;

/// The code for callbacks with the types that a call compares values with.
///
/// Signatures of one shape share the code, which does not tell their types apart. A callback refers to both by one pointer,
/// so that making it counts no references. They are never freed, like the code; there is one for each list of types.
pub(super) struct CallbackTypes {
    code: &'static ThunkCode,
    /// Those of the parameters, and behind them the result's.
    all: Box<[ValueType]>,
}

/// By the address of the code and the types.
type TypesByCode = HashMap<(usize, &'static [ValueType]), &'static CallbackTypes>;

static SHARED: Lock<Option<TypesByCode>> = Lock::new(None);

impl CallbackTypes {
    /// The types of a signature, for which this is the code.
    pub(super) fn of(code: &'static ThunkCode, signature: &Signature) -> &'static Self {
        // All pointers are one type to a value, so that signatures which differ in them share a list.
        let scalar = |ty: &Type| {
            let scalar = ty.as_scalar()?;
            let is_pointer = matches!(scalar, Scalar::Pointer(_));
            Some(ValueType::Scalar(if is_pointer { Scalar::Pointer(Pointee::Opaque) } else { scalar }))
        };
        let params = signature.params().iter().zip(code.aggregates()).map(|(ty, size)| match size {
            Some(size) => ValueType::Bytes(*size as usize),
            None => scalar(ty).unwrap_or(ValueType::Bytes(0)),
        });
        let result = match Form::of(signature.result()) {
            Form::Void => ValueType::Void,
            Form::Scalar(_) => signature.result().and_then(scalar).unwrap_or(ValueType::Void),
            Form::Bytes(size) => ValueType::Bytes(size as usize),
        };
        let all: Box<[_]> = params.chain([result]).collect();
        let address = std::ptr::from_ref(code).addr();
        let mut shared = SHARED.hold();
        let shared = shared.get_or_insert_default();
        if let Some(types) = shared.get(&(address, &*all)) {
            return types;
        }
        let types: &'static Self = Box::leak(Box::new(Self { code, all }));
        shared.insert((address, &types.all), types);
        types
    }

    pub(super) const fn code(&self) -> &'static ThunkCode {
        self.code
    }

    /// The parameters' types.
    pub(super) fn params(&self) -> &[ValueType] {
        self.all.split_last().map_or(&[], |(_, params)| params)
    }

    /// The result's type.
    pub(super) fn result(&self) -> ValueType {
        self.all.last().copied().unwrap_or(ValueType::Void)
    }
}
