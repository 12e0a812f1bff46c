//! Callbacks: functions of script as C function pointers.

use std::cell::{Cell, RefCell};
use std::mem;
use std::rc::Rc;
use std::sync::mpsc::Sender;

use hotcall::engine::Site;
use hotcall::{Call, Callback, CallbackError, ForeignCall, LocalCallback, LocalOptions, Scalar, Slot, Thunk, Type};
use hotcall_engines::quickjs::{Callee, Owned, value};
use rquickjs::qjs as js;
use rquickjs::{Array, Ctx, Function, Object, Result};

use crate::declarations::read_function;
use crate::event::Event;
use crate::script::{realm, script, throw, to_value, type_error};
use crate::table::Table;

/// The callbacks that script has made and not closed.
pub(crate) struct Callbacks {
    queue: Sender<Event>,
    open: RefCell<Table<LocalCallback>>,
    /// The number of callbacks that keep the event loop alive.
    referenced: Cell<usize>,
}

impl Callbacks {
    /// Calls from other threads go to the queue.
    pub(crate) fn new(queue: Sender<Event>) -> Rc<Self> {
        Rc::new(Self { queue, open: RefCell::default(), referenced: Cell::new(0) })
    }

    /// Adds the functions for callbacks.
    pub(crate) fn install<'js>(self: &Rc<Self>, own: &Ctx<'js>, functions: &Object<'js>) -> Result<()> {
        let callbacks = Rc::clone(self);
        let make = move |own: Ctx<'js>, declaration: String, function: Function<'js>| {
            callbacks.make(own, &declaration, &function)
        };
        functions.set("callback", Function::new(own.clone(), make)?)?;
        let callbacks = Rc::clone(self);
        functions.set("closeCallback", Function::new(own.clone(), move |number| callbacks.close(number))?)?;
        let callbacks = Rc::clone(self);
        functions.set("reference", Function::new(own.clone(), move |more| callbacks.reference(more))?)
    }

    /// Returns true if callbacks keep the event loop alive.
    pub(crate) fn are_referenced(&self) -> bool {
        self.referenced.get() > 0
    }

    /// Makes a callback: `[number, pointer]`.
    fn make<'js>(&self, own: Ctx<'js>, declaration: &str, function: &Function<'js>) -> Result<Array<'js>> {
        // The engine makes values for a function in the context of its caller.
        let ctx = script(&own);
        let signature = read_function(&ctx, declaration)?.signature;
        let fail = |error: CallbackError| type_error(&ctx, error);
        let thunk = Thunk::new(&signature).map_err(fail)?;
        let queue = self.queue.clone();
        let dispatch = move |call| {
            queue.send(Event::Called(call)).map_err(|refused| match refused.0 {
                Event::Called(call) => call,
                Event::Done(..) => unreachable!("a call was sent"),
            })
        };
        let context = ctx.as_raw();
        // SAFETY: the callback is dropped before the context.
        let function = unsafe {
            let function = js::JS_DupValue(context.as_ptr(), function.as_value().as_raw());
            Callee::new(Owned::new(context.as_ptr(), function))
        };
        let realm = realm(&ctx);
        let gives_address = matches!(signature.result().and_then(Type::as_scalar), Some(Scalar::Pointer(_)));
        let handler = move |call: &mut Call<'_>| {
            let engine = realm.engine();
            let run = |args: &[_]| {
                // SAFETY: the function and the values are the engine's.
                let result = unsafe { function.call(args) };
                if gives_address && let Ok(words) = result {
                    // SAFETY: the value is the engine's.
                    unsafe { engine.host().keep_for_turn(engine.buffers(), context.as_ptr(), value(words)) };
                }
                result
            };
            // SAFETY: the call is one of this callback, on the thread that runs the script.
            unsafe { realm.answer(Site::new(context.as_ptr().cast()), &signature, call, run) };
        };
        let callback = Callback::local(&thunk, LocalOptions::default(), dispatch, handler).map_err(fail)?;
        let answer = Array::new(own)?;
        // SAFETY: the slot is that of a pointer.
        answer.set(1, unsafe { to_value(&ctx, &Type::POINTER, Slot::from(&callback))? })?;
        answer.set(0, self.open.borrow_mut().insert(callback))?;
        Ok(answer)
    }

    fn close(&self, number: u32) {
        let callback = self.open.borrow_mut().remove(number);
        drop(callback);
    }

    /// Changes the number of callbacks that keep the event loop alive by one.
    fn reference(&self, more: bool) {
        let referenced = &self.referenced;
        referenced.set(if more { referenced.get() + 1 } else { referenced.get().saturating_sub(1) });
    }

    /// Closes all callbacks, which releases their functions.
    pub(crate) fn shut_down(&self) {
        drop(mem::take(&mut *self.open.borrow_mut()));
    }
}

/// Answers a call from another thread. An exception that script cannot catch is left for the caller.
pub(crate) fn answer(ctx: &Ctx<'_>, call: ForeignCall) -> Result<()> {
    drop(call.run());
    // No native function runs here that would throw the exception.
    realm(ctx).take_exception().map_or(Ok(()), |exception| Err(throw(ctx, exception)))
}
