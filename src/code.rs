//! What calls a function.

use std::ffi::c_void;
use std::sync::OnceLock;

use hotcall_jit::{Jit, JitError, Natives, Options, Signature, Stats, Trampoline, fork};

use crate::error::Error;

/// A trampoline: calls `target` with the slots at `args` and writes the result to `result`; if it was made to capture errno,
/// it then writes errno to the last parameter, which it otherwise ignores.
pub type Entry =
    unsafe extern "C-unwind" fn(target: *const c_void, args: *const u64, result: *mut u64, errno: *mut i32);

/// What compiled code and what callbacks there are in this process. What calls functions for [engines](crate::engine)
/// counts as trampolines, too.
///
/// ```
/// # fn main() -> Result<(), hotcall::Error> {
/// let callback = hotcall::Callback::sync(
///     &hotcall::Thunk::new(&hotcall::Signature::new([], None)?)?,
///     hotcall::OnPanic::Catch,
///     |_| {},
/// )?;
/// assert!(hotcall::stats().callbacks >= 1);
/// # drop(callback);
/// # Ok(())
/// # }
/// ```
pub fn stats() -> Stats {
    // On a machine that hotcall does not know there is nothing.
    let mut stats = Jit::shared().map(Jit::stats).unwrap_or_default();
    stats.trampolines += Natives::shared().map_or(0, Natives::count);
    stats
}

/// Keeps the code of an [`Entry`] alive.
pub(crate) struct Code(Trampoline);

impl Code {
    /// The code that calls any function with this signature; `name` is for messages.
    pub(crate) fn plain(name: &str, signature: &Signature) -> Result<Self, Error> {
        Self::new(name, signature, false)
    }

    /// The same code, which also reads errno straight after the call.
    pub(crate) fn capturing_errno(name: &str, signature: &Signature) -> Result<Self, Error> {
        Self::new(name, signature, true)
    }

    /// What calls a function with this signature without being compiled: it takes far less time to make, and more to call.
    pub(crate) fn uncompiled(name: &str, signature: &Signature) -> Result<Self, Error> {
        static UNIVERSAL: OnceLock<Result<Jit, JitError>> = OnceLock::new();
        let fail = |source: JitError| Error::Compile { function: name.into(), source: Box::new(source) };
        // A child must not find it half made.
        let _no_fork = fork::hold_off();
        let jit = UNIVERSAL.get_or_init(Jit::universal).as_ref().map_err(|_| fail(JitError::Host))?;
        jit.slots(signature, Options::default()).map(Self).map_err(fail)
    }

    fn new(name: &str, signature: &Signature, capture_errno: bool) -> Result<Self, Error> {
        let fail = |source: JitError| Error::Compile { function: name.into(), source: Box::new(source) };
        let jit = Jit::shared().map_err(fail)?;
        jit.slots(signature, Options::new().capture_errno(capture_errno)).map(Self).map_err(fail)
    }

    pub(crate) fn entry(&self) -> Entry {
        self.0.entry()
    }
}
