//! Callbacks: function pointers for C whose calls reach a handler of the runtime's.
//!
//! A [`Thunk`] is compiled once for a signature; a callback takes one of the stubs in front of it and binds it to a handler.
//! Three kinds differ in where the handler runs and in who keeps it: [`RawCallback`] (a C function and a pointer, which the
//! runtime keeps), [`Callback`] (a closure that runs wherever it is called) and [`LocalCallback`] (a closure that stays on its
//! thread).

mod call;
mod counted;
mod foreign;
mod local;
mod panics;
mod raw;
mod types;

use std::ffi::c_void;
use std::fmt;

use hotcall_jit::{Jit, Pointer, Signature, Target, Thunk as Code, Type};

use crate::error::Error;
use crate::slot::Slot;
use counted::Counted;
use types::Types;

pub use call::Call;
pub use foreign::{Dispatch, ForeignCall};
pub use local::{LocalCallback, LocalOptions, Wait};
pub use panics::{OnPanic, Payload};
pub use raw::{RawCallback, RawHandler, UnwindingRawHandler};

/// The compiled code for callbacks of one signature. Clones are cheap.
///
/// The code is never freed, nor are the addresses of callbacks: C may call one long after it was closed. A callback's address takes
/// about a hundred bytes, and some thousand addresses of a shape rest before they are used again: about 100 KB for each
/// shape of which thousands of callbacks are made, and next to nothing for others.
#[derive(Clone)]
pub struct Thunk {
    code: &'static Code,
    types: &'static Types,
    signature: Signature,
}

impl Thunk {
    /// Compiles the code, unless there is some for a signature of the same shape.
    ///
    /// # Errors
    ///
    /// The signature is variadic, or no code can be made for it.
    pub fn new(signature: &Signature) -> Result<Self, Error> {
        let fail = |source| Error::Thunk { signature: signature.clone(), source: Box::new(source) };
        let code = Jit::shared().and_then(|jit| jit.thunk(signature)).map_err(fail)?;
        Ok(Self { code, types: Types::of(code, signature), signature: signature.clone() })
    }

    /// Compiles the code for callbacks that a pointer to a function, such as a parameter of this type, is to be.
    ///
    /// ```
    /// # #[cfg(all(target_os = "linux", feature = "c-text"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::Thunk;
    /// use hotcall::declare::Declarations;
    ///
    /// let text = "void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));";
    /// let declarations = Declarations::from_c(text)?;
    /// let qsort = &declarations.get("qsort")?.as_function().unwrap().signature;
    /// let thunk = Thunk::of(&qsort.params()[3])?;
    /// assert_eq!(thunk.signature().to_string(), "(pointer, pointer) -> i32");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(all(target_os = "linux", feature = "c-text")))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// The type does not have a function's signature, as Deno's own `"function"`; the errors of [`Thunk::new`].
    pub fn of(ty: &Type) -> Result<Self, Error> {
        match ty.pointer().map(Pointer::target) {
            Some(Target::Function(function)) => Self::new(function.signature()),
            Some(Target::Unsupported(reason)) => Err(Error::CallbackType { ty: ty.clone(), reason: reason.clone() }),
            _ => Err(Error::CallbackType {
                ty: ty.clone(),
                reason: "it is not declared as a pointer to a function".into(),
            }),
        }
    }

    /// The signature.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    const fn types(&self) -> &'static Types {
        self.types
    }

    const fn code(&self) -> &'static Code {
        self.code
    }
}

/// A callback whose handler is a closure that runs on whichever thread C calls on, on several at once if need be.
///
/// Dropping the callback closes it. The handler is dropped when it is closed and no call is in, by the last call out if need
/// be, so that a callback may close or drop itself while it runs. Closing never blocks.
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
/// Calls from signal handlers, and `longjmp` over the handler. Calls on stacks that the system did not make (fibres) are.
pub struct Callback(Counted);

impl Callback {
    /// A callback with a closure as its handler.
    ///
    /// # Errors
    ///
    /// There is no memory for the callback.
    pub fn sync(
        thunk: &Thunk,
        on_panic: OnPanic,
        handler: impl Fn(&mut Call<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Counted::new(thunk, on_panic, handler).map(Self)
    }

    /// The function pointer for C. Calls are answered as long as the callback is open; after that they return zeros, until
    /// the address is used again, as late as possible, for a callback of the same shape.
    pub fn as_ptr(&self) -> *const c_void {
        self.0.as_ptr()
    }

    /// Lets no call in any more, and drops the handler, unless it is running: then the last call out drops it.
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// How many calls are in, late ones included that are about to find the callback closed.
    pub fn running(&self) -> usize {
        self.0.running()
    }

    /// What the handler panicked with first, since this was last asked.
    pub fn take_panic(&self) -> Option<Payload> {
        self.0.take_panic()
    }
}

/// How many calls of callbacks in this process were answered with zeros because nobody was there to answer: the callback
/// was closed, or a [`ForeignCall`] was dropped or waited too long.
pub fn retired_calls() -> u64 {
    hotcall_jit::retired_calls()
}

impl From<&Callback> for Slot {
    fn from(callback: &Callback) -> Self {
        callback.as_ptr().into()
    }
}

impl From<&LocalCallback> for Slot {
    fn from(callback: &LocalCallback) -> Self {
        callback.as_ptr().into()
    }
}

impl From<&RawCallback> for Slot {
    fn from(callback: &RawCallback) -> Self {
        callback.as_ptr().into()
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callback({:p})", self.as_ptr())
    }
}

impl fmt::Debug for Thunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thunk({})", self.signature)
    }
}
