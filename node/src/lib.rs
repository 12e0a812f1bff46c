//! The native addon of the npm package: an object of functions, the *binding*, over Node-API.
//!
//! ```text
//! JavaScript ──► native (binding.rs) ──► library, declarations, memory, callbacks
//!            ──► function of C: napi.rs
//! ```
//!
//! JavaScript knows what is comfortable, and this crate knows C. One `Environment` belongs to each main thread or Worker.

mod api;
mod async_call;
mod binding;
mod callback;
mod declarations;
mod describe;
mod engine;
mod environment;
mod function;
mod handle;
mod inbox;
mod library;
mod memory;
mod options;
mod permission;
mod pointer;
mod scopes;
mod symbols;
mod texts;
mod thrown;
mod v8;
mod ways;

use napi_sys::{napi_env, napi_value};

use api::Env;

/// The function that runtimes call when they load the addon. `exports` becomes the binding.
///
/// # Safety
///
/// A runtime calls it, on a thread of script, with its environment and an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(env: napi_env, exports: napi_value) -> napi_value {
    // SAFETY: the functions are those of the running program, which stays loaded. `setup` keeps the first table.
    unsafe { napi_sys::setup() };
    // SAFETY: the caller promises an environment and a value of it.
    let (env, exports) = unsafe { (Env::new(env), api::Value::new(exports)) };
    thrown::guard(env, || binding::fill(env, exports).map(|()| exports))
}
