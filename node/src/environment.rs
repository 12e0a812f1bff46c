//! One environment: the main thread's, or a Worker's.

use std::cell::{Cell, OnceCell};
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use hotcall::ForeignCall;
use hotcall::engine::Realm;
use napi_sys::{napi_async_context, napi_callback_scope, napi_env, napi_value};

use crate::api::env::{Env, Value};
use crate::api::status::{get, run};
use crate::api::thrown::Thrown;
use crate::engine::Node;
use crate::inbox::Inbox;
use crate::limit::Limit;
use crate::running::{Caller, Running};
use crate::scopes::Scopes;
use crate::v8::begin::begin;
use crate::v8::isolate::V8;

/// The state of an environment. Its functions and callbacks keep it.
pub(crate) struct Environment {
    pub(crate) env: Env,
    pub(crate) realm: Realm<Node>,
    /// V8, or the reason why it is not used.
    pub(crate) v8: Result<Rc<V8>, String>,
    /// The fastest way that functions may use.
    pub(crate) limit: Limit,
    /// The errno that the last call left which captured it.
    pub(crate) errno: Cell<i32>,
    /// The number of callbacks that are not closed. Without one, C cannot call script on this thread.
    pub(crate) open_callbacks: Cell<usize>,
    pub(crate) scopes: Scopes,
    inbox: OnceCell<Rc<Inbox>>,
    /// The context of calls from the event loop, for Node's asynchronous hooks.
    callbacks: OnceCell<Option<napi_async_context>>,
    is_ending: Cell<bool>,
}

impl Environment {
    /// Makes the state of an environment, and stores it as the environment's instance data.
    pub(crate) fn begin(env: Env) -> Result<Rc<Self>, Thrown> {
        let limit = Limit::of_process();
        let begun = if limit == Limit::NodeApi { Err(limit.reason()) } else { begin(env) };
        let (v8, realm) = match begun {
            Ok((v8, realm)) => (Ok(v8), realm),
            Err(reason) => (Err(reason), Realm::of_handles(Node::new(env, None))),
        };
        let environment = Rc::new(Self {
            env,
            realm,
            v8,
            limit,
            errno: Cell::new(0),
            open_callbacks: Cell::new(0),
            scopes: Scopes::new(env),
            inbox: OnceCell::new(),
            callbacks: OnceCell::new(),
            is_ending: Cell::new(false),
        });
        // Hooks run before the finalisers of script's objects.
        run!(env, napi_add_env_cleanup_hook(Some(begin_to_end), Rc::as_ptr(&environment).cast_mut().cast()))?;
        let data = Rc::into_raw(Rc::clone(&environment)).cast_mut().cast();
        run!(env, napi_set_instance_data(data, Some(end), ptr::null_mut()))?;
        Ok(environment)
    }

    /// Returns the state of an environment that has begun.
    pub(crate) fn of(env: Env) -> Result<Rc<Self>, Thrown> {
        let data: *mut c_void = get!(env, napi_get_instance_data())?;
        if data.is_null() {
            return Err(Thrown::Ending);
        }
        // SAFETY: `begin` has set the data, which keeps one reference until the environment ends.
        Ok(unsafe {
            Rc::increment_strong_count(data.cast::<Self>());
            Rc::from_raw(data.cast())
        })
    }

    /// The way for other threads to this environment. It is made when it is first needed.
    pub(crate) fn inbox(&self) -> Result<&Rc<Inbox>, Thrown> {
        match self.inbox.get() {
            Some(inbox) => Ok(inbox),
            None => Inbox::begin(self.env, answer).map(|inbox| self.inbox.get_or_init(|| Rc::new(inbox))),
        }
    }

    /// Returns true if script does not run any more, and its objects are being freed.
    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.get()
    }

    /// The innermost code that runs.
    pub(crate) fn running(&self) -> Running {
        self.realm.engine().running.get()
    }

    /// Finds the caller of C, if it is not a function that may call script back.
    pub(crate) fn caller(&self) -> Caller {
        match (self.running(), &self.v8) {
            (Running::EventLoop, _) => Caller::OtherThread,
            (Running::None, Ok(v8)) => v8.caller(),
            // Without V8 the event loop does not call C.
            (Running::Alone | Running::CallsBack, _) | (Running::None, Err(_)) => Caller::Alone,
        }
    }

    /// Calls script for C that the event loop has called. Ticks and microtasks run afterwards, and the exception is an
    /// uncaught one.
    pub(crate) fn run_for_the_event_loop(&self, run: impl FnOnce()) {
        let scope = self.open_callback_scope();
        self.run_as(Running::EventLoop, run);
        self.report_uncaught();
        if let Some(scope) = scope {
            // SAFETY: the scope was opened here, and is the innermost.
            unsafe { napi_sys::napi_close_callback_scope(self.env.raw(), scope) };
        }
    }

    fn open_callback_scope(&self) -> Option<napi_callback_scope> {
        let context = *self.callbacks.get_or_init(|| {
            let name = self.env.string("hotcall callback").ok()?;
            get!(self.env, napi_async_init(ptr::null_mut(), name.raw())).ok()
        });
        get!(self.env, napi_open_callback_scope(ptr::null_mut(), context?)).ok()
    }

    /// Reports the waiting exception. No native function is below that would throw it.
    pub(crate) fn report_uncaught(&self) {
        if let Some(thrown) = self.realm.take_exception() {
            self.env.uncaught(thrown);
        }
    }

    /// Makes the value of an address: null, or a pointer object.
    pub(crate) fn pointer(&self, address: *mut c_void) -> Result<Value, Thrown> {
        self.realm.engine().pointer(address)
    }

    /// Runs something as a part of this kind.
    pub(crate) fn run_as<R>(&self, running: Running, run: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Cell<Running>, Running);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let cell = &self.realm.engine().running;
        let _restore = Restore(cell, cell.replace(running));
        run()
    }
}

/// Answers the next call on script's thread. If the environment ends, `env` is null.
unsafe extern "C" fn answer(env: napi_env, _: napi_value, _: *mut c_void, _: *mut c_void) {
    if env.is_null() {
        return;
    }
    // SAFETY: Node-API calls this on the environment's thread.
    let env = unsafe { Env::new(env) };
    let Ok(environment) = Environment::of(env) else { return };
    let Some(call) = environment.inbox().ok().and_then(|inbox| inbox.next()) else { return };
    env.scope(|| {
        // C's thread goes on before the exception is reported, which may end the process.
        let _: Result<(), ForeignCall> = environment.run_as(Running::EventLoop, || call.run());
        environment.report_uncaught();
    });
}

unsafe extern "C" fn begin_to_end(data: *mut c_void) {
    // SAFETY: the environment's reference in its instance data is dropped later, by `end`.
    let environment = unsafe { &*data.cast::<Environment>() };
    environment.is_ending.set(true);
    // No function returns any more that would throw it.
    drop(environment.realm.take_exception());
}

unsafe extern "C" fn end(_: napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: this is the reference of `begin`. The environment calls this once.
    drop(unsafe { Rc::from_raw(data.cast::<Environment>()) });
}
