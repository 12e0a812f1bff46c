//! Callbacks whose handler runs on the thread that calls.

use std::ffi::c_void;
use std::fmt;

use super::call::Call;
use super::counted::Counted;
use super::error::CallbackError;
use super::panics::{OnPanic, Payload};
use super::thunk::Thunk;
use crate::slots::slot::Slot;
use crate::slots::value::Value;

/// A callback whose handler is a closure that runs on the thread that C calls on. It may run on several threads at
/// once.
///
/// Dropping the callback closes it. The handler is dropped when the callback is closed and no call is in progress; the
/// last call may drop it. So a callback may close or drop itself while it runs. Closing never blocks.
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use hotcall::{Callback, Library, OnPanic, Signature, Thunk, Type, Value};
///
/// let compare = Signature::new([Type::POINTER, Type::POINTER], Type::I32)?;
/// let descending = Callback::sync(&Thunk::new(&compare)?, OnPanic::Catch, |call| {
///     let [a, b] = [0, 1].map(|index| <*const i32>::try_from(call.arg(index).unwrap()).unwrap());
///     // SAFETY: qsort passes the addresses of two elements.
///     let order = unsafe { (*b).cmp(&*a) };
///     call.set(order as i32).expect("the result is an int");
/// })?;
///
/// // SAFETY: libc is loaded already.
/// let libc = unsafe { Library::open("libc.so.6") }?;
/// let signature = Signature::new([Type::POINTER, Type::USIZE, Type::USIZE, Type::FUNCTION], None)?;
/// let qsort = libc.function("qsort", &signature)?;
/// let mut numbers = [3, 1, 4, 1, 5];
/// // SAFETY: this is qsort's signature, and the array has five elements of four bytes.
/// unsafe { qsort.call(&[numbers.as_mut_ptr().into(), 5usize.into(), 4usize.into(), Value::from(&descending)]) }?;
/// assert_eq!(numbers, [5, 4, 3, 1, 1]);
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
///
/// # Not supported
///
/// Calls from signal handlers, and `longjmp` over the handler, are not allowed. Calls on stacks that the program made
/// itself (fibres) work.
pub struct Callback(Counted);

impl Callback {
    /// A callback with a closure as its handler.
    ///
    /// # Errors
    ///
    /// Memory for the callback is missing.
    pub fn sync(
        thunk: &Thunk,
        on_panic: OnPanic,
        handler: impl Fn(&mut Call<'_>) + Send + Sync + 'static,
    ) -> Result<Self, CallbackError> {
        Counted::new(thunk, on_panic, handler).map(Self)
    }

    /// The function pointer for C. Calls are answered as long as the callback is open, and return zeros afterwards. The
    /// address is reused as late as possible, for a callback of an equal shape.
    pub fn as_ptr(&self) -> *const c_void {
        self.0.as_ptr()
    }

    /// Admits no more calls, and drops the handler. If calls are in progress, the last of them drops it.
    pub fn close(&self) {
        self.0.close();
    }

    /// Returns true if the callback was closed.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// The number of calls in progress. It includes late calls that are about to find the callback closed.
    pub fn running(&self) -> usize {
        self.0.running()
    }

    /// Takes the payload of the first panic since the last call of this function.
    pub fn take_panic(&self) -> Option<Payload> {
        self.0.take_panic()
    }
}

impl From<&Callback> for Slot {
    fn from(callback: &Callback) -> Self {
        callback.as_ptr().into()
    }
}

/// The function pointer.
impl<'a> From<&'a Callback> for Value<'a> {
    fn from(callback: &'a Callback) -> Self {
        callback.as_ptr().into()
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callback({:p})", self.as_ptr())
    }
}
