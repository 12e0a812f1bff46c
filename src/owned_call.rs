//! A call with everything it needs, to be made on another thread.

use std::fmt;

use crate::code::Entry;
use crate::function::Function;
use crate::owned_args::OwnedArgs;
use crate::slot::Slot;
use crate::value::Value;

/// A call that [`Function::prepare`] or [`Function::prepare_slots`] prepared. It owns its arguments and its result and keeps code
/// and library, so that any thread may make it at any time.
///
/// It counts as a handle of its library: prepared before the library was closed, it runs also after.
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use hotcall::{Library, Signature, Type, Value};
///
/// // SAFETY: libm has no initialisers that could do harm.
/// let libm = unsafe { Library::open("libm.so.6") }?;
/// let sqrt = libm.function("sqrt", &Signature::new([Type::F64], Type::F64)?)?;
/// // SAFETY: this is sqrt's signature, and any thread may call it.
/// let call = unsafe { sqrt.prepare(&[4.0.into()]) }?;
/// let outcome = std::thread::spawn(|| call.run()).join().unwrap();
/// assert_eq!(outcome.value, Value::F64(2.0));
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
pub struct OwnedCall {
    function: Function,
    entry: Entry,
    args: OwnedArgs,
}

/// What came of a call.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The result.
    pub value: Value<'static>,
    /// errno straight after the call, 0 if the function did not touch it; `None` unless the function was made to
    /// [capture it](crate::FunctionOptions::capture_errno).
    pub errno: Option<i32>,
}

impl OwnedCall {
    /// # Safety
    ///
    /// The slots are as many as the parameters; those at the indices in `aggregates` are addresses of as many bytes as
    /// stand beside the index. The rest is the contract of [`Function::prepare`].
    pub(crate) unsafe fn new(function: Function, entry: Entry, args: &[Slot], aggregates: &[(u16, u32)]) -> Self {
        // SAFETY: the caller vouches for the slots of structs and unions.
        let args = unsafe { OwnedArgs::copy(args, aggregates.iter().copied()) };
        Self { function, entry, args }
    }

    /// The function that will be called.
    pub const fn function(&self) -> &Function {
        &self.function
    }

    /// Makes the call on this thread, and waits for it.
    ///
    /// It is safe because the contract is that of [`Function::prepare`]. C++ exceptions and panics pass through.
    pub fn run(self) -> Outcome {
        // SAFETY: whoever prepared the call vouched for it, at this time and on this thread; arguments were checked then.
        unsafe { self.function.run_prepared(self.entry, self.args.slots()) }
    }
}

impl fmt::Debug for OwnedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedCall")
            .field("function", &self.function)
            .field("args", &self.args.slots())
            .finish_non_exhaustive()
    }
}
