//! The native addon of the npm package: an object of functions, the *binding*, over Node-API.
//!
//! JavaScript knows what is comfortable, and this crate knows C. One `Environment` belongs to each main thread or Worker.
//!
//! Files import from those of their own row and of the rows below, never in a circle:
//!
//! | files | content |
//! |---|---|
//! | `binding` | the table of natives |
//! | `library`, `symbols`, `options`, `declarations`, `memory`, `pointer`, `callback`, `async_call`, `describe`, `ways`, `permission` | natives, by what they work on |
//! | `function`, `v8::entries` | a function of C for script |
//! | `callee` | a function of C, and calls with script's arguments |
//! | `arguments` | the arguments of natives |
//! | `environment` | the state of an environment |
//! | `v8::plain_callback`, `v8::script` | callbacks by V8 itself |
//! | `v8::begin` | facts about V8, compared with its own answers |
//! | `engine` | script behind hotcall's `Engine` |
//! | `v8::isolate` | V8 in an environment |
//! | `bytes`, `handle`, `inbox`, `limit`, `running`, `scopes`, `texts` | parts of an environment |
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
