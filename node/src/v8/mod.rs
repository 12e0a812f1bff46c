//! V8 behind Node-API: fast calls and V8's own callbacks for functions of C.
//!
//! Node-API alone makes a call cost 27 ns or more. V8 itself is faster, and the running program exports its C++ interface.
//! So the addon finds V8's [`functions`] by name, and one binary serves all versions of a platform.
//!
//! Nothing is trusted that was not compared with V8's own answers when an environment begins:
//!
//! | fact | how it is found |
//! |---|---|
//! | version | `V8::GetVersion`; others than those known to hotcall are refused |
//! | pointers are not compressed | the word of 5 |
//! | size of `CTypeInfo` | [`CFunctionInfo::ArgumentInfo`](fast::info_size) |
//! | layout of `FunctionCallbackInfo` | a [function that is called once](probe) |
//! | null, booleans, undefined | words of these values |
//! | layout of buffers, views, externals, heap numbers, BigInts and strings | [samples] of all kinds, compared with Node-API's answers |
//! | owners of a buffer's memory | [counted](store) before and after another one is added |
//!
//! If one is not as expected, the reason is in `diagnostics()`, and Node-API serves.

pub(crate) mod fast;
pub(crate) mod functions;
pub(crate) mod native;
pub(crate) mod plain_callback;
mod probe;
mod samples;
pub(crate) mod script;
mod stack;
mod store;
mod string;
mod template;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_void};
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;

use hotcall::engine::v8::{self, CallbackLayout, Generation, Roots};
use hotcall::engine::{Exit, Realm, ValueModel};
use hotcall::{Library, Signature};

use crate::api::{Env, Value};
use crate::engine::{Node, SITE};
use crate::thrown::Thrown;
use functions::{Functions, Isolate};

/// V8 in one environment.
pub(crate) struct V8 {
    env: Env,
    functions: &'static Functions,
    isolate: *mut Isolate,
    generation: Generation,
    layout: CallbackLayout,
    roots: Roots,
    undefined: u64,
    /// True if samples have shown where strings have their characters.
    reads_strings: Cell<bool>,
    /// True if a program's memory of buffers counts its owners as expected.
    pub(crate) counts_owners: Cell<bool>,
    /// The shapes of fast calls.
    shapes: RefCell<HashMap<Signature, Rc<fast::Shape>>>,
}

/// Returns the version of V8, if the program exports V8's functions.
pub(crate) fn version() -> Option<String> {
    let functions = functions().as_ref().ok()?;
    // SAFETY: V8 returns a text that ends with a zero and is never freed.
    let text = unsafe { CStr::from_ptr((functions.get_version)()) };
    Some(text.to_string_lossy().into_owned())
}

/// Returns true if script can change the size of a buffer. `None` if the program does not export V8's functions. Unlike the
/// properties of the buffer, this runs no script.
pub(crate) fn is_resizable(buffer: Value) -> Option<bool> {
    let functions = functions().as_ref().ok()?;
    // SAFETY: the value is an ArrayBuffer or a SharedArrayBuffer, which are one type inside V8.
    Some(unsafe { (functions.is_resizable)(buffer.raw()) })
}

/// Returns the bytes of a `SharedArrayBuffer`, which Node-API does not know in 22.2 and 24.0. `None` for other values, or if
/// the program does not export V8's functions.
pub(crate) fn shared_bytes(value: Value) -> Option<(*mut c_void, usize)> {
    let functions = functions().as_ref().ok()?;
    // SAFETY: the value is one of V8's.
    unsafe {
        let is_shared = (functions.is_shared_buffer)(value.raw());
        is_shared.then(|| ((functions.shared_data)(value.raw()), (functions.shared_length)(value.raw())))
    }
}

fn functions() -> &'static Result<Functions, &'static str> {
    static FUNCTIONS: OnceLock<Result<Functions, &str>> = OnceLock::new();
    FUNCTIONS.get_or_init(|| match Library::this_process() {
        Ok(program) => Functions::find(&program),
        Err(_) => Err("functions"),
    })
}

/// Returns the word of a value. It is valid until the collector runs.
pub(crate) fn word(value: Value) -> u64 {
    // SAFETY: a value is the address of a slot with the word.
    unsafe { value.raw().cast::<u64>().read() }
}

/// Returns the number of a value that is a small integer. V8 has it in the word itself.
pub(crate) fn small_integer(value: Value) -> Option<i32> {
    let word = word(value);
    (word as u32 == 0).then_some((word >> 32) as i32)
}

/// Finds V8 in the running program, compares its facts, and makes the realm of an environment. Returns the reason if V8 is not
/// used.
pub(crate) fn begin(env: Env) -> Result<(Rc<V8>, Realm<Node>), String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("V8's own functions are called on Linux x86-64 alone".into());
    }
    let functions = functions().as_ref().map_err(|name| format!("the runtime does not export V8's {name}"))?;
    let version = version().unwrap_or_default();
    let (generation, layout) = known(&version).ok_or_else(|| format!("V8 {version} is not known"))?;
    // SAFETY: V8 runs script on this thread.
    let isolate = unsafe { (functions.current_isolate)() };
    if isolate.is_null() {
        return Err("no isolate of V8 is on this thread".into());
    }
    if fast::info_size(functions) != generation.info_size() {
        return Err(format!("V8 {version} describes types in another form than expected"));
    }
    let begin = || {
        let undefined = word(env.undefined()?);
        let Some(roots) = roots(env)? else { return Ok(Err("pointers are compressed".to_owned())) };
        let mut v8 = V8 {
            env,
            functions,
            isolate,
            generation,
            layout,
            roots,
            undefined,
            reads_strings: Cell::new(false),
            counts_owners: Cell::new(false),
            shapes: RefCell::default(),
        };
        if probe::layout(&v8)? != Some(layout) {
            return Ok(Err(format!("V8 {version} passes arguments in another form than expected")));
        }
        v8.roots = v8.with_objects(roots)?;
        let v8 = Rc::new(v8);
        Ok(v8.realm()?.map(|realm| (Rc::clone(&v8), realm)))
    };
    env.scope(begin).unwrap_or_else(|_: Thrown| Err("values of script could not be made".into()))
}

impl V8 {
    /// Makes the realm, if samples of all kinds are read by the model's rules as Node-API reads them.
    fn realm(self: &Rc<Self>) -> Result<Result<Realm<Node>, String>, Thrown> {
        let mut samples = samples::make(self.env)?;
        samples.push(self.external(ptr::from_ref(&**self).cast_mut().cast()));
        let node = Node::new(self.env, Some(Rc::clone(self)));
        // SAFETY: the model is that of this version. The samples are the environment's, and no references are counted.
        let realm = unsafe { Realm::with_samples(node, self.model(), SITE, samples::words_of(&samples), |_| {}) };
        Ok(match realm {
            Ok(realm) if realm.model().is_some_and(|model| model.objects.is_some()) => {
                self.try_strings(&samples);
                let agree = samples::numbers_agree(self.env, &realm, &samples);
                if agree { Ok(realm) } else { Err("numbers do not lie in memory as expected".into()) }
            }
            Ok(_) => Err("objects do not lie in memory as expected".into()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// Adds the types of objects to the roots.
    fn with_objects(&self, roots: Roots) -> Result<Roots, Thrown> {
        let env = self.env;
        let external = self.external(ptr::from_ref(self).cast_mut().cast());
        let [fraction, big_int] = [env.number(1.5)?, env.bigint(1)?];
        let array = env.byte_array(&[0])?;
        let buffer = env.as_bytes(array).map_or(array, |bytes| bytes.buffer);
        self.counts_owners.set(self.try_owners(buffer));
        let view = env.data_view(buffer, 1)?;
        let plain = env.object()?;
        // SAFETY: these values are objects for V8, and nothing moves them meanwhile.
        unsafe {
            let kind = |object| Roots::instance_type(word(object));
            Ok(roots
                .typed_array(Some(kind(array)))
                .array_buffer(Some(kind(buffer)))
                .data_view(Some(kind(view)))
                .external(Some(kind(external)).filter(|&external| external != kind(plain)))
                .heap_number(Some(Roots::map(word(fraction))))
                .big_int(Some(Roots::map(word(big_int)))))
        }
    }

    /// The model of V8's ordinary callback.
    pub(crate) fn model(&self) -> ValueModel {
        let functions = self.functions;
        // SAFETY: these are V8's functions of these names.
        unsafe {
            self.generation
                .callback(self.layout, &self.roots, self.undefined)
                .make_number(v8::number_function(functions.new_number as *const c_void))
                .make_signed(v8::signed_function(functions.new_big_int as *const c_void))
                .make_unsigned(v8::unsigned_function(functions.new_unsigned_big_int as *const c_void))
                .make_pointer(v8::external_function(functions.new_external as *const c_void))
        }
    }

    /// Returns true if a pointer of a call is that of the isolate, which ordinary calls have.
    pub(crate) fn is_isolate(&self, context: *const c_void) -> bool {
        context == self.isolate.cast()
    }

    /// The way in which fast calls are left: V8 12.4 repeats them by the ordinary callback.
    pub(crate) const fn exit(&self) -> Exit {
        self.generation.exit()
    }

    /// Makes a number.
    pub(crate) fn number(&self, number: f64) -> Value {
        // SAFETY: the isolate lasts as long as its environment.
        unsafe { Value::new((self.functions.new_number)(self.isolate, number)) }
    }

    /// Returns true if the value is undefined.
    pub(crate) fn is_undefined(&self, value: Value) -> bool {
        word(value) == self.undefined
    }

    /// Makes a pointer object of an address that is not null.
    pub(crate) fn external(&self, address: *mut c_void) -> Value {
        // SAFETY: the isolate lasts as long as its environment. A tag is ignored without a sandbox.
        unsafe { Value::new((self.functions.new_external)(self.isolate, address, 0)) }
    }

    /// Returns the address of a pointer object.
    pub(crate) fn external_value(&self, external: Value) -> *mut c_void {
        // SAFETY: the caller has an External.
        unsafe { (self.functions.external_value)(external.raw(), 0) }
    }

    /// Throws from V8's own callback or from a fast call. These have no scope for values, or must not use it.
    pub(crate) fn throw(&self, thrown: Thrown) {
        self.env.scope(|| {
            if let Some(value) = thrown.into_value(self.env) {
                // SAFETY: the value is the isolate's. V8 keeps it.
                unsafe { (self.functions.throw_exception)(self.isolate, value.raw()) };
            }
        });
    }

    /// Makes a second buffer with the memory of an `ArrayBuffer`. The memory stays as long as this one lives, even if script
    /// detaches the first.
    pub(crate) fn keep_memory(&self, buffer: Value) -> Value {
        self.give_to_buffer(self.own_memory(buffer))
    }
}

/// Returns hotcall's facts about a version such as "14.6.202.33-node.12".
fn known(version: &str) -> Option<(Generation, CallbackLayout)> {
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    let (major, minor) = (numbers.next()?, numbers.next()?);
    Some((Generation::of_version(major, minor)?, CallbackLayout::of_version(major, minor)?))
}

/// Reads the words of values that are the same in the whole isolate. `None` if pointers are compressed: small integers
/// then have 31 bits.
fn roots(env: Env) -> Result<Option<Roots>, Thrown> {
    let [null, no, yes] = [env.null()?, env.boolean(false)?, env.boolean(true)?].map(word);
    Ok((word(env.number(5.0)?) == 5 << 32).then(|| Roots::new(null, no, yes)))
}
