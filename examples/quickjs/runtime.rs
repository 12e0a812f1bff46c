//! The runtime around the FFI: the engine, the main module, and the loop that waits for timers and other threads.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rquickjs::function::IntoArgs;
use rquickjs::promise::PromiseState;
use rquickjs::qjs as js;
use rquickjs::{CatchResultExt, Context, Ctx, Function, Module, Object, Persistent, Promise, Runtime, Value};

use crate::event::Event;
use crate::ffi::Ffi;
use crate::modules::{self, Files};
use crate::permissions::Permission;
use crate::prelude;
use crate::shared_memory;
use crate::stack;

/// The options of the command line.
pub(crate) struct Options {
    pub(crate) script: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) permission: Permission,
    /// The number of nonblocking calls that may run at once.
    pub(crate) threads: usize,
}

/// Runs a script to its end, unless it ends the process itself, and returns the exit code.
pub(crate) fn run(options: &Options) -> rquickjs::Result<u8> {
    let runtime = Runtime::new()?;
    runtime.set_max_stack_size(stack::limit());
    let context = Context::full(&runtime)?;
    // Script cannot change the built-ins that the runtime's own scripts use.
    let own = Context::full(&runtime)?;
    // SAFETY: the runtime was made with this context, and has not made shared memory.
    unsafe { shared_memory::install(js::JS_GetRuntime(context.as_raw().as_ptr())) };
    runtime.set_loader(Files, Files);
    let rejections = Rejections::default();
    let tracked = rejections.clone();
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, handled| {
        tracked.track(&ctx, promise, reason, handled);
    })));
    context.with(|ctx| {
        // SAFETY: the context lives until this function returns, in this runtime.
        let own = unsafe { Ctx::from_raw(own.as_raw()) };
        Script::start(&ctx, &own, options, rejections)?.run(&ctx, &options.script)
    })
}

/// Timers, and the times at which they are due.
#[derive(Clone, Default)]
struct Timers(Rc<RefCell<TimerState>>);

#[derive(Default)]
struct TimerState {
    order: BTreeSet<(Instant, u32)>,
    due: HashMap<u32, Instant>,
    /// Timers that the loop does not wait for.
    unreferenced: HashSet<u32>,
}

impl TimerState {
    fn start(&mut self, number: u32, due: Instant) {
        if let Some(before) = self.due.insert(number, due) {
            self.order.remove(&(before, number));
        }
        self.order.insert((due, number));
    }

    fn stop(&mut self, number: u32) {
        if let Some(due) = self.due.remove(&number) {
            self.order.remove(&(due, number));
        }
        self.unreferenced.remove(&number);
    }
}

impl Timers {
    /// Gives the prelude its functions.
    fn install<'js>(&self, ctx: &Ctx<'js>, natives: &Object<'js>) -> rquickjs::Result<()> {
        let timers = self.clone();
        let start = move |number: u32, milliseconds: f64| {
            timers.0.borrow_mut().start(number, Instant::now() + Duration::from_secs_f64(milliseconds / 1e3));
        };
        natives.set("startTimer", Function::new(ctx.clone(), start)?)?;
        let timers = self.clone();
        natives.set("stopTimer", Function::new(ctx.clone(), move |number| timers.0.borrow_mut().stop(number))?)?;
        let timers = self.clone();
        let reference = move |number: u32, referenced: bool| {
            let TimerState { due, unreferenced, .. } = &mut *timers.0.borrow_mut();
            if referenced {
                unreferenced.remove(&number);
            } else if due.contains_key(&number) {
                unreferenced.insert(number);
            }
        };
        natives.set("refTimer", Function::new(ctx.clone(), reference)?)
    }

    /// The timer that is due first.
    fn first(&self) -> Option<(Instant, u32)> {
        self.0.borrow().order.first().copied()
    }

    /// Returns true if the loop has to wait for a timer.
    fn is_alive(&self) -> bool {
        let state = self.0.borrow();
        state.due.len() > state.unreferenced.len()
    }
}

/// A promise and the reason of its rejection.
type Rejection = (Persistent<Value<'static>>, Persistent<Value<'static>>);

/// Rejected promises, from one emptying of the microtask queue to the next.
#[derive(Clone, Default)]
struct Rejections(Rc<RefCell<RejectionState>>);

#[derive(Default)]
struct RejectionState {
    /// Rejections that are not handled.
    unhandled: Vec<Rejection>,
    /// Rejections that are handled after all.
    handled: Vec<Rejection>,
}

impl Rejections {
    fn track<'js>(&self, ctx: &Ctx<'js>, promise: Value<'js>, reason: Value<'js>, handled: bool) {
        let RejectionState { unhandled, handled: late } = &mut *self.0.borrow_mut();
        let rejection = || (Persistent::save(ctx, promise.clone()), Persistent::save(ctx, reason.clone()));
        if !handled {
            return unhandled.push(rejection());
        }
        // Scripts usually handle the promise that was rejected first.
        let is_this = |(other, _): &Rejection| other.clone().restore(ctx).is_ok_and(|other| other == promise);
        match unhandled.iter().position(is_this) {
            Some(index) => drop(unhandled.remove(index)),
            None => late.push(rejection()),
        }
    }

    fn take(&self) -> RejectionState {
        self.0.take()
    }
}

/// A running script.
struct Script<'js> {
    ffi: Ffi,
    events: Receiver<Event>,
    timers: Timers,
    /// True if the last thing that happened was an event, so that a timer comes next.
    was_event: Cell<bool>,
    rejections: Rejections,
    /// The functions that the prelude returns.
    prelude: Object<'js>,
}

impl<'js> Script<'js> {
    /// Prepares script's global object. The runtime's own scripts run in a context of their own, `own`.
    fn start(ctx: &Ctx<'js>, own: &Ctx<'js>, options: &Options, rejections: Rejections) -> rquickjs::Result<Self> {
        let (queue, events) = mpsc::channel();
        let timers = Timers::default();
        let natives = prelude::natives(own, &options.script, &options.args)?;
        timers.install(own, &natives)?;
        let (ffi, functions) = Ffi::install(ctx, own, options.permission.clone(), options.threads, queue)?;
        let prelude = prelude::install(own, ctx, &natives, &functions)?;
        Ok(Self { ffi, events, timers, was_event: Cell::new(false), rejections, prelude })
    }

    fn run(&self, ctx: &Ctx<'js>, script: &Path) -> rquickjs::Result<u8> {
        let code = self.run_module(ctx, script);
        drop(self.rejections.take());
        if self.ffi.has_running_calls() {
            // Those calls work on the engine's memory.
            process::exit(code.map_or(1, i32::from));
        }
        self.ffi.shut_down(ctx);
        code
    }

    fn run_module(&self, ctx: &Ctx<'js>, script: &Path) -> rquickjs::Result<u8> {
        let path = modules::absolute(script);
        let name = modules::url(&path);
        let module = modules::read(ctx, &name, &path)
            .and_then(|source| modules::declare(ctx, &name, source, true))
            .and_then(Module::eval);
        let main = match module {
            Ok((_, promise)) => promise,
            Err(error) => {
                self.tell::<_, ()>(ctx, "refuse", (thrown(ctx, error)?,))?;
                return Ok(1);
            }
        };
        let mut loaded = false;
        loop {
            self.run_jobs(ctx)?;
            if !loaded && main.state() == PromiseState::Resolved {
                loaded = true;
                self.tell::<_, Value<'js>>(ctx, "dispatch", ("load",))?;
                continue;
            }
            if !self.wait(ctx)? && !self.goes_on(ctx, &main)? {
                return Ok(self.tell::<_, i32>(ctx, "finish", ())? as u8);
            }
        }
    }

    /// Returns true if the script continues after it was told that it ends.
    fn goes_on(&self, ctx: &Ctx<'js>, main: &Promise<'js>) -> rquickjs::Result<bool> {
        if main.state() == PromiseState::Pending {
            eprintln!("error: Top-level await promise never resolved");
            process::exit(1);
        }
        self.tell::<_, Value<'js>>(ctx, "dispatch", ("beforeunload",))?;
        self.run_jobs(ctx)?;
        Ok(self.timers.is_alive() || self.ffi.is_alive())
    }

    /// Runs the jobs of promises, and reports rejections that are not handled by then.
    fn run_jobs(&self, ctx: &Ctx<'js>) -> rquickjs::Result<()> {
        loop {
            while ctx.execute_pending_job() {}
            let RejectionState { unhandled, handled } = self.rejections.take();
            if unhandled.is_empty() && handled.is_empty() {
                return Ok(());
            }
            for (name, rejections) in [("handled", handled), ("reportRejection", unhandled)] {
                for (promise, reason) in rejections {
                    self.tell::<_, Value<'js>>(ctx, name, (promise.restore(ctx)?, reason.restore(ctx)?))?;
                }
            }
        }
    }

    /// Waits for the next event or timer and handles it. Returns `false` if nothing can happen any more.
    fn wait(&self, ctx: &Ctx<'js>) -> rquickjs::Result<bool> {
        let next = self.timers.first();
        let waits = self.timers.is_alive() || self.ffi.is_alive();
        let event = match next {
            _ if !waits => self.events.try_recv().ok(),
            // Timers and other threads take turns, so that neither starves the other.
            Some((due, _)) if self.was_event.get() && due <= Instant::now() => None,
            Some((due, _)) => match self.events.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Err(RecvTimeoutError::Timeout) => None,
                event => event.ok(),
            },
            None => self.events.recv().ok(),
        };
        self.was_event.set(event.is_some());
        self.ffi.end_turn(ctx);
        match (event, next) {
            (Some(event), _) => {
                if let Err(error) = self.ffi.handle(ctx, event) {
                    self.tell::<_, ()>(ctx, "reportException", (thrown(ctx, error)?,))?;
                }
            }
            (None, Some(timer)) if waits => {
                self.tell::<_, ()>(ctx, "fire", (timer.1,))?;
            }
            (None, _) => return Ok(false),
        }
        Ok(true)
    }

    /// Calls a function of the prelude, which handles exceptions itself.
    fn tell<A: IntoArgs<'js>, R: rquickjs::FromJs<'js>>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
        args: A,
    ) -> rquickjs::Result<R> {
        let function: Function<'js> = self.prelude.get(name)?;
        function.call(args).catch(ctx).map_err(|error| {
            eprintln!("error: {error}");
            process::exit(1);
        })
    }
}

/// The value that script has thrown.
fn thrown<'js>(ctx: &Ctx<'js>, error: rquickjs::Error) -> rquickjs::Result<Value<'js>> {
    if error.is_exception() { Ok(ctx.catch()) } else { Err(error) }
}
