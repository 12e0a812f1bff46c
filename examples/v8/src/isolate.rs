//! V8 with one isolate, and the objects that must live as long as it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char};
use std::mem;
use std::ptr;
use std::rc::Rc;

use hotcall::engine::{Realm, v8};
use hotcall::{Library, LocalCallback, Type};

use crate::engine::{SITE, Thrown, V8, words};
use crate::ffi::{self, Handle, Shim};
use crate::native::NativeFunction;
use crate::value::{Root, Value, within};

/// The reason why V8 does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// A flag that V8 does not have.
    #[error("V8 has no flag {0}")]
    Flag(String),
}

/// The features that an isolate allows.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// Machine code reads V8's objects.
    pub(crate) layout: bool,
    /// Declarations may name functions that are written for V8.
    pub(crate) direct: bool,
}

/// The data for fast calls of an isolate.
pub(crate) struct FastCalls {
    pub(crate) generation: v8::Generation,
    pub(crate) roots: v8::Roots,
}

/// The isolate of this process, and the objects that belong to it.
///
/// V8's code keeps the addresses of functions, and does not report when it drops them. So functions live as long as the
/// isolate, and so do their libraries.
pub(crate) struct Isolate {
    shim: *mut Shim,
    pub(crate) realm: Realm<V8>,
    options: Options,
    pub(crate) fast_calls: OnceCell<Result<FastCalls, String>>,
    natives: RefCell<Vec<NativeFunction>>,
    /// The number of calls of each C function's ordinary callback.
    pub(crate) ordinary_calls: RefCell<Vec<Rc<Cell<u32>>>>,
    pub(crate) libraries: RefCell<Vec<Library>>,
    pub(crate) callbacks: RefCell<HashMap<usize, LocalCallback>>,
}

impl Isolate {
    /// Starts V8, which a process can do once.
    pub(crate) fn start(flags: &[String], options: Options) -> Result<Box<Self>, StartError> {
        let flag = |flag: &String| CString::new(flag.as_str()).map_err(|_| StartError::Flag(flag.clone()));
        let texts = flags.iter().map(flag).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
        let mut unknown = 0;
        // SAFETY: the texts live during the call, and a process starts V8 once.
        if !unsafe { ffi::shim_start(pointers.as_ptr(), pointers.len(), &mut unknown) } {
            return Err(StartError::Flag(flags.get(unknown).cloned().unwrap_or_default()));
        }
        // SAFETY: V8 has started. The objects made here are dropped before the isolate.
        let (shim, realm) = unsafe {
            let shim = ffi::shim_new();
            (shim, Realm::of_handles(V8::new(shim)))
        };
        if options.direct {
            // Functions are compared with C's, so nothing lies in front of them.
            realm.compile_policy().set_after(0);
        }
        Ok(Box::new(Self {
            shim,
            realm,
            options,
            fast_calls: OnceCell::new(),
            natives: RefCell::default(),
            ordinary_calls: RefCell::default(),
            libraries: RefCell::default(),
            callbacks: RefCell::default(),
        }))
    }

    /// V8's version.
    pub(crate) fn version() -> String {
        // SAFETY: V8 returns a text that ends with a zero.
        unsafe { CStr::from_ptr(ffi::shim_version()) }.to_string_lossy().into_owned()
    }

    /// The isolate for functions of the shim.
    pub(crate) const fn shim(&self) -> *mut Shim {
        self.shim
    }

    /// The features that it allows.
    pub(crate) const fn options(&self) -> Options {
        self.options
    }

    /// Runs something that uses values.
    pub(crate) fn enter<R>(&self, run: impl FnOnce() -> R) -> R {
        // SAFETY: the isolate lives.
        unsafe { within(self.shim, ffi::shim_enter, run) }
    }

    /// Runs code whose values are not needed afterwards.
    pub(crate) fn scope<R>(&self, run: impl FnOnce() -> R) -> R {
        // SAFETY: the isolate lives, and code that has values has entered it.
        unsafe { within(self.shim, ffi::shim_scope, run) }
    }

    /// Runs a script. If it throws, returns a report with the place and the exception. If V8 ends it, the report says
    /// so.
    pub(crate) fn run(&self, source: &str, name: &str) -> Result<Value, String> {
        let too_long = || format!("{name} is too long");
        let (source, origin) = self.text(source).zip(self.text(name)).ok_or_else(too_long)?;
        let mut thrown = ptr::null();
        // SAFETY: the values are strings of the isolate.
        unsafe {
            let (source, origin) = (source.handle(), origin.handle());
            let run = || ffi::shim_run(self.shim, source, origin, &mut thrown);
            let result = self.realm.engine().run_script(run);
            Value::some(result).ok_or_else(|| {
                let Some(thrown) = Value::some(thrown) else { return format!("{name}: V8 has ended the script") };
                let report = Value::some(ffi::shim_report(self.shim, thrown.handle()));
                report.map(|report| self.utf8(report)).unwrap_or_default()
            })
        }
    }

    /// Calls a function of script.
    pub(crate) fn call(&self, function: Value, args: &[Value]) -> Result<Value, Thrown> {
        let mut thrown = ptr::null();
        // SAFETY: the values are the isolate's, and consist of their handles.
        unsafe {
            let handles: *const Handle = args.as_ptr().cast();
            let run = || ffi::shim_call(self.shim, function.handle(), handles, args.len(), &mut thrown);
            self.outcome(self.realm.engine().run_script(run), thrown)
        }
    }

    /// The value that script returned or threw.
    fn outcome(&self, result: Handle, thrown: Handle) -> Result<Value, Thrown> {
        match (Value::some(result), Value::some(thrown)) {
            (Some(result), _) => Ok(result),
            (None, Some(thrown)) => Err(Thrown::Value(self.keep(thrown))),
            (None, None) => Err(Thrown::Termination),
        }
    }

    /// Ends the running script.
    pub(crate) fn terminate(&self) {
        // SAFETY: the isolate lives.
        unsafe { ffi::shim_terminate(self.shim) };
    }

    /// Keeps a value beyond its scope.
    pub(crate) fn keep(&self, value: Value) -> Root {
        // SAFETY: the value is the isolate's, which keeps values with roots until it is dropped.
        unsafe { Root::new(self.shim, value) }
    }

    /// Collects all garbage.
    pub(crate) fn collect(&self) {
        // SAFETY: the isolate lives.
        unsafe { ffi::shim_collect(self.shim) };
    }

    /// The number of bytes of its objects.
    pub(crate) fn heap_size(&self) -> usize {
        // SAFETY: the isolate lives.
        unsafe { ffi::shim_heap_size(self.shim) }
    }

    /// undefined
    pub(crate) fn undefined(&self) -> Value {
        // SAFETY: the isolate lives.
        Value::new(unsafe { ffi::shim_undefined(self.shim) })
    }

    /// null
    pub(crate) fn null(&self) -> Value {
        // SAFETY: the isolate lives.
        Value::new(unsafe { ffi::shim_null(self.shim) })
    }

    /// A truth value.
    pub(crate) fn boolean(&self, truth: bool) -> Value {
        // SAFETY: the isolate lives.
        Value::new(unsafe { ffi::shim_boolean(self.shim, truth) })
    }

    /// A number.
    pub(crate) fn number(&self, number: f64) -> Value {
        // SAFETY: the isolate lives.
        Value::new(unsafe { ffi::shim_number(self.shim, number) })
    }

    /// The number from zero that a value is.
    pub(crate) fn index(&self, value: Value) -> Option<usize> {
        // SAFETY: the value is the isolate's.
        let slot = unsafe { self.realm.to_slot(SITE, &Type::USIZE, words(value)) };
        slot.ok().map(|slot| slot.as_u64() as usize)
    }

    /// A string, unless it is too long.
    pub(crate) fn text(&self, text: &str) -> Option<Value> {
        // SAFETY: the isolate lives, and the length is that of the text.
        Value::some(unsafe { ffi::shim_string(self.shim, text.as_ptr().cast(), text.len()) })
    }

    /// The text of a value, by script's rules. Script may have a function for it. Symbols throw.
    pub(crate) fn to_string(&self, value: Value) -> Result<String, Thrown> {
        let mut thrown = ptr::null();
        // SAFETY: the value is the isolate's.
        let text = unsafe {
            let run = || ffi::shim_to_text(self.shim, value.handle(), &mut thrown);
            self.realm.engine().run_script(run)
        };
        self.outcome(text, thrown).map(|text| self.utf8(text))
    }

    /// The text of a value for people, symbols included.
    pub(crate) fn to_shown(&self, value: Value) -> Result<String, Thrown> {
        // SAFETY: the value is the isolate's.
        let symbol = Value::some(unsafe { ffi::shim_symbol_text(self.shim, value.handle()) });
        symbol.map_or_else(|| self.to_string(value), |text| Ok(self.utf8(text)))
    }

    /// The text of a string.
    fn utf8(&self, string: Value) -> String {
        // SAFETY: the value is a string of the isolate, and the buffer has the string's length.
        let bytes = unsafe {
            let mut bytes = vec![0; ffi::shim_text_length(self.shim, string.handle())];
            ffi::shim_text(self.shim, string.handle(), bytes.as_mut_ptr().cast(), bytes.len());
            bytes
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// An array whose only element is 0 unless an exception waits in the realm.
    pub(crate) fn waiting(&self) -> Value {
        // SAFETY: the isolate lives, and the realm outlives it.
        Value::new(unsafe { ffi::shim_cell(self.shim, self.realm.pending().as_ptr()) })
    }

    /// An object without properties.
    pub(crate) fn object(&self) -> Value {
        // SAFETY: the isolate lives.
        Value::new(unsafe { ffi::shim_object(self.shim) })
    }

    /// Defines a property.
    pub(crate) fn set(&self, object: Value, name: &str, value: Value) {
        // SAFETY: the object was made here, and so accepts any property.
        unsafe { ffi::shim_set(self.shim, object.handle(), name.as_ptr().cast(), name.len(), value.handle()) };
    }

    /// The object that has the global variables.
    pub(crate) fn global(&self) -> Value {
        // SAFETY: the isolate lives.
        Value::new(unsafe { ffi::shim_global(self.shim) })
    }

    /// Keeps a function's data as long as the isolate.
    pub(crate) fn adopt(&self, native: NativeFunction) {
        self.natives.borrow_mut().push(native);
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        // Values with roots are dropped first.
        self.callbacks.borrow_mut().clear();
        drop(self.realm.take_exception());
        // SAFETY: nothing runs in the isolate, and all memory that V8 has addresses of still exists.
        unsafe {
            ffi::shim_free(self.shim);
            ffi::shim_stop();
        }
        // Libraries are not unmapped at the end, because their own threads may still run.
        mem::forget(mem::take(self.libraries.get_mut()));
    }
}
