//! Callbacks whose handler stays on the thread that made it.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hotcall_jit::{Layout, Scalar, Signature, count_retired_call};

use super::call::Call;
use super::counted::{Answer, Counted};
use super::foreign::{Dispatch, ForeignCall, Pending, Request};
use super::panics::{OnPanic, Panics, Payload};
use super::{Callback, Thunk};
use crate::error::Error;

/// Choices for a [`LocalCallback`].
///
/// ```
/// use hotcall::{LocalOptions, OnPanic, Wait};
///
/// let options = LocalOptions::new().wait(Wait::NoWait);
/// assert_eq!(options.on_panic, OnPanic::Catch);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct LocalOptions {
    /// What happens when the handler panics, or the [`Dispatch`] while it takes a call.
    pub on_panic: OnPanic,
    /// What a thread does that calls and is not the owner's.
    pub wait: Wait,
}

impl LocalOptions {
    /// The defaults: panics are caught, and other threads wait until they are answered.
    pub const fn new() -> Self {
        Self { on_panic: OnPanic::Catch, wait: Wait::Forever }
    }

    /// Sets the rule for panics of the handler, or of the [`Dispatch`] while it takes a call.
    pub const fn on_panic(self, on_panic: OnPanic) -> Self {
        Self { on_panic, ..self }
    }

    /// Sets how long calls on other threads wait.
    pub const fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }
}

/// How long a call on another thread waits for its owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Wait {
    /// Until it is answered.
    #[default]
    Forever,
    /// Until it is answered, but for the owner to begin no longer than this. A call that waited in vain returns zeros and
    /// is counted.
    AtMost(Duration),
    /// Not at all: a copy of the arguments is handed on, and the call returns. The callback must return nothing, and take
    /// no pointers, for nobody knows how long these would be valid.
    NoWait,
}

/// A callback whose handler is neither `Send` nor `Sync`: it runs, and is dropped, on the thread that made it, its *owner*.
///
/// A call on the owner's thread runs the handler there and then. A call on any other thread becomes a [`ForeignCall`], which
/// the callback's [`Dispatch`] brings to the owner, while the thread that called waits as [`Wait`] says. Closing the
/// callback answers every call that waits with zeros.
///
/// # Deadlocks
///
/// While the owner itself waits, inside a C function, for a thread that calls back (in `pthread_join`, say, or for a lock),
/// nobody can answer. Where that can happen, use [`Wait::AtMost`] or [`Wait::NoWait`], or a [`Callback`].
///
/// # Forks
///
/// In a forked child the callback goes on with its owner, if that is the thread that forked. Calls that waited when the process
/// forked are the parent's: in the child, running or dropping one does nothing.
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
///         let n = call.arg(0).and_then(i32::try_from).unwrap();
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
    local: Arc<Local>,
    /// The handler is dropped where this is.
    not_send: PhantomData<*const ()>,
}

/// What a local callback shares with its calls.
pub(super) struct Local {
    owner: ThreadNumber,
    wait: Wait,
    pending: Pending,
    panics: Panics,
    /// Used on the owner's thread alone.
    handler: UnsafeCell<Option<LocalHandler>>,
    /// How many calls the handler is in. Used on the owner's thread alone.
    running: Cell<usize>,
    /// Used on the owner's thread alone.
    closed: Cell<bool>,
}

type LocalHandler = Box<dyn Fn(&mut Call<'_>)>;

// SAFETY: the handler and the cells are used on the owner's thread alone, and the handler is gone before `LocalCallback`,
// which stays there, or before the calls that it is in; the rest is `Send` and `Sync`.
unsafe impl Send for Local {}
// SAFETY: the handler and the cells are used on the owner's thread alone; the rest is `Sync`.
unsafe impl Sync for Local {}

impl Callback {
    /// A callback whose handler stays on this thread; see [`LocalCallback`].
    ///
    /// # Errors
    ///
    /// There is no memory for the callback; it is not to wait, and has a result or pointers.
    pub fn local(
        thunk: &Thunk,
        options: LocalOptions,
        dispatch: impl Dispatch,
        handler: impl Fn(&mut Call<'_>) + 'static,
    ) -> Result<LocalCallback, Error> {
        if options.wait == Wait::NoWait {
            check_no_wait(thunk.signature())?;
        }
        let local = Arc::new(Local {
            owner: ThreadNumber::current(),
            wait: options.wait,
            pending: Pending::default(),
            panics: Panics::new(options.on_panic),
            handler: UnsafeCell::new(Some(Box::new(handler))),
            running: Cell::new(0),
            closed: Cell::new(false),
        });
        let entry = Entry { local: Arc::clone(&local), dispatch };
        let counted = Counted::new(thunk, options.on_panic, entry)?;
        Ok(LocalCallback { counted, local, not_send: PhantomData })
    }
}

impl LocalCallback {
    /// The function pointer for C. Calls are answered as long as the callback is open; after that they return zeros, until
    /// the address is used again, as late as possible, for a callback of the same shape.
    pub fn as_ptr(&self) -> *const c_void {
        self.counted.as_ptr()
    }

    /// Lets no call in any more, answers those that wait with zeros, and drops the handler, unless it is running: then the
    /// last call out drops it.
    pub fn close(&self) {
        self.counted.close();
        self.local.pending.close();
        self.local.closed.set(true);
        self.local.drop_handler();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.counted.is_closed()
    }

    /// How many calls are in, those included that wait for this thread, and late ones that are about to find the callback
    /// closed. A call that nobody waits for is not in any more when its handler runs.
    pub fn running(&self) -> usize {
        self.counted.running()
    }

    /// How many calls from other threads wait for this one, those included that nobody waits for ([`Wait::NoWait`]).
    pub fn pending_foreign(&self) -> usize {
        self.local.pending.len()
    }

    /// What the handler or the dispatcher panicked with first, since this was last asked.
    pub fn take_panic(&self) -> Option<Payload> {
        // What the dispatcher panicked with when it was dropped is kept by what keeps it.
        self.local.panics.take().or_else(|| self.counted.take_panic())
    }
}

impl Drop for LocalCallback {
    fn drop(&mut self) {
        self.close();
    }
}

/// Where calls of a local callback come in. The dispatcher is not among what calls keep, for it may keep them.
struct Entry<D> {
    local: Arc<Local>,
    dispatch: D,
}

impl<D: Dispatch> Answer for Entry<D> {
    fn answer(&self, call: &mut Call<'_>, _: &Panics) {
        if self.local.is_here() {
            self.local.run(call);
        } else {
            self.local.call_from_elsewhere(call, &self.dispatch);
        }
    }
}

impl Local {
    pub(super) fn is_here(&self) -> bool {
        self.owner == ThreadNumber::current()
    }

    pub(super) const fn pending(&self) -> &Pending {
        &self.pending
    }

    /// Runs the handler. The owner's thread alone may come here.
    pub(super) fn run(&self, call: &mut Call<'_>) {
        debug_assert!(self.is_here());
        // SAFETY: this is the owner's thread, and the handler is taken out only when it is not running.
        let Some(handler) = (unsafe { &*self.handler.get() }) else { return count_retired_call() };
        let running = Inside::count(&self.running);
        if !self.panics.guard(|| handler(call)) {
            call.clear_result();
        }
        drop(running);
        self.drop_handler();
    }

    /// Drops the handler of a closed callback, unless it is running. The owner's thread alone may come here.
    fn drop_handler(&self) {
        if !self.closed.get() || self.running.get() > 0 {
            return;
        }
        // SAFETY: this is the owner's thread, and the handler is not running, so that nobody refers to it.
        let handler = unsafe { (*self.handler.get()).take() };
        // A panic is kept with those of the handler's calls.
        let _: bool = self.panics.guard(|| drop(handler));
    }

    fn call_from_elsewhere(self: &Arc<Self>, call: &mut Call<'_>, dispatch: &impl Dispatch) {
        let request = Arc::new(match self.wait {
            Wait::NoWait => Request::posted(call),
            // SAFETY: the call is kept until the request was waited for, below, whatever `dispatch` does.
            Wait::Forever | Wait::AtMost(_) => unsafe { Request::waiting(call) },
        });
        if !self.pending.add(&request) {
            return count_retired_call();
        }
        let foreign = ForeignCall::new(Arc::clone(self), Arc::clone(&request));
        // What comes back was not handed on, and is dropped.
        if !self.panics.guard(|| drop(dispatch.dispatch(foreign))) {
            request.abandon();
            self.pending.remove(&request);
        }
        let limit = match self.wait {
            Wait::NoWait => return,
            Wait::Forever => None,
            Wait::AtMost(limit) => Some(limit),
        };
        request.wait(limit);
        self.pending.remove(&request);
    }
}

/// A count that goes up by one, however its scope is left.
struct Inside<'a>(&'a Cell<usize>);

impl<'a> Inside<'a> {
    fn count(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn check_no_wait(signature: &Signature) -> Result<(), Error> {
    if signature.result().is_some() {
        return Err(Error::NoWaitResult);
    }
    for (index, ty) in signature.params().iter().enumerate() {
        let layout = Layout::of(ty).map_err(|source| Error::Layout { name: "callback".into(), source })?;
        if layout.leaves.iter().any(|leaf| matches!(leaf.scalar, Scalar::Pointer(_))) {
            return Err(Error::NoWaitPointer { index });
        }
    }
    Ok(())
}

/// A thread's number, which no other thread of the process ever has.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ThreadNumber(u64);

impl ThreadNumber {
    #[inline]
    fn current() -> Self {
        thread_local! {
            static NUMBER: Cell<u64> = const { Cell::new(0) };
        }
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.with(|number| {
            if number.get() == 0 {
                number.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
            }
            number.get()
        });
        Self(number)
    }
}

impl fmt::Debug for LocalCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalCallback({:p})", self.as_ptr())
    }
}
