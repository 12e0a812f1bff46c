//! Functions of script as function pointers of C.

use std::cell::Cell;
use std::rc::Rc;

use hotcall::{Call, Callback, LocalCallback, LocalOptions, Signature, Thunk, Wait};
use napi_sys::napi_type_tag;

use crate::api::env::Value;
use crate::api::read::ValueKind;
use crate::api::root::Root;
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::declarations::function as declared_function;
use crate::engine::{SITE, value, words};
use crate::environment::Environment;
use crate::handle::{Handle, tag};
use crate::inbox::{Inbox, Sender};
use crate::running::{Caller, Running};
use crate::v8::plain_callback::PlainCallback;
use crate::v8::script::ScriptFunction;

/// The reason why script does not run.
const REFUSED: &str = "script cannot run while this function runs: make it with the option \"callbacks\"";

/// A function of script that C can call, for script.
struct ScriptCallback {
    local: LocalCallback,
    inbox: Rc<Inbox>,
    /// `Some` while the callback is open.
    open: Cell<Option<Open>>,
    /// `Some` while the callback keeps itself and the event loop.
    held: Cell<Option<Held>>,
}

/// The fault of a callback whose function is asynchronous.
const PROMISE: &str = "a callback returned a promise, but C waits for its result: make it with the option \"nowait\"";

impl Handle for ScriptCallback {
    const NAME: &'static str = "a callback";
    const TAG: napi_type_tag = tag(3);
}

/// Keeps a callback from being collected, and the event loop running.
struct Held {
    inbox: Rc<Inbox>,
    _callback: Root,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.inbox.release();
    }
}

/// Counts a callback among the open ones of its environment.
struct Open(Rc<Environment>);

impl Open {
    fn new(environment: &Rc<Environment>) -> Self {
        environment.open_callbacks.set(environment.open_callbacks.get() + 1);
        Self(Rc::clone(environment))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open_callbacks.set(self.0.open_callbacks.get() - 1);
    }
}

/// The function behind a callback.
struct Target {
    environment: Rc<Environment>,
    signature: Signature,
    function: Root,
    /// The function for V8 itself.
    script: Option<ScriptFunction>,
    /// The signature, if values of it are made without Node-API.
    plain: Option<PlainCallback>,
    /// True if C waits for the result.
    is_awaited: bool,
}

/// `callback(declarations, key, function, { nowait } | undefined)`
pub(crate) fn callback(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let name = args.string(1)?;
    let signature = declared_function(env.owned(args.get(0))?, &name)?.signature.clone();
    if env.kind(args.get(2))? != ValueKind::Function {
        return Err(args.wrong(2, "a function"));
    }
    let is_awaited = !env.as_boolean(args.option(3, "nowait")?).unwrap_or(false);
    let inbox = Rc::clone(environment.inbox()?);
    let target = Target {
        environment: Environment::of(env)?,
        signature: signature.clone(),
        function: env.keep(&[args.get(2)])?,
        script: environment.v8.as_ref().ok().map(|v8| ScriptFunction::new(v8, args.get(2))),
        plain: PlainCallback::of(&signature),
        is_awaited,
    };
    let options = LocalOptions::new().wait(if is_awaited { Wait::Forever } else { Wait::NoWait });
    let sender = Sender { gate: inbox.gate().clone(), name: name.into() };
    let thunk = Thunk::new(&signature).map_err(Thrown::error)?;
    let local = Callback::local(&thunk, options, sender, move |call: &mut Call<'_>| target.answer(call));
    let local = local.map_err(Thrown::type_error)?;
    let open = Cell::new(Some(Open::new(&Environment::of(env)?)));
    env.own(ScriptCallback { local, inbox, open, held: Cell::new(None) })
}

impl Target {
    /// Answers a call on script's thread.
    fn answer(&self, call: &mut Call<'_>) {
        if self.environment.running() != Running::CallsBack {
            return self.answer_other(call);
        }
        match &self.script {
            Some(script) => self.run_by_v8(script, call),
            None => self.run_by_node_api(call),
        }
    }

    /// Answers a call that does not come from a function that may call script back.
    #[cold]
    fn answer_other(&self, call: &mut Call<'_>) {
        let environment = &self.environment;
        let refused = || Thrown::type_error(REFUSED);
        match environment.caller() {
            Caller::OtherThread => self.run_by_node_api(call),
            Caller::EventLoop => {
                environment.env.scope(|| environment.run_for_the_event_loop(|| self.run_by_node_api(call)));
            }
            Caller::Alone => environment.realm.throw(refused()),
            // SAFETY: a fast call runs. It is one of the realm, because other addons have no way to this callback from there.
            Caller::FastCall => unsafe {
                environment.realm.leave_fast_call(environment.realm.engine().exit(), refused());
            },
        }
    }

    /// Calls script below a function that may call script back.
    fn run_by_v8(&self, script: &ScriptFunction, call: &mut Call<'_>) {
        let environment = &self.environment;
        environment.scopes.provide();
        // SAFETY: a function runs that may call script back, and the arguments are values of the environment.
        let script_call = |args: &[Value]| unsafe { script.call(args) };
        match &self.plain {
            // SAFETY: the callback has this signature, and runs on the environment's thread.
            Some(plain) => unsafe {
                plain.answer(script.v8(), &environment.realm, call, |args| self.call_script(args, script_call));
            },
            None => self.run(call, script_call),
        }
    }

    /// Calls script, and checks that C does not wait for a promise.
    fn call_script(
        &self,
        args: &[Value],
        script: impl FnOnce(&[Value]) -> Result<Value, Thrown>,
    ) -> Result<Value, Thrown> {
        let result = self.environment.run_as(Running::None, || script(args))?;
        if self.is_awaited && self.environment.realm.engine().is_promise(result) {
            return Err(Thrown::type_error(PROMISE));
        }
        Ok(result)
    }

    /// Calls script by Node-API, which refuses that when the environment ends.
    fn run_by_node_api(&self, call: &mut Call<'_>) {
        let env = self.environment.env;
        env.scope(|| self.run(call, |args| env.call(env.kept(&self.function, 0)?, args)));
    }

    /// Calls script with values of C's arguments.
    fn run(&self, call: &mut Call<'_>, script: impl FnOnce(&[Value]) -> Result<Value, Thrown>) {
        let realm = &self.environment.realm;
        let run = |args: &[_]| {
            let args: Vec<_> = args.iter().copied().map(value).collect();
            self.call_script(&args, script).map(words)
        };
        // SAFETY: the callback has this signature, and runs on the environment's thread.
        unsafe { realm.answer(SITE, &self.signature, call, run) };
    }
}

/// `callbackPointer(callback)`
pub(crate) fn pointer(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let callback: &ScriptCallback = environment.env.owned(args.get(0))?;
    environment.pointer(callback.local.as_ptr().cast_mut())
}

/// `callbackClose(callback)`
pub(crate) fn close(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let callback: &ScriptCallback = environment.env.owned(args.get(0))?;
    callback.local.close();
    callback.open.take();
    callback.held.take();
    environment.env.undefined()
}

/// `callbackRef(callback, on)`: an open callback keeps itself and the event loop, or lets go of them.
pub(crate) fn hold(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let callback: &ScriptCallback = env.owned(args.get(0))?;
    let on = env.as_boolean(args.get(1)).ok_or_else(|| args.wrong(1, "a boolean"))?;
    let held = if on && !callback.local.is_closed() {
        let held = Held { inbox: Rc::clone(&callback.inbox), _callback: env.keep(&[args.get(0)])? };
        held.inbox.hold();
        Some(held)
    } else {
        None
    };
    callback.held.set(held);
    env.undefined()
}
