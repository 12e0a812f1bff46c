//! A runtime with one context, for tests and benchmarks.

use std::ffi::{CString, c_int, c_void};
use std::{mem, ptr, slice, str};

use hotcall::engine::{Realm, Record, Site, Words};
use rquickjs_sys as js;

use super::builtins::evaluate;
use super::engine::QuickJs;
use super::functions::{Callee, closure};
use super::host::Plain;
use super::objects::realm;
use super::originals::METHODS;
use super::owned::{Owned, Thrown};
use crate::language::Language;

/// A runtime with one context, to run script in. Its host is [`Plain`].
pub struct Script {
    /// Makes the functions that script calls.
    pub realm: Realm<QuickJs>,
    /// The realm again, which the context points to.
    _opaque: Box<Realm<QuickJs>>,
    runtime: *mut js::JSRuntime,
    /// The context that script runs in.
    pub context: *mut js::JSContext,
}

impl Default for Script {
    fn default() -> Self {
        // SAFETY: the runtime is new, and used on this thread alone. The box keeps the realm in one place.
        unsafe {
            let runtime = js::JS_NewRuntime();
            let context = js::JS_NewContext(runtime);
            let realm = realm(QuickJs::new(context, c"Pointer", Plain::default())).unwrap();
            let opaque = Box::new(realm.clone());
            js::JS_SetContextOpaque(context, ptr::from_ref(&*opaque).cast_mut().cast());
            let script = Self { realm, _opaque: opaque, runtime, context };
            script.replace_originals();
            script
        }
    }
}

/// Puts a constructor and methods in the place of the engine's own.
const REPLACE: &str = r"((constructor, methods) => {
    const { prototype } = ArrayBuffer;
    for (const method of methods) Object.defineProperty(prototype, method.name, { value: method });
    Object.defineProperties(constructor, Object.getOwnPropertyDescriptors(ArrayBuffer));
    Object.defineProperty(prototype, 'constructor', { value: constructor });
    ArrayBuffer = constructor;
})(replacement, methods)";

/// Returns the realm of a [`Script`]'s context.
///
/// # Safety
///
/// The context is that of a living `Script`.
unsafe fn realm_of<'script>(context: *mut js::JSContext) -> &'script Realm<QuickJs> {
    // SAFETY: the opaque pointer of such a context is its realm, which lives as long as script can run.
    unsafe { &*js::JS_GetContextOpaque(context).cast() }
}

/// `new ArrayBuffer(length, options)`
///
/// # Safety
///
/// The engine calls it as a constructor of a `Script`, with room for at least one argument.
unsafe extern "C" fn construct(
    context: *mut js::JSContext,
    target: js::JSValue,
    argc: c_int,
    args: *mut js::JSValue,
) -> js::JSValue {
    // SAFETY: the engine passes what a constructor needs.
    unsafe { realm_of(context).engine().construct_buffer(target, argc, args) }
}

/// `transfer(length)` and related methods. The number is the index of the method in [`METHODS`].
///
/// # Safety
///
/// The engine calls it as a method of a `Script`, with room for at least one argument.
unsafe extern "C" fn give_away(
    context: *mut js::JSContext,
    buffer: js::JSValue,
    _: c_int,
    args: *mut js::JSValue,
    which: c_int,
) -> js::JSValue {
    // SAFETY: the engine fills up missing arguments with undefined.
    unsafe {
        let realm = realm_of(context);
        let given = realm.engine().give_away(METHODS[which as usize].1, buffer, *args, || realm.pins_are_in_use());
        given.map_or(js::JS_EXCEPTION, Owned::into_value)
    }
}

impl Script {
    /// Replaces the functions of script that move or free the bytes of buffers.
    fn replace_originals(&self) {
        let new = |function: js::JSCFunction, name: &str, kind, magic| {
            let name = CString::new(name).expect("names do not have zeros");
            // SAFETY: the kind says which type the function has.
            unsafe { js::JS_NewCFunction2(self.context, function, name.as_ptr(), 1, kind, magic) }
        };
        type Method =
            unsafe extern "C" fn(*mut js::JSContext, js::JSValue, c_int, *mut js::JSValue, c_int) -> js::JSValue;
        // SAFETY: the engine casts the function back by its kind.
        let method = unsafe { mem::transmute::<Method, js::JSCFunction>(give_away) };
        let constructor = new(Some(construct), "ArrayBuffer", js::JSCFunctionEnum_JS_CFUNC_constructor, 0);
        self.set_global("replacement", constructor);
        self.set_global("methods", self.evaluate("[]"));
        for (index, (name, _)) in METHODS.iter().enumerate() {
            let kind = js::JSCFunctionEnum_JS_CFUNC_generic_magic;
            self.set_global("method", new(method, name, kind, index as c_int));
            self.run("methods.push(method)").expect("an array takes it");
        }
        self.run(REPLACE).expect("script has not run yet");
        self.run("delete globalThis.replacement, delete globalThis.methods, delete globalThis.method")
            .expect("deletes");
    }

    /// A function for a record.
    pub fn closure(&self, name: &str, record: Record) -> js::JSValue {
        let name = CString::new(name).unwrap();
        // SAFETY: the context lives longer than its functions, and the record is of a realm with QuickJS's model.
        let function = unsafe { closure(self.context, &name, record) };
        function.map(Owned::into_value).unwrap_or(js::JS_EXCEPTION)
    }

    /// Gives the global object a property.
    pub fn set_global(&self, name: &str, value: js::JSValue) {
        let name = CString::new(name).unwrap();
        // SAFETY: the value belongs to the caller, and from now on to the global object.
        unsafe {
            let global = js::JS_GetGlobalObject(self.context);
            js::JS_SetPropertyStr(self.context, global, name.as_ptr(), value);
            js::JS_FreeValue(self.context, global);
        }
    }

    /// Makes a pointer object.
    pub fn pointer(&self, address: *const c_void) -> js::JSValue {
        self.realm.engine().pointer(address)
    }

    /// Runs a script. The value belongs to the caller.
    pub fn evaluate(&self, source: &str) -> js::JSValue {
        // SAFETY: the context is alive.
        unsafe { evaluate(self.context, source) }
    }

    /// Calls a function of script with a value, which belongs to it from now on. Its result is dropped.
    pub fn call_with(&self, function: js::JSValue, argument: js::JSValue) {
        let mut args = [argument];
        // SAFETY: both are values of this context.
        unsafe {
            let result = js::JS_Call(self.context, function, js::JS_UNDEFINED, 1, args.as_mut_ptr());
            [result, argument].into_iter().for_each(|value| js::JS_FreeValue(self.context, value));
        }
    }

    /// Releases a value that belongs to the caller.
    pub fn free(&self, value: js::JSValue) {
        // SAFETY: the value is one of this context.
        unsafe { js::JS_FreeValue(self.context, value) };
    }

    /// The value of a script, as if it had been thrown.
    pub fn thrown(&self, source: &str) -> Thrown {
        // SAFETY: the value is the context's.
        unsafe { Thrown::new(self.context, self.evaluate(source)) }
    }

    /// The thrown value as a string.
    pub fn thrown_text(&self, thrown: &Thrown) -> String {
        self.text(thrown.value())
    }

    /// Returns a value as a string.
    pub fn text(&self, value: js::JSValue) -> String {
        let mut len = 0;
        // SAFETY: the engine's text has this length, and lives until it is freed.
        unsafe {
            let text = js::JS_ToCStringLen2(self.context, &mut len, value, false);
            assert!(!text.is_null());
            let bytes = slice::from_raw_parts(text.cast::<u8>(), len as usize);
            let string = str::from_utf8(bytes).unwrap().into();
            js::JS_FreeCString(self.context, text);
            string
        }
    }

    /// Collects what script cannot reach.
    pub fn collect_garbage(&self) {
        // SAFETY: the runtime is this thread's.
        unsafe { js::JS_RunGC(self.runtime) };
    }
}

// SAFETY: the realm was made for the context. The function is the one of the model. A callee owns a reference to its function.
unsafe impl Language for Script {
    type Engine = QuickJs;
    type Callee = Callee;

    const COLLECTS_EXACTLY: bool = true;

    fn with_stack(bytes: usize) -> Option<Self> {
        let script = Self::default();
        // SAFETY: the runtime is this thread's.
        unsafe { js::JS_SetMaxStackSize(script.runtime, bytes as u64) };
        Some(script)
    }

    fn realm(&self) -> &Realm<QuickJs> {
        &self.realm
    }

    fn site(&self) -> Site {
        Site::new(self.context.cast())
    }

    fn run(&self, source: &str) -> Result<String, String> {
        let value = self.evaluate(source);
        // SAFETY: the value is the engine's; so is what was thrown.
        unsafe {
            let thrown = js::JS_IsException(value);
            let value = if thrown { js::JS_GetException(self.context) } else { value };
            let text = self.text(value);
            js::JS_FreeValue(self.context, value);
            if thrown { Err(text) } else { Ok(text) }
        }
    }

    fn set_function(&self, name: &str, record: Record) {
        self.set_global(name, self.closure(name, record));
    }

    fn set_pointer(&self, name: &str, address: *const c_void) {
        self.set_global(name, self.pointer(address));
    }

    fn callee(&self, source: &str) -> Callee {
        // SAFETY: the value belongs to this, and its context lives longer, as long as script can run.
        Callee::new(unsafe { Owned::new(self.context, self.evaluate(source)) })
    }

    fn words(function: &Callee) -> Words {
        function.words()
    }

    fn call_function(&self) -> *const c_void {
        js::JS_Call as *const c_void
    }

    unsafe fn call(_: &QuickJs, _: Site, function: &Callee, args: &[Words]) -> Result<Words, Thrown> {
        // SAFETY: the caller promises values of the engine.
        unsafe { function.call(args) }
    }

    fn pins(&self) -> usize {
        self.realm.engine().buffers().pins().count()
    }

    /// It runs again when the next object is made.
    fn collector(&self) -> impl Fn() + 'static + use<> {
        let runtime = self.runtime;
        // SAFETY: the runtime is this thread's.
        move || unsafe {
            js::JS_RunGC(runtime);
            js::JS_SetGCThreshold(runtime, 0);
        }
    }

    /// The collector frees cycles alone. All values in calls are counted, so it cannot free one that a helper has.
    fn collect_at_each_step(&self) {}
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.realm.take_exception());
        // SAFETY: nothing of the engine is used any more.
        unsafe {
            self.realm.take_pins(self.site());
            self.realm.engine().free();
            js::JS_FreeContext(self.context);
            js::JS_FreeRuntime(self.runtime);
        }
    }
}
