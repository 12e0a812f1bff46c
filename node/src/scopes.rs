//! Scopes for the values that callbacks make.

use std::cell::Cell;
use std::ptr;

use napi_sys::napi_handle_scope;

use crate::api::env::Env;
use crate::api::status::get;

/// The scope of the callbacks below the innermost function of C that may call script back. Opening a scope costs as much as
/// many values, so successive callbacks share one.
pub(crate) struct Scopes {
    env: Env,
    /// Null if none is open.
    scope: Cell<napi_handle_scope>,
    /// The number of callbacks that have used the scope.
    uses: Cell<u32>,
}

/// The number of callbacks that share a scope.
const SHARED_BY: u32 = 64;

impl Scopes {
    pub(crate) const fn new(env: Env) -> Self {
        Self { env, scope: Cell::new(ptr::null_mut()), uses: Cell::new(0) }
    }

    /// Calls C, and closes the scope that its callbacks leave.
    pub(crate) fn call_c<R>(&self, run: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Scopes, napi_handle_scope, u32);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.close();
                self.0.scope.set(self.1);
                self.0.uses.set(self.2);
            }
        }
        let _restore = Restore(self, self.scope.replace(ptr::null_mut()), self.uses.replace(0));
        run()
    }

    /// Provides a scope for the values of a callback. It may be that of the last one, whose values are not used any more.
    pub(crate) fn provide(&self) {
        let uses = self.uses.get();
        if uses.is_multiple_of(SHARED_BY) {
            self.close();
            let mut scope = ptr::null_mut();
            // SAFETY: the environment is valid. A failure leaves null, and the values go to the scope below.
            unsafe { napi_sys::napi_open_handle_scope(self.env.raw(), &mut scope) };
            self.scope.set(scope);
        }
        self.uses.set(uses.wrapping_add(1));
    }

    fn close(&self) {
        let scope = self.scope.replace(ptr::null_mut());
        if !scope.is_null() {
            // SAFETY: `provide` has opened the scope. Those that were opened later belong to functions that have returned.
            unsafe { napi_sys::napi_close_handle_scope(self.env.raw(), scope) };
        }
    }
}

impl Env {
    /// Runs something with a scope for the values that it makes.
    pub(crate) fn scope<R>(self, run: impl FnOnce() -> R) -> R {
        let scope = get!(self, napi_open_handle_scope()).ok();
        let result = run();
        if let Some(scope) = scope {
            // SAFETY: the scope was opened here, and those inside it are closed.
            unsafe { napi_sys::napi_close_handle_scope(self.raw(), scope) };
        }
        result
    }
}
