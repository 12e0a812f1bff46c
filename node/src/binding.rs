//! The binding: its native functions.

use std::mem::MaybeUninit;
use std::ptr;

use napi_sys::{napi_callback_info, napi_env, napi_value};

use crate::api::env::{Env, Value};
use crate::api::throw::guard;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::environment::Environment;
use crate::{async_call, callback, declarations, function, library, memory, permission, pointer, symbols, ways};

/// A native function of the binding.
struct Native {
    name: &'static str,
    run: fn(&Environment, &Arguments<'_>) -> Result<Value, Thrown>,
}

const NATIVES: &[Native] = &[
    Native { name: "declarations", run: declarations::declarations },
    Native { name: "describe", run: declarations::describe },
    Native { name: "names", run: declarations::names },
    Native { name: "open", run: library::open },
    Native { name: "resolvedPath", run: library::resolved_path },
    Native { name: "close", run: library::close },
    Native { name: "isClosed", run: library::is_closed },
    Native { name: "symbol", run: library::symbol },
    Native { name: "functions", run: symbols::functions },
    Native { name: "symbols", run: symbols::symbols },
    Native { name: "missing", run: symbols::missing },
    Native { name: "functionOf", run: symbols::function_of },
    Native { name: "variadic", run: library::variadic },
    Native { name: "pointerFunction", run: library::pointer_function },
    Native { name: "ways", run: ways::ways },
    Native { name: "diagnostics", run: ways::diagnostics },
    Native { name: "errno", run: function::errno },
    Native { name: "callback", run: callback::callback },
    Native { name: "callbackPointer", run: callback::pointer },
    Native { name: "callbackClose", run: callback::close },
    Native { name: "callbackRef", run: callback::hold },
    Native { name: "async", run: async_call::call },
    Native { name: "pointer", run: pointer::pointer },
    Native { name: "address", run: pointer::address_of },
    Native { name: "offset", run: pointer::offset },
    Native { name: "isPointer", run: pointer::is_pointer },
    Native { name: "pointerOf", run: pointer::pointer_of },
    Native { name: "read", run: memory::read },
    Native { name: "write", run: memory::write },
    Native { name: "string", run: memory::string },
    Native { name: "text", run: memory::text },
    Native { name: "arrayBuffer", run: memory::array_buffer },
    Native { name: "copy", run: memory::copy },
    Native { name: "store", run: memory::store },
    Native { name: "alloc", run: memory::alloc },
    Native { name: "free", run: memory::free },
    Native { name: "eventLoop", run: pointer::event_loop },
    Native { name: "permission", run: permission::permission },
];

/// The largest number of arguments of a native function.
const MAX_ARGUMENTS: usize = 6;

/// Fills the object that script gets.
pub(crate) fn fill(env: Env, exports: Value) -> Result<(), Thrown> {
    Environment::begin(env)?;
    env.set(exports, "version", env.string(env!("CARGO_PKG_VERSION"))?)?;
    for native in NATIVES {
        let data = ptr::from_ref(native).cast_mut().cast();
        env.set(exports, native.name, env.function(native.name, call, data)?)?;
    }
    Ok(())
}

/// The Node-API callback of all natives.
unsafe extern "C" fn call(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: Node-API calls this on the environment's thread.
    let env = unsafe { Env::new(env) };
    guard(env, || {
        let mut room = [MaybeUninit::uninit(); MAX_ARGUMENTS];
        // SAFETY: Node-API has passed `info` to this callback.
        let (values, data) = unsafe { env.callback_info(info, &mut room)? };
        // SAFETY: `fill` has given each function its entry of the table.
        let native = unsafe { &*data.cast::<Native>() };
        let environment = Environment::of(env)?;
        (native.run)(&environment, &Arguments::new(&environment, native.name, values))
    })
}
