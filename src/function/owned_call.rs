//! A call with everything it needs, to be made on another thread.

use std::fmt;

use hotcall_jit::SlotsEntry;

use super::error::CallError;
use super::function::Function;
use super::owned_args::OwnedArgs;
use crate::slots::slot::Slot;
use crate::slots::value::Value;

/// A call that [`Function::prepare`] or [`Function::prepare_slots`] prepared. It owns its arguments and its result, and
/// keeps code and library. So any thread may make it at any time.
///
/// It counts as a handle of its library. A call that was prepared before the library was closed still runs afterwards.
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
    entry: SlotsEntry,
    args: OwnedArgs,
}

/// The outcome of a call.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The result.
    pub value: Value<'static>,
    /// errno straight after the call, 0 if the function did not touch it. `None` unless the function [captures
    /// it](crate::FunctionOptions::capture_errno).
    pub errno: Option<i32>,
}

impl Function {
    /// Prepares a call that can be made later and on another thread. The arguments are compared with the signature and
    /// copied, including the bytes of structs and unions.
    ///
    /// # Errors
    ///
    /// The errors of [`Function::call`].
    ///
    /// # Safety
    ///
    /// * The contract of [`Function::call`], on the thread that calls [`OwnedCall::run`], at that time.
    /// * The targets of pointers among the arguments, also of those inside structs, live until then.
    pub unsafe fn prepare(&self, args: &[Value<'_>]) -> Result<OwnedCall, CallError> {
        self.state.with_slots(args, |slots| {
            // SAFETY: the caller promises that the call is sound. The slots are those of arguments that fit the
            // signature.
            unsafe { self.prepare_slots(slots) }
        })
    }

    /// Does as [`Function::prepare`] with arguments in slots. Their types are not compared with the signature.
    ///
    /// # Errors
    ///
    /// The library is closed, the number of arguments is wrong, or the slot of a struct is null.
    ///
    /// # Safety
    ///
    /// * The contract of [`Function::call_slots`], on the thread that calls [`OwnedCall::run`], at that time.
    /// * The targets of pointers among the arguments, also of those inside structs, live until then.
    pub unsafe fn prepare_slots(&self, args: &[Slot]) -> Result<OwnedCall, CallError> {
        self.state.check(args)?;
        let entry = if self.state.capture_errno { self.entry_with_errno() } else { self.entry() }?;
        let aggregates = self.state.prototype.aggregates().iter().copied();
        // SAFETY: the caller promises that the slots of structs and unions are addresses of their bytes.
        let args = unsafe { OwnedArgs::copy(args, aggregates) };
        Ok(OwnedCall { function: self.clone(), entry, args })
    }
}

impl OwnedCall {
    /// The function that will be called.
    pub const fn function(&self) -> &Function {
        &self.function
    }

    /// Makes the call on this thread, and waits for it.
    ///
    /// This function is safe because its contract is part of [`Function::prepare`]. C++ exceptions and panics pass
    /// through.
    pub fn run(self) -> Outcome {
        let capture = self.function.captures_errno();
        let mut errno = 0;
        // SAFETY: by the contract of `prepare` the call is sound at this time and on this thread. Arguments were
        // checked then. The entry captures errno if the function does.
        let value = unsafe { self.function.invoke_any(self.entry, self.args.slots(), capture.then_some(&mut errno)) };
        Outcome { value, errno: capture.then_some(errno) }
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
