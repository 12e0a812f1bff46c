//! Values of script behind hotcall's `Engine`. A value's words are its handle, a `napi_value`.

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_void};
use std::rc::Rc;

use hotcall::engine::{Engine, EngineError, Exit, Kind, Output, Problem, Site, Text, View, Words};

use crate::api::env::{Env, Value};
use crate::api::read::ValueKind;
use crate::api::thrown::Thrown;
use crate::running::Running;
use crate::texts::Texts;
use crate::v8::isolate::{V8, small_integer};
use crate::v8::structs::SharedStore;

/// Script of one environment.
pub(crate) struct Node {
    env: Env,
    /// V8, if it is used.
    v8: Option<Rc<V8>>,
    pub(crate) running: Cell<Running>,
    texts: Texts,
    /// The buffer of the object that was viewed last.
    viewed: Cell<Option<Value>>,
    /// The memory that running calls own, in the order of their pins.
    owned: RefCell<Vec<SharedStore>>,
}

/// The site of all calls, because the engine knows its environment.
pub(crate) const SITE: Site = Site::new(std::ptr::null_mut());

/// Returns the words of a value.
pub(crate) fn words(value: Value) -> Words {
    [value.raw() as u64, 0]
}

/// Returns the value of such words.
pub(crate) fn value(words: Words) -> Value {
    // SAFETY: words are made of values, and used with the environment of these.
    unsafe { Value::new(std::ptr::with_exposed_provenance_mut(words[0] as usize)) }
}

impl Node {
    pub(crate) fn new(env: Env, v8: Option<Rc<V8>>) -> Self {
        Self {
            env,
            v8,
            running: Cell::new(Running::None),
            texts: Texts::default(),
            viewed: Cell::new(None),
            owned: RefCell::default(),
        }
    }

    /// V8, if it is used.
    pub(crate) fn v8(&self) -> Option<&V8> {
        self.v8.as_deref()
    }

    /// Returns true if script has returned a promise.
    pub(crate) fn is_promise(&self, result: Value) -> bool {
        let is_simple = |v8: &V8| small_integer(result).is_some() || v8.is_undefined(result);
        !self.v8().is_some_and(is_simple) && self.env.is_promise(result)
    }

    /// The way in which fast calls are left.
    pub(crate) fn exit(&self) -> Exit {
        self.v8.as_ref().map_or(Exit::Raise, |v8| v8.exit())
    }

    /// Returns true if V8's collector may run. In V8 12.4 it must not in fast calls, which it does not find on the stack. What
    /// needs it is refused there, so V8 makes an ordinary call.
    fn may_collect(&self, site: Site) -> bool {
        match &self.v8 {
            Some(v8) if matches!(v8.exit(), Exit::Flag { .. }) => site.context.is_null() || self.is_ordinary(site),
            _ => true,
        }
    }

    /// Returns true for an ordinary call by V8.
    fn is_ordinary(&self, site: Site) -> bool {
        self.v8.as_ref().is_some_and(|v8| v8.is_isolate(site.context))
    }

    /// Makes the value of an address: null, or a pointer object.
    pub(crate) fn pointer(&self, address: *mut c_void) -> Result<Value, Thrown> {
        match self.v8() {
            _ if address.is_null() => self.env.null(),
            Some(v8) => Ok(v8.external(address)),
            None => self.env.external(address),
        }
    }

    /// Returns the address of a pointer object.
    pub(crate) fn address(&self, external: Value) -> Option<*mut c_void> {
        self.v8().map_or_else(|| self.env.as_external(external), |v8| Some(v8.external_value(external)))
    }

    /// Copies a string for C, as UTF-8.
    pub(crate) fn c_string(&self, string: Value) -> Result<CString, Problem> {
        let bytes = self.env.as_utf8(string).unwrap_or_default();
        CString::new(bytes).map_err(|error| Problem::Nul { index: error.nul_position() })
    }

    /// Makes a buffer that keeps the memory of an `ArrayBuffer`, even if script detaches that. `None` if V8 is not used, or if
    /// the buffer cannot be detached.
    pub(crate) fn keep_memory(&self, buffer: Value) -> Option<Value> {
        let v8 = self.v8.as_ref().filter(|_| self.env.is_array_buffer(buffer))?;
        Some(v8.keep_memory(buffer))
    }

    /// Removes the owners of memory from this one on.
    fn disown(&self, index: usize) {
        let v8 = self.v8.as_ref();
        for store in self.owned.borrow_mut().drain(index..) {
            if let Some(v8) = v8 {
                v8.disown_memory(store);
            }
        }
    }

    fn view_object(&self, value: Value) -> View {
        let Some(bytes) = self.env.as_bytes(value) else { return View::Other(Kind::Object) };
        if bytes.is_gone {
            return View::Other(Kind::DetachedBuffer);
        }
        // Script that C calls could take the memory of such a buffer away.
        if self.running.get() == Running::CallsBack && self.env.can_shrink(bytes.buffer) {
            return View::Other(Kind::ResizableBuffer);
        }
        self.viewed.set(Some(bytes.buffer));
        View::Bytes { address: bytes.address, len: bytes.len }
    }

    fn view_other(&self, site: Site, value: Value) -> View {
        let env = self.env;
        match env.kind(value) {
            Ok(ValueKind::Undefined) => View::Undefined,
            Ok(ValueKind::Null) => View::Null,
            Ok(ValueKind::Boolean) => View::Boolean(env.as_boolean(value).unwrap_or(false)),
            Ok(ValueKind::BigInt) => View::BigInt(env.as_bigint(value).unwrap_or(0)),
            Ok(ValueKind::String) => View::Other(Kind::String),
            Ok(ValueKind::Symbol) => View::Other(Kind::Symbol),
            Ok(ValueKind::Function) => View::Other(Kind::Function),
            Ok(ValueKind::External) => match self.address(value) {
                Some(address) => View::Pointer(address.cast_const()),
                None => View::Other(Kind::Object),
            },
            Ok(ValueKind::Object) if !self.may_collect(site) => View::Other(Kind::Object),
            // V8 has opened a scope for an ordinary call, but not for a fast one.
            Ok(ValueKind::Object) if self.is_ordinary(site) => self.view_object(value),
            Ok(ValueKind::Object) => env.scope(|| self.view_object(value)),
            // Numbers are viewed before this. A failure means that the environment ends.
            Ok(ValueKind::Number) | Err(_) => View::Other(Kind::Number),
        }
    }
}

// SAFETY: Node-API itself reports bytes. It moves those in the collector's heap out of it first. Below functions that may call
// script back, pins keep the memory of buffers that script detaches while C runs. Conversions run no script.
unsafe impl Engine for Node {
    type Exception = Thrown;

    unsafe fn view(&self, site: Site, words: Words) -> View {
        let value = value(words);
        if self.v8.is_some()
            && let Some(number) = small_integer(value)
        {
            return View::Number(number.into());
        }
        match self.env.as_number(value) {
            Some(number) => View::Number(number),
            None => self.view_other(site, value),
        }
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, Thrown> {
        let env = self.env;
        let value = match output {
            Output::I64(number) => env.bigint(number),
            Output::U64(number) => env.biguint(number),
            Output::Bytes(bytes) => env.byte_array(bytes),
            Output::Pointer(address, _) => self.pointer(address.cast_mut()),
            Output::Number(number) => match &self.v8 {
                Some(v8) => Ok(v8.number(number)),
                None => env.number(number),
            },
            Output::Boolean(truth) => env.boolean(truth),
            Output::Null => env.null(),
            other => Err(Thrown::from(other.no_value())),
        };
        value.map(words)
    }

    unsafe fn text(&self, site: Site, words: Words) -> Option<Result<Text, Problem>> {
        let string = value(words);
        match self.v8() {
            Some(v8) if v8.reads_strings() => {
                if !v8.is_string(string) {
                    return None;
                }
                if let Some(characters) = v8.ascii(string) {
                    // SAFETY: `ascii` returns characters that are not NUL.
                    return Some(Ok(unsafe { self.texts.copy(characters) }));
                }
            }
            _ if self.env.kind(string).ok()? != ValueKind::String => return None,
            _ => {}
        }
        self.may_collect(site).then(|| self.c_string(string).map(Texts::keep))
    }

    unsafe fn pin(&self, _: Site, _: Words) -> Option<usize> {
        let v8 = self.v8.as_ref()?;
        // Only ordinary calls pin, and right after the view.
        let buffer = self.viewed.take().filter(|&buffer| self.env.is_array_buffer(buffer))?;
        if !v8.counts_owners.get() {
            // The second buffer lives in the scope of the running callback.
            v8.keep_memory(buffer);
            return None;
        }
        let mut owned = self.owned.borrow_mut();
        owned.push(v8.own_memory(buffer));
        Some(!(owned.len() - 1))
    }

    unsafe fn unpin(&self, _: Site, pin: usize) {
        // Numbers of memory have their highest bits set, which no address has.
        if (!pin) < pin {
            return self.disown(!pin);
        }
        // SAFETY: this is a string that `text` has made.
        unsafe { self.texts.release(pin) };
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> Thrown {
        Thrown::from(error)
    }

    unsafe fn throw(&self, _: Site, exception: Thrown) {
        match &self.v8 {
            Some(v8) => v8.throw(exception),
            None => self.env.throw(exception),
        }
    }
}
