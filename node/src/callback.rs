//! Functions of script as function pointers of C.

use std::rc::Rc;

use hotcall::{Call, Callback, ForeignCall, LocalCallback, LocalOptions, Thunk};
use napi_sys::napi_type_tag;

use crate::api::{Root, Value, ValueKind};
use crate::binding::Arguments;
use crate::declarations::function as declared_function;
use crate::engine::{SITE, value, words};
use crate::environment::{Environment, Running};
use crate::handle::{Handle, tag};
use crate::pointer;
use crate::thrown::Thrown;

/// The reason why script does not run.
const REFUSED: &str = "script cannot run while this function runs: make it with the option \"callbacks\"";

impl Handle for LocalCallback {
    const NAME: &'static str = "a callback";
    const TAG: napi_type_tag = tag(3);
}

/// `callback(declarations, key, function, options)`
pub(crate) fn callback(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let signature = declared_function(env.owned(args.get(0))?, &args.string(1)?)?.signature.clone();
    if env.kind(args.get(2))? != ValueKind::Function {
        return Err(args.wrong(2, "a function"));
    }
    let (function, environment) = (Root::new(env, args.get(2))?, Environment::of(env)?);
    let thunk = Thunk::new(&signature).map_err(Thrown::error)?;
    let handler = move |call: &mut Call<'_>| {
        let environment: &Rc<Environment> = &environment;
        if environment.running.get() == Running::Alone {
            return environment.realm.throw(Thrown::type_error(REFUSED));
        }
        env.scope(|| {
            let run = |arguments: &[_]| {
                let arguments: Vec<_> = arguments.iter().copied().map(value).collect();
                let called = || env.call(function.value(env)?, &arguments);
                environment.run_as(Running::None, called).map(words)
            };
            // SAFETY: the callback has this signature, and runs on the environment's thread.
            unsafe { environment.realm.answer(SITE, &signature, call, run) };
        });
    };
    let refuse = |call: ForeignCall| Err(call);
    env.own(Callback::local(&thunk, LocalOptions::new(), refuse, handler).map_err(Thrown::error)?)
}

/// `callbackPointer(callback)`
pub(crate) fn pointer(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let callback: &LocalCallback = environment.env.owned(args.get(0))?;
    pointer::make(environment.env, callback.as_ptr().cast_mut())
}

/// `callbackClose(callback)`
pub(crate) fn close(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let callback: &LocalCallback = environment.env.owned(args.get(0))?;
    callback.close();
    environment.env.undefined()
}
