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

/// The state of an environment. Its functions and callbacks keep it.
pub(crate) struct Environment {
    pub(crate) env: Env,
    pub(crate) realm: Realm<Node>,
    pub(crate) running: Cell<Running>,
    /// The errno that the last call left which captured it.
    pub(crate) errno: Cell<i32>,
}

/// The innermost function of C that script has called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Running {
    /// None runs, or it has called script.
    None,
    /// A function that was not made to call script back.
    Alone,
    /// A function that may call script back.
    CallsBack,
}

impl Environment {
    /// Makes the state of an environment, and gives it to that.
    pub(crate) fn begin(env: Env) -> Result<Rc<Self>, Thrown> {
        let environment = Rc::new(Self {
            env,
            realm: Realm::of_handles(Node::new(env)),
            running: Cell::new(Running::None),
            errno: Cell::new(0),
        });
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

    /// Runs something as a part of this kind.
    pub(crate) fn run_as<R>(&self, running: Running, run: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Cell<Running>, Running);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let _restore = Restore(&self.running, self.running.replace(running));
        run()
    }
}

unsafe extern "C" fn end(_: napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: this is the reference of `begin`. The environment calls this once.
    drop(unsafe { Rc::from_raw(data.cast::<Environment>()) });
}
