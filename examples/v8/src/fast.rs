//! What optimised code calls instead of the ordinary callback: V8's fast API calls.

use hotcall::{Function, Library, Pointee, Scalar};

use crate::direct::Direct;
use crate::engine::Thrown;
use crate::ffi;
use crate::isolate::Isolate;

/// A function's fast call, or why it has none.
pub(crate) enum Fast {
    /// There is none.
    None(String),
    /// A function of the library's that is written for V8.
    Direct(Direct),
}

impl Fast {
    /// The fast call of a function with a mark: empty if it calls script back, or the name of a function written for V8.
    pub(crate) fn new(
        _isolate: &Isolate,
        library: &Library,
        function: &Function,
        mark: Option<&str>,
    ) -> Result<Self, Thrown> {
        if let Some(symbol) = mark.filter(|mark| !mark.is_empty()) {
            return Ok(Self::Direct(Direct::new(library.symbol(symbol)?, function.signature())));
        }
        let callback = Some(Scalar::Pointer(Pointee::Function));
        if mark.is_some() || function.signature().params().iter().any(|ty| ty.as_scalar() == callback) {
            return Ok(Self::None("it calls script back, which cannot run during fast calls".into()));
        }
        Ok(Self::None("not yet".into()))
    }

    /// For the shim.
    pub(crate) fn fast_call(&self) -> Option<ffi::FastCall> {
        match self {
            Self::None(_) => None,
            Self::Direct(direct) => Some(direct.fast_call()),
        }
    }

    /// Why there is none.
    pub(crate) fn why_none(&self) -> Option<&str> {
        match self {
            Self::None(reason) => Some(reason),
            Self::Direct(_) => None,
        }
    }
}
