//! The types of a callback's arguments and result, which all callbacks of one signature share.

use std::collections::HashMap;

use hotcall_jit::lock::Lock;
use hotcall_jit::{Form, Pointee, Scalar, Signature, ThunkCode, Type};

use crate::slots::value_type::ValueType;

/// The code for callbacks with the types that a call compares values with.
///
/// Signatures of one shape share the code, which does not distinguish their types. A callback refers to both by one
/// pointer, so that making it does not count references. They are never freed, like the code. Each list of types exists
/// once.
pub(super) struct CallbackTypes {
    code: &'static ThunkCode,
    /// The types of the parameters, followed by the result's.
    all: Box<[ValueType]>,
}

/// Lists by the address of the code and the types.
type TypesByCode = HashMap<(usize, &'static [ValueType]), &'static CallbackTypes>;

static SHARED: Lock<Option<TypesByCode>> = Lock::new(None);

impl CallbackTypes {
    /// The types of a signature whose code is `code`.
    pub(super) fn of(code: &'static ThunkCode, signature: &Signature) -> &'static Self {
        // Values have one type for all pointers. So signatures that differ in pointers alone share a list.
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
