//! One environment: the main thread's, or a Worker's.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use hotcall::engine::Realm;
use napi_sys::napi_env;

use crate::api::{Env, get, run};
use crate::engine::Node;
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
        let environment = Rc::new(Self { env, realm, v8, limit, errno: Cell::new(0) });
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

    /// Keeps an exception until the function of C returns that runs alone.
    pub(crate) fn throw_alone(&self, thrown: Thrown) {
        if self.running() == Running::Alone {
            return self.realm.throw(thrown);
        }
        // SAFETY: a fast call or an ordinary call of the realm runs, and nothing of the realm runs inside it.
        unsafe { self.realm.leave_fast_call(self.realm.engine().exit(), thrown) };
    }

    /// The innermost code that runs.
    pub(crate) fn running(&self) -> Running {
        self.realm.engine().running.get()
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

unsafe extern "C" fn end(_: napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: this is the reference of `begin`. The environment calls this once.
    drop(unsafe { Rc::from_raw(data.cast::<Environment>()) });
}
