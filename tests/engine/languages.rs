//! The engines for JavaScript, for tests that run in each of them.

use std::any::Any;

use hotcall::engine::CompilePolicy;
use hotcall::{Function, Signature};
use hotcall_engines::jsc::JscScript;
use hotcall_engines::spider_monkey::SpiderMonkeyScript;
use rquickjs_sys as js;

use crate::world::World;
use crate::{jsc_calls, spider_monkey_script};

/// An engine for JavaScript.
pub(crate) trait Language: Sized + 'static {
    /// Numbers of bytes, expressions for arrays of them, and scripts that try to take away the bytes of the array `b`.
    const TAKES: &'static [(usize, &'static str, &'static str)];

    /// Script may use this number of bytes of the stack. `None` if the engine is not installed.
    fn new(stack: usize) -> Option<Self>;

    fn policy(&self) -> &CompilePolicy;

    /// Collects garbage from now on whenever machine code calls the engine.
    fn collect_at_each_step(&self);

    /// A value that collects garbage.
    fn collector(&self) -> Box<dyn Fn()>;

    /// Returns the result of a script as a string, or what it threw, likewise.
    fn run(&self, source: &str) -> Result<String, String>;

    fn define(&self, name: &str, function: &Function);

    /// Makes a C function global that writes its result into a buffer.
    fn define_into(&self, name: &str, function: &Function);

    /// A callback of the function of script with this name, whose pointer has a `p` in front.
    fn callback(&self, name: &str, signature: &Signature) -> Box<dyn Any>;

    /// The number of pins that helpers have not released.
    fn pins(&self) -> usize;
}

impl Language for World {
    const TAKES: &'static [(usize, &'static str, &'static str)] = &[
        (64, "new Uint8Array(64)", "b.buffer.transfer()"),
        (64, "new Uint8Array(64)", "b.buffer.transfer(0)"),
        (4096, "new Uint8Array(4096)", "b.buffer.transfer(1000)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.resize(0)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.resize(4096)"),
    ];

    fn new(stack: usize) -> Option<Self> {
        let world = Self::new([]);
        // SAFETY: the runtime is this thread's.
        unsafe { js::JS_SetMaxStackSize(js::JS_GetRuntime(world.context), stack as u64) };
        Some(world)
    }

    fn policy(&self) -> &CompilePolicy {
        self.realm.compile_policy()
    }

    /// The collector frees cycles alone. All values in calls are counted, so it cannot take one that a helper has.
    fn collect_at_each_step(&self) {}

    /// It runs again when the next object is made.
    fn collector(&self) -> Box<dyn Fn()> {
        // SAFETY: the context is alive.
        let runtime = unsafe { js::JS_GetRuntime(self.context) };
        // SAFETY: callbacks of this runtime call it, on its thread.
        Box::new(move || unsafe {
            js::JS_RunGC(runtime);
            js::JS_SetGCThreshold(runtime, 0);
        })
    }

    fn run(&self, source: &str) -> Result<String, String> {
        (**self).run(source)
    }

    fn define(&self, name: &str, function: &Function) {
        (**self).define(name, function);
    }

    fn define_into(&self, name: &str, function: &Function) {
        (**self).define_into(name, function);
    }

    fn callback(&self, name: &str, signature: &Signature) -> Box<dyn Any> {
        self.callback(&format!("p{name}"), &signature.to_string(), name);
        Box::new(())
    }

    fn pins(&self) -> usize {
        // SAFETY: no call runs.
        unsafe { self.realm.take_pins(self.site()) };
        self.realm.engine().buffers().pins().count()
    }
}

impl Language for JscScript {
    const TAKES: &'static [(usize, &'static str, &'static str)] = &[
        (64, "new Uint8Array(64)", "b.buffer.transfer()"),
        (4096, "new Uint8Array(4096)", "b.buffer.transfer(0)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.transfer(1000)"),
        (64, "new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))", "b.buffer.resize(0)"),
    ];

    fn new(_: usize) -> Option<Self> {
        Self::new()
    }

    fn policy(&self) -> &CompilePolicy {
        self.realm.compile_policy()
    }

    fn collect_at_each_step(&self) {
        self.realm.engine().collects.set(true);
    }

    fn collector(&self) -> Box<dyn Fn()> {
        Box::new(self.collector())
    }

    fn run(&self, source: &str) -> Result<String, String> {
        self.run(source)
    }

    fn define(&self, name: &str, function: &Function) {
        self.define(name, function);
    }

    fn define_into(&self, name: &str, function: &Function) {
        self.define_into(name, function);
    }

    fn callback(&self, name: &str, signature: &Signature) -> Box<dyn Any> {
        Box::new(jsc_calls::callback(self, name, signature))
    }

    fn pins(&self) -> usize {
        self.realm.engine().pins.get()
    }
}

impl Language for SpiderMonkeyScript {
    const TAKES: &'static [(usize, &'static str, &'static str)] = &[
        (64, "new Uint8Array(64)", "b.buffer"),
        (64, "new Uint8Array(64)", "detach(b.buffer)"),
        (64, "new Uint8Array(new ArrayBuffer(64))", "detach(b.buffer)"),
        (4096, "new Uint8Array(4096)", "detach(b.buffer)"),
    ];

    fn new(stack: usize) -> Option<Self> {
        Self::with_stack(stack)
    }

    fn policy(&self) -> &CompilePolicy {
        self.realm.compile_policy()
    }

    fn collect_at_each_step(&self) {
        self.collect_at_each_step();
    }

    fn collector(&self) -> Box<dyn Fn()> {
        Box::new(self.collector())
    }

    fn run(&self, source: &str) -> Result<String, String> {
        self.run(source)
    }

    fn define(&self, name: &str, function: &Function) {
        self.define(name, function);
    }

    fn define_into(&self, name: &str, function: &Function) {
        self.define_into(name, function);
    }

    fn callback(&self, name: &str, signature: &Signature) -> Box<dyn Any> {
        Box::new(spider_monkey_script::callback(self, name, signature))
    }

    fn pins(&self) -> usize {
        self.realm.engine().pins.get()
    }
}
