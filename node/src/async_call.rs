//! Calls of C on another thread: the native `async`.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use hotcall::{Outcome, OwnedCall, Type, Value as Returned};
use napi_sys::{Status, napi_async_work, napi_deferred, napi_env, napi_status};

use crate::api::env::{Env, Value};
use crate::api::root::Root;
use crate::api::status::{get, run};
use crate::api::thrown::Thrown;
use crate::arguments::Arguments;
use crate::callee::{CStrings, Callee};
use crate::engine::{SITE, value};
use crate::environment::Environment;
use crate::function::CFunction;
use crate::running::Running;

/// A call in the queue of libuv's pool, with everything that it needs. Apart from the call itself, script's thread alone uses
/// it.
struct AsyncCall {
    environment: Rc<Environment>,
    deferred: napi_deferred,
    work: napi_async_work,
    /// Taken by the thread of the pool.
    call: Option<OwnedCall>,
    /// The result, or the exception for a panic.
    outcome: Option<Result<Outcome, Thrown>>,
    result: ResultTo,
    /// The arguments, and buffers that keep the memory of those among them.
    held: Root,
    /// Strings among the arguments.
    _texts: CStrings,
}

/// The place of the result.
enum ResultTo {
    Nothing,
    Value(Type),
    /// The bytes of the argument behind those of C.
    Bytes {
        index: usize,
        size: usize,
    },
}

/// `async(function, arguments, options)`: a promise of `{ value, errno }`.
pub(crate) fn call(environment: &Environment, args: &Arguments<'_>) -> Result<Value, Thrown> {
    let env = environment.env;
    let function = env.owned::<CFunction>(args.get(0))?.callee();
    let mut values = env.elements(args.get(1))?.ok_or_else(|| args.wrong(1, "an array of arguments"))?;
    let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the environment is valid.
    env.check(unsafe { napi_sys::napi_create_promise(env.raw(), &mut deferred, &mut promise) })?;
    // Arguments behind those of the function are ignored, and those that are missing are undefined, as in other calls.
    values.resize(function.arity(), env.undefined()?);
    let queued = AsyncCall::prepare(function, &values, deferred).and_then(AsyncCall::queue);
    if let Err(thrown) = queued {
        settle(env, deferred, Err(thrown));
    }
    // SAFETY: the promise is a new value.
    Ok(unsafe { Value::new(promise) })
}

impl AsyncCall {
    /// Converts the arguments.
    fn prepare(function: &Callee, values: &[Value], deferred: napi_deferred) -> Result<Box<Self>, Thrown> {
        let (environment, signature) = (function.environment(), function.function().signature());
        let mut texts = CStrings::new();
        // Script runs before the call ends, as it does below a function that calls back. So the same buffers are refused.
        let convert = || {
            let types = signature.params().iter().chain(signature.result().filter(|_| function.returns_bytes()));
            let slot = |(index, ty)| function.slot(index, ty, values[index], &mut texts);
            types.enumerate().map(slot).collect::<Result<Vec<_>, _>>()
        };
        let slots = environment.run_as(Running::CallsBack, convert)?;
        let count = signature.params().len();
        // SAFETY: script's author promises that the declaration is true, and that any thread may call the function. The
        // slots are of its types. What they point to is held until the call has ended.
        let call = unsafe { function.function().prepare_slots(&slots[..count]) }.map_err(Thrown::error)?;
        let result = match (signature.result(), function.result_size()) {
            (Some(_), Some(size)) => ResultTo::Bytes { index: count, size },
            (Some(ty), None) => ResultTo::Value(ty.clone()),
            (None, _) => ResultTo::Nothing,
        };
        Ok(Box::new(Self {
            environment: Rc::clone(environment),
            deferred,
            work: ptr::null_mut(),
            call: Some(call),
            outcome: None,
            result,
            held: hold(environment, values)?,
            _texts: texts,
        }))
    }

    /// Gives the call to libuv's pool. From then on the completed work owns it.
    fn queue(self: Box<Self>) -> Result<(), Thrown> {
        let env = self.environment.env;
        let name = env.string("hotcall async")?;
        let data = Box::into_raw(self);
        let queue = || {
            let none = ptr::null_mut();
            let work =
                get!(env, napi_create_async_work(none, name.raw(), Some(run_call), Some(complete), data.cast()))?;
            // SAFETY: the call is not in the queue yet, so nothing else uses it.
            unsafe { (*data).work = work };
            run!(env, napi_queue_async_work(work)).inspect_err(|_| {
                // SAFETY: the work is not in the queue.
                unsafe { napi_sys::napi_delete_async_work(env.raw(), work) };
            })
        };
        queue().inspect_err(|_| {
            // SAFETY: the call is not in the queue, so nothing else has the box.
            drop(unsafe { Box::from_raw(data) });
        })
    }

    /// Makes the object `{ value, errno }` of the outcome.
    fn outcome(&mut self) -> Result<Value, Thrown> {
        let env = self.environment.env;
        // A call without an outcome was taken from the queue because the environment ends.
        let outcome = self.outcome.take().ok_or(Thrown::Ending)??;
        let object = env.object()?;
        env.set(object, "value", self.value(&outcome.value)?)?;
        let errno = outcome.errno.map_or_else(|| env.undefined(), |errno| env.number(errno.into()))?;
        env.set(object, "errno", errno)?;
        Ok(object)
    }

    fn value(&self, returned: &Returned<'_>) -> Result<Value, Thrown> {
        let env = self.environment.env;
        match &self.result {
            ResultTo::Nothing => env.undefined(),
            // SAFETY: the slot is that of a scalar of this type.
            ResultTo::Value(ty) => unsafe { self.environment.realm.to_value(SITE, ty, returned.into()) }.map(value),
            ResultTo::Bytes { index, size } => {
                let to = env.as_bytes(env.kept(&self.held, *index)?).filter(|to| !to.is_gone && to.len >= *size);
                let to =
                    to.ok_or_else(|| Thrown::type_error("the buffer for the result was detached during the call"))?;
                let bytes = returned.as_bytes().unwrap_or_default();
                // SAFETY: the buffer has at least the struct's size.
                unsafe { bytes.as_ptr().copy_to_nonoverlapping(to.address, bytes.len()) };
                env.undefined()
            }
        }
    }
}

/// Keeps arguments until a call has ended, and their memory even if script detaches it.
fn hold(environment: &Environment, values: &[Value]) -> Result<Root, Thrown> {
    let mut held = values.to_vec();
    for &value in values {
        if let Some(bytes) = environment.env.as_bytes(value) {
            held.extend(environment.realm.engine().keep_memory(bytes.buffer));
        }
    }
    environment.env.keep(&held)
}

/// Runs on a thread of the pool.
unsafe extern "C" fn run_call(_: napi_env, data: *mut c_void) {
    // SAFETY: `queue` has given the call to the work. No other thread uses these two fields until the work is complete.
    let (call, outcome) = unsafe {
        let data = data.cast::<AsyncCall>();
        (&mut (*data).call, &mut (*data).outcome)
    };
    if let Some(call) = call.take() {
        let ran = catch_unwind(AssertUnwindSafe(|| call.run()));
        *outcome = Some(ran.map_err(|payload| Thrown::of_panic(&*payload)));
    }
}

/// Runs on script's thread when the call has ended, or was taken from the queue because the environment ends.
unsafe extern "C" fn complete(_: napi_env, _: napi_status, data: *mut c_void) {
    // SAFETY: `queue` has given the box to the work, which is complete.
    let mut call = unsafe { Box::from_raw(data.cast::<AsyncCall>()) };
    let env = call.environment.env;
    let outcome = call.outcome();
    settle(env, call.deferred, outcome);
    // SAFETY: the work is complete, and deleted once.
    unsafe { napi_sys::napi_delete_async_work(env.raw(), call.work) };
}

/// Settles a promise, unless the environment ends.
fn settle(env: Env, deferred: napi_deferred, outcome: Result<Value, Thrown>) {
    // SAFETY: the promise is settled once. The values are those of the environment.
    let _status: napi_status = unsafe {
        match outcome {
            Ok(value) => napi_sys::napi_resolve_deferred(env.raw(), deferred, value.raw()),
            Err(thrown) => match thrown.into_value(env) {
                Some(value) => napi_sys::napi_reject_deferred(env.raw(), deferred, value.raw()),
                None => Status::napi_closing,
            },
        }
    };
}
