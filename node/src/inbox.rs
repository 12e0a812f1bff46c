//! The way for C's other threads to script: their calls of callbacks wait in a queue of the environment's event loop.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use hotcall::{Dispatch, ForeignCall};
use napi_sys::{
    Status, ThreadsafeFunctionCallMode, napi_callback_info, napi_env, napi_threadsafe_function, napi_value,
};

use crate::api::env::Env;
use crate::api::status::{get, run};
use crate::api::throw::guard;
use crate::api::thrown::Thrown;
use crate::handle::{Handle, tag};

/// The queue of one environment. It belongs to script's thread.
pub(crate) struct Inbox {
    env: Env,
    wake: napi_threadsafe_function,
    gate: Arc<Gate>,
    /// The number of callbacks that keep the event loop running.
    holders: Cell<usize>,
}

/// The queue as other threads see it. They call on after the environment has ended, so the gate is closed before that.
#[expect(clippy::disallowed_types, reason = "a child of a fork has no event loop that would answer")]
pub(crate) struct Gate(std::sync::Mutex<Option<Waiting>>);

/// The function that answers a call on script's thread. If the environment ends, its first argument is null.
pub(crate) type CallScript = unsafe extern "C" fn(napi_env, napi_value, *mut c_void, *mut c_void);

/// The calls that wait for script's thread.
struct Waiting {
    calls: VecDeque<ForeignCall>,
    /// The function that wakes script's thread, once for each call.
    wake: napi_threadsafe_function,
}

// SAFETY: any thread may call a threadsafe function of Node-API as long as it lasts, and calls are `Send`.
unsafe impl Send for Waiting {}

impl Handle for Arc<Gate> {
    const NAME: &'static str = "the queue of an environment";
    const TAG: napi_sys::napi_type_tag = tag(6);
}

impl Inbox {
    /// Makes the queue of an environment, whose thread answers each call by this function. It does not keep the event loop
    /// running.
    pub(crate) fn begin(env: Env, answer: CallScript) -> Result<Self, Thrown> {
        let name = env.string("hotcall callbacks")?;
        let wake: napi_threadsafe_function = get!(
            env,
            napi_create_threadsafe_function(
                ptr::null_mut(),
                ptr::null_mut(),
                name.raw(),
                0,
                1,
                ptr::null_mut(),
                None,
                ptr::null_mut(),
                Some(answer)
            )
        )?;
        run!(env, napi_unref_threadsafe_function(wake))?;
        let gate = Arc::new(Gate(Some(Waiting { calls: VecDeque::new(), wake }).into()));
        // Hooks run in the reverse order of their addition, so this one runs while the queue lasts.
        let hook = Arc::into_raw(Arc::clone(&gate)).cast_mut().cast();
        run!(env, napi_add_env_cleanup_hook(Some(end), hook))?;
        close_at_exit(env, &gate)?;
        Ok(Self { env, wake, gate, holders: Cell::new(0) })
    }

    /// Returns the call that has waited longest.
    pub(crate) fn next(&self) -> Option<ForeignCall> {
        self.gate.next()
    }

    pub(crate) const fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Keeps the event loop running until [`release`](Self::release).
    pub(crate) fn hold(&self) {
        if self.holders.replace(self.holders.get() + 1) == 0 {
            // SAFETY: the environment lasts, and so does its queue.
            unsafe { napi_sys::napi_ref_threadsafe_function(self.env.raw(), self.wake) };
        }
    }

    pub(crate) fn release(&self) {
        self.holders.set(self.holders.get() - 1);
        if self.holders.get() == 0 && self.gate.is_open() {
            // SAFETY: the queue lasts as long as the gate is open.
            unsafe { napi_sys::napi_unref_threadsafe_function(self.env.raw(), self.wake) };
        }
    }
}

impl Gate {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<Waiting>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn is_open(&self) -> bool {
        self.waiting().is_some()
    }

    /// Lets no more calls in. Those that wait get zeros.
    fn close(&self) {
        let waiting = self.waiting().take();
        // Calls are dropped outside of the lock.
        drop(waiting);
    }

    /// Brings a call to script's thread. Returns it if the environment ends.
    fn send(&self, call: ForeignCall) -> Result<(), ForeignCall> {
        let mut waiting = self.waiting();
        let Some(Waiting { calls, wake }) = &mut *waiting else { return Err(call) };
        calls.push_back(call);
        // SAFETY: the function lasts as long as the gate is open, and closing it waits for the lock.
        let status = unsafe {
            napi_sys::napi_call_threadsafe_function(*wake, ptr::null_mut(), ThreadsafeFunctionCallMode::nonblocking)
        };
        if status == Status::napi_ok { Ok(()) } else { calls.pop_back().map_or(Ok(()), Err) }
    }

    fn next(&self) -> Option<ForeignCall> {
        self.waiting().as_mut()?.calls.pop_front()
    }
}

/// The dispatcher of one callback.
pub(crate) struct Sender {
    pub(crate) gate: Arc<Gate>,
    /// The callback's name, for messages.
    pub(crate) name: Box<str>,
}

impl Dispatch for Sender {
    fn dispatch(&self, call: ForeignCall) -> Result<(), ForeignCall> {
        self.gate.send(call)
    }

    fn patience(&self) -> Option<Duration> {
        Some(Duration::from_secs(3))
    }

    fn overdue(&self) {
        eprintln!(
            "hotcall: a thread has waited for the callback \"{}\" for 3 seconds, because script's thread has not come back to \
             its event loop. If that one waits in a function of C for this thread, both wait for ever. Call that function with \
             \"async\", or make the callback with the option \"nowait\".",
            self.name
        );
    }
}

/// Closes the gate when the process or the Worker exits: no event loop answers after that, and C's threads would keep the
/// process from ending if others wait for them.
fn close_at_exit(env: Env, gate: &Arc<Gate>) -> Result<(), Thrown> {
    let listener = Box::new(Arc::clone(gate));
    let function = env.function("hotcall exit", exit, ptr::from_ref(&*listener).cast_mut().cast())?;
    env.own_by(function, listener)?;
    let process = env.get(env.global()?, "process")?;
    let (event, once) = (env.string("exit")?, env.get(process, "once")?);
    env.call_method(process, once, &[event, function]).map(|_| ())
}

unsafe extern "C" fn exit(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: Node-API calls this on the environment's thread.
    let env = unsafe { Env::new(env) };
    guard(env, || {
        // SAFETY: Node-API has passed `info` to this callback.
        let (_, data) = unsafe { env.callback_info(info, &mut [])? };
        // SAFETY: `close_at_exit` has given the gate to the listener, which owns it and is the callee.
        let gate = unsafe { &*data.cast::<Arc<Gate>>() };
        gate.close();
        env.undefined()
    })
}

unsafe extern "C" fn end(gate: *mut c_void) {
    // SAFETY: `begin` has given this reference to the hook, which runs once.
    unsafe { Arc::from_raw(gate.cast::<Gate>()) }.close();
}
