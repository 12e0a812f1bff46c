//! The runtime around the FFI: the engine, modules, timers, and the loop that waits for timers and other threads.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{env, process};

use rquickjs::promise::PromiseState;
use rquickjs::qjs as js;
use rquickjs::{CatchResultExt, Context, Ctx, Function, Module, Object, Runtime, Value};

use crate::ffi::{Event, Ffi};
use crate::memory::{PinningAllocator, Pins};
use crate::modules::{self, Files};
use crate::permissions::Permission;
use crate::shared_memory;

/// What the command line says.
pub(crate) struct Options {
    pub(crate) script: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) permission: Permission,
}

/// When which timer is due.
type Timers = Rc<RefCell<BTreeSet<(Instant, u32)>>>;

/// Runs a script to its end and returns the exit code.
pub(crate) fn run(options: &Options) -> rquickjs::Result<u8> {
    let pins = Pins::default();
    let runtime = Runtime::new_with_alloc(PinningAllocator(pins.clone()))?;
    let context = Context::full(&runtime)?;
    // SAFETY: the runtime was made with this context's, and makes no shared memory before.
    unsafe { shared_memory::install(js::JS_GetRuntime(context.as_raw().as_ptr())) };
    runtime.set_loader(Files, Files);
    context.with(|ctx| Script::start(&ctx, options, pins)?.run(&ctx, &options.script))
}

/// A script that runs.
struct Script<'js> {
    ffi: Rc<Ffi>,
    events: Receiver<Event>,
    timers: Timers,
    /// What the prelude gives back: `fire`, `report` and `rejected`.
    prelude: Object<'js>,
}

impl<'js> Script<'js> {
    /// Prepares the global object.
    fn start(ctx: &Ctx<'js>, options: &Options, pins: Pins) -> rquickjs::Result<Self> {
        let (queue, events) = mpsc::channel();
        let timers = Timers::default();
        let natives = Object::new(ctx.clone())?;
        natives.set("args", options.args.clone())?;
        natives.set("mainModule", modules::url(&absolute(&options.script)))?;
        natives
            .set("execPath", env::current_exe().map_or_else(|_| String::new(), |path| path.display().to_string()))?;
        natives.set("os", if env::consts::OS == "macos" { "darwin" } else { env::consts::OS })?;
        natives.set("arch", env::consts::ARCH)?;
        natives.set("pid", process::id())?;
        natives.set("print", Function::new(ctx.clone(), print)?)?;
        natives.set("exit", Function::new(ctx.clone(), exit)?)?;
        natives.set("cwd", Function::new(ctx.clone(), || absolute(Path::new("")).display().to_string())?)?;
        let start = Instant::now();
        natives.set("now", Function::new(ctx.clone(), move || start.elapsed().as_secs_f64() * 1e3)?)?;
        natives.set("collectGarbage", Function::new(ctx.clone(), |ctx: Ctx<'_>| ctx.run_gc())?)?;
        let started = Rc::clone(&timers);
        let due = move |number: u32, milliseconds: f64| {
            let milliseconds = milliseconds.clamp(0.0, 2_147_483_647.0);
            let due = Instant::now() + Duration::from_secs_f64(milliseconds / 1e3);
            started.borrow_mut().insert((due, number));
        };
        natives.set("startTimer", Function::new(ctx.clone(), due)?)?;
        let stopped = Rc::clone(&timers);
        let stop = move |number: u32| stopped.borrow_mut().retain(|&(_, other)| other != number);
        natives.set("stopTimer", Function::new(ctx.clone(), stop)?)?;

        let prelude: Function<'js> = ctx.eval(include_str!("prelude.js"))?;
        let prelude: Object<'js> = prelude.call((natives,))?;
        let (ffi, functions) = Ffi::install(ctx, options.permission.clone(), pins, queue)?;
        let namespace: Function<'js> = ctx.eval(include_str!("ffi.js"))?;
        namespace.call::<_, ()>((functions,))?;
        Ok(Self { ffi, events, timers, prelude })
    }

    fn run(&self, ctx: &Ctx<'js>, script: &Path) -> rquickjs::Result<u8> {
        let code = self.run_module(ctx, script);
        self.ffi.shut_down(ctx);
        code
    }

    fn run_module(&self, ctx: &Ctx<'js>, script: &Path) -> rquickjs::Result<u8> {
        let path = absolute(script);
        let source = match std::fs::read_to_string(&path) {
            Ok(source) => source,
            Err(error) => {
                eprintln!("error: Module not found \"{}\": {error}", path.display());
                return Ok(1);
            }
        };
        let module = modules::declare(ctx, &path.to_string_lossy(), source, true);
        let promise = match module.and_then(Module::eval) {
            Ok((_, promise)) => promise,
            Err(error) => return self.report(ctx, error),
        };
        loop {
            if let Some(code) = self.run_jobs(ctx)? {
                return Ok(code);
            }
            if promise.state() == PromiseState::Rejected {
                return match promise.result::<Value<'js>>() {
                    Some(Err(error)) => self.report(ctx, error),
                    Some(Ok(_)) | None => Ok(1),
                };
            }
            if !self.wait(ctx)? {
                break;
            }
        }
        if promise.state() == PromiseState::Pending {
            eprintln!("error: Top-level await promise never resolved");
            return Ok(1);
        }
        Ok(0)
    }

    /// Runs what promises have made ready. An exit code, if one was rejected and nobody cared.
    fn run_jobs(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Option<u8>> {
        while ctx.execute_pending_job() {}
        let rejected: Function<'js> = self.prelude.get("rejected")?;
        Ok(if rejected.call::<_, bool>(())? { Some(1) } else { None })
    }

    /// Waits for the next thing to happen and does it; `false` if nothing can happen any more.
    fn wait(&self, ctx: &Ctx<'js>) -> rquickjs::Result<bool> {
        let next = self.timers.borrow().first().copied();
        let event = match next {
            Some((due, _)) => match self.events.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Err(RecvTimeoutError::Timeout) => None,
                event => event.ok(),
            },
            None if self.ffi.is_alive() => self.events.recv().ok(),
            None => match self.events.try_recv() {
                Ok(event) => Some(event),
                Err(_) => return Ok(false),
            },
        };
        let done = match (event, next) {
            (Some(event), _) => self.ffi.handle(ctx, event),
            (None, Some(timer)) => {
                self.timers.borrow_mut().remove(&timer);
                self.prelude.get::<_, Function<'js>>("fire")?.call((timer.1,))
            }
            (None, None) => return Ok(false),
        };
        if let Err(error) = done
            && self.report(ctx, error)? != 0
        {
            process::exit(1);
        }
        Ok(true)
    }

    /// Reports what nobody caught, unless `onerror` takes it; returns the exit code.
    fn report(&self, ctx: &Ctx<'js>, error: rquickjs::Error) -> rquickjs::Result<u8> {
        let thrown = if error.is_exception() { ctx.catch() } else { return Err(error) };
        let report: Function<'js> = self.prelude.get("report")?;
        Ok(match report.call::<_, bool>((thrown,)).catch(ctx) {
            Ok(true) => 0,
            Ok(false) => 1,
            Err(error) => {
                eprintln!("error: {error}");
                1
            }
        })
    }
}

fn exit(code: i32) {
    process::exit(code);
}

/// Writes to standard output, or to standard error. A closed pipe is no reason to stop the script.
fn print(text: String, error: bool) {
    let written = if error {
        io::stderr().write_all(text.as_bytes())
    } else {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())
    };
    drop(written);
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).or_else(|_| env::current_dir()).unwrap_or_else(|_| path.into())
}
