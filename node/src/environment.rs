//! One environment: the main thread's, or a Worker's.

use std::cell::{Cell, OnceCell};
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use hotcall::engine::Realm;
use napi_sys::{napi_async_context, napi_callback_scope, napi_env};

use crate::api::{Env, get, run};
use crate::engine::Node;
use crate::inbox::Inbox;
use crate::scopes::Scopes;
use crate::thrown::Thrown;
use crate::v8::{self, V8};
use crate::ways::Limit;

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

/// The innermost code that runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Running {
    /// Script, or a function of C that was not made to call script back. Script's optimised code calls those without
    /// telling.
    None,
    /// Such a function, called by Node-API.
    Alone,
    /// A function that may call script back, or its arguments are converted.
    CallsBack,
    /// Nothing of script: the event loop has called C, or answers a call that has waited for it.
    EventLoop,
}

/// The code that has called C, if it is not a function that may call script back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    /// A function that was not made to call script back.
    Alone,
    /// Such a function, which script's optimised code has called.
    FastCall,
    /// Nothing of script: the event loop.
    EventLoop,
    /// Another thread, whose call the event loop answers.
    OtherThread,
}

impl Environment {
    /// Makes the state of an environment, and gives it to that.
    pub(crate) fn begin(env: Env) -> Result<Rc<Self>, Thrown> {
        let limit = Limit::of_process();
        let begun = if limit == Limit::NodeApi { Err(limit.reason()) } else { v8::begin(env) };
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
            None => Inbox::begin(self.env).map(|inbox| self.inbox.get_or_init(|| Rc::new(inbox))),
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

    /// Finds what has called C, if it is not a function that may call script back.
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
    pub(crate) fn run_for_event_loop(&self, run: impl FnOnce()) {
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

    /// Reports the exception that waits, if no native function is below that would throw it.
    pub(crate) fn report_uncaught(&self) {
        if let Some(thrown) = self.realm.take_exception() {
            self.env.uncaught(thrown);
        }
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
