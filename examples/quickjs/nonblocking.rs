//! Nonblocking calls: C functions on other threads, and promises of their results.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::Sender;

use hotcall::engine::{Engine, EngineError};
use hotcall::{Function, Outcome, Slot, Type};
use hotcall_engines::quickjs::{Pin, words};
use rquickjs::function::Rest;
use rquickjs::{Ctx, Error, Function as JsFunction, Persistent, Result, Value};

use crate::event::Event;
use crate::functions::in_context;
use crate::host::buffer_of;
use crate::script::{error, realm, script, site, throw, to_value};
use crate::table::Table;
use crate::thread_pool::ThreadPool;

/// The nonblocking calls of a runtime.
pub(crate) struct NonblockingCalls {
    threads: ThreadPool,
    queue: Sender<Event>,
    running: RefCell<Table<Running>>,
}

/// A nonblocking call: its promise, and the memory that it works on.
struct Running {
    result: Option<Type>,
    resolve: Persistent<JsFunction<'static>>,
    kept: Vec<Pin>,
}

/// The arguments of a call in hotcall's form.
#[derive(Default)]
struct Arguments {
    slots: Vec<Slot>,
    /// The buffers whose addresses are in the slots.
    kept: Vec<Pin>,
}

impl NonblockingCalls {
    /// `threads` is the number of calls that may run at once. Calls that have returned go to the queue.
    pub(crate) fn new(threads: usize, queue: Sender<Event>) -> Rc<Self> {
        Rc::new(Self { threads: ThreadPool::new(threads), queue, running: RefCell::default() })
    }

    /// Returns true if calls have not returned yet.
    pub(crate) fn are_running(&self) -> bool {
        !self.running.borrow().is_empty()
    }

    /// A function for script that calls on another thread.
    pub(crate) fn function<'js>(self: &Rc<Self>, ctx: &Ctx<'js>, function: Function) -> Result<Value<'js>> {
        let ctx = &script(ctx);
        let arity = function.signature().params().len();
        let name = function.name().to_owned();
        let calls = Rc::clone(self);
        let start = move |ctx: Ctx<'js>, args: Rest<Value<'js>>| calls.start(&ctx, &function, &args);
        let start = JsFunction::new(ctx.clone(), start)?.with_name(name)?.with_length(arity)?;
        Ok(in_context(start)?.into_value())
    }

    /// Begins a call on another thread. Returns a promise, also for an error.
    fn start<'js>(&self, ctx: &Ctx<'js>, function: &Function, args: &[Value<'js>]) -> Result<Value<'js>> {
        let (promise, resolve, reject) = script(ctx).promise()?;
        match self.spawn(ctx, function, args, resolve) {
            Err(error) if error.is_exception() => reject.call::<_, ()>((ctx.catch(),))?,
            started => started?,
        }
        Ok(promise.into_value())
    }

    fn spawn<'js>(
        &self,
        ctx: &Ctx<'js>,
        function: &Function,
        args: &[Value<'js>],
        resolve: JsFunction<'js>,
    ) -> Result<()> {
        let Arguments { slots, kept } = convert(ctx, function, args)?;
        // SAFETY: the slots are those of the arguments, whose bytes are kept until the call has returned.
        let call = match unsafe { function.prepare_slots(&slots) } {
            Ok(call) => call,
            Err(refused) => {
                release(ctx, kept);
                return Err(error(ctx, refused));
            }
        };
        let result = function.signature().result().cloned();
        let running = Running { result, resolve: Persistent::save(ctx, resolve), kept };
        let number = self.running.borrow_mut().insert(running);
        let queue = self.queue.clone();
        // Once the event loop has ended, the result is dropped.
        let run = move || drop(queue.send(Event::Done(number, call.run())));
        if let Err(problem) = self.threads.run(run) {
            let running = self.running.borrow_mut().remove(number);
            running.into_iter().for_each(|running| release(ctx, running.kept));
            return Err(error(ctx, format!("cannot start a thread for {}: {problem}", function.name())));
        }
        Ok(())
    }

    /// Resolves the promise of a call that has returned.
    pub(crate) fn settle(&self, ctx: &Ctx<'_>, number: u32, outcome: Outcome) -> Result<()> {
        let Some(Running { result, resolve, kept }) = self.running.borrow_mut().remove(number) else {
            return Ok(());
        };
        release(ctx, kept);
        let value = match (result, outcome.value) {
            (None, _) => Value::new_undefined(ctx.clone()),
            // SAFETY: the slot is that of a scalar, or the address of the result's bytes.
            (Some(ty), value) => unsafe { to_value(ctx, &ty, (&value).into())? },
        };
        resolve.restore(ctx)?.call((value,))
    }
}

/// Converts arguments for a call that the engine does not make itself.
fn convert<'js>(ctx: &Ctx<'js>, function: &Function, args: &[Value<'js>]) -> Result<Arguments> {
    let mut converted = Arguments::default();
    for (index, ty) in function.signature().params().iter().enumerate() {
        let arg = args.get(index).cloned().unwrap_or_else(|| Value::new_undefined(ctx.clone()));
        // SAFETY: the value is the engine's.
        match unsafe { realm(ctx).to_slot(site(ctx), ty, words(arg.as_raw())) } {
            Ok(slot) => converted.slots.push(slot),
            Err(problem) => {
                release(ctx, converted.kept);
                let function = function.name().into();
                return Err(refuse(ctx, &EngineError::Argument { function, index, ty: ty.clone(), problem }));
            }
        }
        converted.kept.extend(keep(ctx, &arg));
    }
    Ok(converted)
}

/// Throws the engine's exception for an error.
fn refuse(ctx: &Ctx<'_>, error: &EngineError) -> Error {
    // SAFETY: the site is the engine's.
    let exception = unsafe { realm(ctx).engine().exception(site(ctx), error) };
    throw(ctx, exception)
}

/// Pins the buffer that an argument is or points into.
fn keep(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<Pin> {
    let realm = realm(ctx);
    let engine = realm.engine();
    // SAFETY: the value is the engine's, and a buffer is an object with bytes.
    unsafe {
        let buffer = buffer_of(engine.buffers(), ctx.as_raw().as_ptr(), value.as_raw())?;
        engine.pin(site(ctx), words(buffer.value()))
    }
}

fn release(ctx: &Ctx<'_>, kept: Vec<Pin>) {
    for pin in kept {
        // SAFETY: each pin is released once.
        unsafe { realm(ctx).engine().unpin(site(ctx), pin) };
    }
}
