//! The compiled code of a function, or, without the feature `jit`, the fact that there is none.

use std::ffi::c_void;

use hotcall_jit::Signature;

use crate::error::Error;

/// A compiled trampoline: calls `target` with the slots at `args` and writes the result to `result`; if it was compiled to
/// capture errno, it then writes errno to the last parameter, which it otherwise ignores.
pub type Entry =
    unsafe extern "C-unwind" fn(target: *const c_void, args: *const u64, result: *mut u64, errno: *mut i32);

#[cfg(feature = "jit")]
mod imp {
    use hotcall_jit::{Jit, JitError, Options, Signature, Trampoline};

    use super::{Entry, Error};

    /// Keeps the code of an [`Entry`] alive.
    pub(crate) struct Code(Trampoline);

    impl Code {
        pub(super) fn new(name: &str, signature: &Signature, capture_errno: bool) -> Result<Self, Error> {
            let fail = |source: JitError| Error::Compile { function: name.into(), source: Box::new(source) };
            let jit = Jit::shared().map_err(fail)?;
            jit.slots(signature, Options { capture_errno }).map(Self).map_err(fail)
        }

        pub(crate) fn entry(&self) -> Entry {
            self.0.entry()
        }
    }
}

#[cfg(not(feature = "jit"))]
mod imp {
    use hotcall_jit::{JitError, Signature};

    use super::{Entry, Error};

    /// Code that cannot be made.
    pub(crate) enum Code {}

    impl Code {
        pub(super) fn new(name: &str, _signature: &Signature, _capture_errno: bool) -> Result<Self, Error> {
            Err(Error::Compile { function: name.into(), source: Box::new(JitError::NoGenerator) })
        }

        pub(crate) fn entry(&self) -> Entry {
            match *self {}
        }
    }
}

pub(crate) use imp::Code;

impl Code {
    /// The code that calls any function with this signature; `name` is for messages.
    pub(crate) fn plain(name: &str, signature: &Signature) -> Result<Self, Error> {
        Self::new(name, signature, false)
    }

    /// The same code, which also reads errno straight after the call.
    pub(crate) fn capturing_errno(name: &str, signature: &Signature) -> Result<Self, Error> {
        Self::new(name, signature, true)
    }
}
