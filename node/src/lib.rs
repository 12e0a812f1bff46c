//! The native addon of the npm package: an object of functions, the *binding*, over Node-API.
//!
//! JavaScript knows what is comfortable, and this crate knows C. One `Environment` belongs to each main thread or Worker.
//!
//! Each file imports from those below it alone:
//!
//! | files | content |
//! |---|---|
//! | `binding` | the table of the natives |
//! | `library`, `symbols`, `declarations`, `memory`, `pointer`, `callback`, `async_call`, `ways`, `permission` | natives |
//! | `function`, `v8::entries` | a function of C for script, and V8's entries to it |
//! | `callee` | a function of C, and calls with script's arguments |
//! | `arguments`, `options` | arguments of natives |
//! | `environment` | the state of one environment, over its `inbox` and `scopes` |
//! | `v8::begin`, `engine` | V8's facts, compared; script behind hotcall's `Engine` |
//! | `v8::isolate` | V8 in one environment |
//! | `bytes`, `handle` | bytes of script, and objects that hold a value of Rust |
//! | `v8::functions` | V8's functions by name |
//! | `api` | Node-API |

mod api;
mod arguments;
mod async_call;
mod binding;
mod bytes;
mod callback;
mod callee;
mod declarations;
mod describe;
mod engine;
mod environment;
mod function;
mod handle;
mod inbox;
mod library;
mod limit;
mod memory;
mod options;
mod permission;
mod pointer;
mod running;
mod scopes;
mod symbols;
mod texts;
mod v8;
mod ways;

use napi_sys::{napi_env, napi_value};

use api::env::{Env, Value};
use api::throw::guard;

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
    let (env, exports) = unsafe { (Env::new(env), Value::new(exports)) };
    guard(env, || binding::fill(env, exports).map(|()| exports))
}
