//! Callbacks whose handler stays on the thread that made it.

use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicPtr;

use hotcall_jit::{Layout, Scalar, Signature};

use super::call::Call;
use super::counted::{Answer, Counted, Running};
use super::error::CallbackError;
use super::foreign::{Dispatch, call_from_elsewhere};
use super::options::{LocalOptions, Wait};
use super::owner::Owner;
use super::panics::{Panics, Payload};
use super::sync::Callback;
use super::thunk::Thunk;
use crate::slots::slot::Slot;
use crate::slots::value::Value;

/// A callback whose handler runs and is dropped on the thread that made it, its *owner*. The handler is neither `Send`
/// nor `Sync`.
///
/// A call on the owner's thread runs the handler at once. A call on any other thread becomes a
/// [`ForeignCall`](crate::ForeignCall), which the callback's [`Dispatch`] brings to the owner. Meanwhile the thread
/// that called waits as [`Wait`] says. Closing the callback answers every waiting call with zeros.
///
/// # Deadlocks
///
/// The owner cannot answer while it waits inside a C function for a thread that calls back, for example in
/// `pthread_join` or for a lock. If that can happen, use [`Wait::AtMost`] or [`Wait::NoWait`], or a [`Callback`].
///
/// # Forks
///
/// In a forked child the callback remains usable if its owner is the thread that forked. Calls that waited when the
/// process forked belong to the parent. In the child, running or dropping one does nothing.
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use std::sync::mpsc;
///
/// use hotcall::{Callback, ForeignCall, Function, FunctionOptions, LocalOptions, Signature, Thunk, Type, Value};
///
/// let signature = Signature::new([Type::I32], Type::I32)?;
/// let (queue, calls) = mpsc::channel::<ForeignCall>();
/// let total = Rc::new(Cell::new(0));
/// let handler = {
///     let total = Rc::clone(&total);
///     move |call: &mut hotcall::Call<'_>| {
///         let n = i32::try_from(call.arg(0).unwrap()).unwrap();
///         total.set(total.get() + n);
///         call.set(total.get()).unwrap();
///     }
/// };
/// let dispatch = move |call| queue.send(call).map_err(|error| error.0);
/// let add = Callback::local(&Thunk::new(&signature)?, LocalOptions::default(), dispatch, handler)?;
///
/// // SAFETY: the callback is a function of this signature, and lives longer than its calls.
/// let function = unsafe { Function::from_address("add", add.as_ptr(), &signature, FunctionOptions::default()) }?;
/// // SAFETY: the callback is a function of this signature.
/// let other = std::thread::spawn(move || unsafe { function.call(&[7.into()]) }.unwrap());
/// // The owner's event loop.
/// calls.recv()?.run().unwrap();
/// assert_eq!(other.join().unwrap(), Value::I32(7));
/// assert_eq!(total.get(), 7);
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
pub struct LocalCallback {
    counted: Counted,
    owner: Arc<Owner>,
    /// Keeps the callback on its thread, because the handler is dropped there.
    not_send: PhantomData<*const ()>,
}

impl Callback {
    /// A callback whose handler stays on this thread; see [`LocalCallback`].
    ///
    /// # Errors
    ///
    /// Memory for the callback is missing. Or calls must not wait, and the signature has a result or pointers.
    pub fn local(
        thunk: &Thunk,
        options: LocalOptions,
        dispatch: impl Dispatch,
        handler: impl Fn(&mut Call<'_>) + 'static,
    ) -> Result<LocalCallback, CallbackError> {
        if options.wait == Wait::NoWait {
            check_no_wait(thunk.signature())?;
        }
        let owner = Arc::new(Owner::new(options.on_panic, Box::new(handler)));
        let answer = LocalAnswer { owner: Arc::clone(&owner), wait: options.wait, dispatch };
        let counted = Counted::new(thunk, options.on_panic, answer)?;
        Ok(LocalCallback { counted, owner, not_send: PhantomData })
    }
}

impl LocalCallback {
    /// The function pointer for C. Calls are answered as long as the callback is open, and return zeros afterwards. The
    /// address is reused as late as possible, for a callback of an equal shape.
    pub fn as_ptr(&self) -> *const c_void {
        self.counted.as_ptr()
    }

    /// Admits no more calls, answers the waiting ones with zeros, and drops the handler. If the handler is running, the
    /// end of its last run drops it.
    pub fn close(&self) {
        self.counted.close();
        self.owner.close();
    }

    /// Returns true if the callback was closed.
    pub fn is_closed(&self) -> bool {
        self.counted.is_closed()
    }

    /// The number of calls in progress. It includes calls that wait for this thread, and late calls that are about to
    /// find the callback closed. A call with [`Wait::NoWait`] has ended when its handler runs.
    pub fn running(&self) -> usize {
        self.counted.running()
    }

    /// The number of calls from other threads that this thread has not begun to answer. It includes calls whose threads
    /// do not wait.
    pub fn pending_foreign(&self) -> usize {
        self.owner.pending().len()
    }

    /// Takes the payload of the first panic of handler or dispatcher since the last call of this function.
    pub fn take_panic(&self) -> Option<Payload> {
        // A panic in the dispatcher's destructor is kept with the dispatcher.
        self.owner.panics().take().or_else(|| self.counted.take_panic())
    }
}

/// For callbacks whose thunk answers calls itself.
impl LocalCallback {
    /// The address of the record of the callback's stub. It belongs to the stub, which is never freed.
    pub(crate) fn record(&self) -> &'static AtomicPtr<c_void> {
        self.counted.record()
    }

    /// Stands for calls in progress that the thunk answers itself. Returns `None` if the callback is closed.
    pub(crate) fn begin_calls(&self) -> Option<LocalCalls> {
        let running = self.counted.begin_call()?;
        self.owner.begin_run();
        Some(LocalCalls { owner: Arc::clone(&self.owner), _running: running, not_send: PhantomData })
    }
}

/// Calls in progress that a callback's thunk answers itself, on the owner's thread. Until this value is dropped, the
/// handler is not dropped and the stub is not reused.
pub(crate) struct LocalCalls {
    owner: Arc<Owner>,
    _running: Running<'static>,
    /// The run ends on the owner's thread.
    not_send: PhantomData<*const ()>,
}

impl Drop for LocalCalls {
    fn drop(&mut self) {
        self.owner.end_run();
    }
}

impl Drop for LocalCallback {
    fn drop(&mut self) {
        self.close();
    }
}

/// The answer of a local callback. Calls keep the owner alone alive, because the dispatcher may keep calls.
struct LocalAnswer<D> {
    owner: Arc<Owner>,
    wait: Wait,
    dispatch: D,
}

impl<D: Dispatch> Answer for LocalAnswer<D> {
    fn answer(&self, call: &mut Call<'_>, _: &Panics) {
        if self.owner.is_here() {
            self.owner.run(call);
        } else {
            call_from_elsewhere(&self.owner, call, self.wait, &self.dispatch);
        }
    }
}

fn check_no_wait(signature: &Signature) -> Result<(), CallbackError> {
    if signature.result().is_some() {
        return Err(CallbackError::NoWaitResult);
    }
    for (index, ty) in signature.params().iter().enumerate() {
        let layout = Layout::of(ty).map_err(|source| CallbackError::Layout { source })?;
        if layout.leaves.iter().any(|leaf| matches!(leaf.scalar, Scalar::Pointer(_))) {
            return Err(CallbackError::NoWaitPointer { index });
        }
    }
    Ok(())
}

impl From<&LocalCallback> for Slot {
    fn from(callback: &LocalCallback) -> Self {
        callback.as_ptr().into()
    }
}

/// The function pointer.
impl<'a> From<&'a LocalCallback> for Value<'a> {
    fn from(callback: &'a LocalCallback) -> Self {
        callback.as_ptr().into()
    }
}

impl fmt::Debug for LocalCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalCallback({:p})", self.as_ptr())
    }
}
