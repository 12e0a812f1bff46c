//! SpiderMonkey's interface, as functions of C that `spider_monkey.cc` has. A test that asks for it compiles that file, since neither
//! the engine nor its headers may be there.

use std::env;
use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

use hotcall_testing::compiler::Compiler;

/// `JSContext *`
pub(crate) type MonkeyContext = *mut c_void;

/// A value that C++ keeps, until it is dropped.
pub(crate) type Rooted = *mut c_void;

/// The kinds of a [`Seen`].
pub(crate) mod kind {
    pub(crate) const NUMBER: u32 = 0;
    pub(crate) const BOOLEAN: u32 = 1;
    pub(crate) const UNDEFINED: u32 = 2;
    pub(crate) const NULL: u32 = 3;
    pub(crate) const STRING: u32 = 4;
    pub(crate) const SYMBOL: u32 = 5;
    pub(crate) const BIG_INT: u32 = 6;
    pub(crate) const FUNCTION: u32 = 7;
    pub(crate) const OBJECT: u32 = 8;
    pub(crate) const POINTER: u32 = 9;
    pub(crate) const BYTES: u32 = 10;
    pub(crate) const DETACHED: u32 = 11;
}

/// `View` of `spider_monkey.cc`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) kind: u32,
    pub(crate) number: f64,
    pub(crate) bits: u64,
    pub(crate) len: usize,
}

/// The kinds of a [`Described`] object.
pub(crate) mod sample {
    pub(crate) const TYPED_ARRAY: u32 = 1;
    pub(crate) const DATA_VIEW: u32 = 2;
    pub(crate) const BUFFER: u32 = 3;
    pub(crate) const POINTER: u32 = 4;
}

/// `Sample` of `spider_monkey.cc`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Described {
    pub(crate) kind: u32,
    pub(crate) shift: u32,
    pub(crate) class: u64,
    pub(crate) words: [u64; 2],
    pub(crate) buffer: u64,
}

/// Gets an object of the list of pinned ones, and the data that came with it.
pub(crate) type VisitOne = unsafe extern "C" fn(*mut c_void, u64);

/// `Pins` of `spider_monkey.cc`.
#[repr(C)]
pub(crate) struct PinnedObjects {
    pub(crate) realm: *const c_void,
    pub(crate) visit: unsafe extern "C" fn(*const c_void, VisitOne, *mut c_void),
    pub(crate) are_in_use: unsafe extern "C" fn(*const c_void) -> bool,
}

type Finalize = unsafe extern "C" fn(*mut c_void);

/// Declares the functions of `spider_monkey.cc`.
macro_rules! functions {
    ($($name:ident = $symbol:literal ($($parameter:ty),*) $(-> $result:ty)?;)*) => {
        pub(crate) struct Api {
            $(pub(crate) $name: unsafe extern "C" fn($($parameter),*) $(-> $result)?,)*
        }

        impl Api {
            /// # Safety
            ///
            /// The library was made of `spider_monkey.cc`.
            unsafe fn of(library: &libloading::Library) -> Result<Self, libloading::Error> {
                // SAFETY: the declarations are those of the file.
                unsafe { Ok(Self { $($name: *library.get($symbol)?,)* }) }
            }
        }
    };
}

functions! {
    new = "sm_new"(usize) -> MonkeyContext;
    free = "sm_free"(MonkeyContext);
    gc = "sm_gc"(MonkeyContext);
    set_collects = "sm_set_collects"(MonkeyContext, bool);
    view = "sm_view"(MonkeyContext, u64, *mut Seen);
    make_big_int = "sm_make_big_int"(MonkeyContext, u64, bool, *mut u64) -> bool;
    make_pointer = "sm_make_pointer"(MonkeyContext, u64, *mut u64) -> bool;
    make_bytes = "sm_make_bytes"(MonkeyContext, *const u8, usize, *mut u64) -> bool;
    release = "sm_release"(MonkeyContext, u64);
    made = "sm_made"(MonkeyContext) -> usize;
    forget = "sm_forget"(MonkeyContext);
    pin = "sm_pin"(MonkeyContext, u64) -> bool;
    unpin = "sm_unpin"(MonkeyContext, u64);
    type_error = "sm_type_error"(MonkeyContext, *const u8, usize) -> Rooted;
    take_exception = "sm_take_exception"(MonkeyContext) -> Rooted;
    throw = "sm_throw"(MonkeyContext, Rooted);
    drop = "sm_drop"(Rooted);
    call = "sm_call"(MonkeyContext, u64, *const u64, usize, *mut u64) -> bool;
    call_function = "sm_call_function"(MonkeyContext, u64, u64, u32, *const u64, *mut u64) -> bool;
    root = "sm_root"(MonkeyContext, u64) -> Rooted;
    function = "sm_function"(MonkeyContext, *const c_char, *const c_void, u32, *mut c_void, Finalize, *mut u64) -> bool;
    set_global = "sm_set_global"(MonkeyContext, *const c_char, u64) -> bool;
    evaluate = "sm_evaluate"(MonkeyContext, *const u8, usize, *mut u64) -> bool;
    text = "sm_text"(MonkeyContext, u64, *mut u8, usize) -> usize;
    new_bytes = "sm_new_bytes"(MonkeyContext, *const u8, usize) -> u64;
    set_pins = "sm_set_pins"(MonkeyContext, *const PinnedObjects);
    class_size = "sm_class_size"() -> usize;
    array_len = "sm_array_len"(MonkeyContext, u64) -> u32;
    element = "sm_element"(MonkeyContext, u64, u32) -> u64;
    describe = "sm_describe"(MonkeyContext, u64, bool, *mut Described);
    thrown = "sm_thrown"(Rooted) -> u64;
}

/// The compiler's options for the engine's headers.
pub const FLAGS: [&str; 8] = [
    "-std=c++17",
    "-O2",
    "-fno-exceptions",
    "-fno-rtti",
    "-isystem",
    "/usr/include/mozjs-102",
    "-Wl,--no-as-needed",
    "-lmozjs-102",
];

impl Api {
    fn load() -> Result<Self, String> {
        let path = Compiler::cxx().shared_object(&FLAGS, include_str!("spider_monkey.cc"));
        let path = path.map_err(|error| error.to_string())?;
        // SAFETY: loading the engine runs nothing but its initialisers.
        let library = unsafe { libloading::Library::new(path) }.map_err(|error| error.to_string())?;
        // SAFETY: the library is the one that was made of the file.
        let api = unsafe { Self::of(&library) }.map_err(|error| error.to_string())?;
        // The engine has threads, which run its code.
        std::mem::forget(library);
        Ok(api)
    }

    /// `None` where there is no SpiderMonkey, which CI does not allow.
    pub(crate) fn get() -> Option<&'static Self> {
        static API: OnceLock<Result<Api, String>> = OnceLock::new();
        match API.get_or_init(Self::load) {
            Ok(api) => Some(api),
            Err(error) => {
                assert!(env::var_os("CI").is_none(), "{error}");
                None
            }
        }
    }
}

/// A function of script, which this value keeps from the collector. It must not outlive its context.
pub struct RootedFunction {
    api: &'static Api,
    rooted: Rooted,
    function: u64,
}

impl RootedFunction {
    /// # Safety
    ///
    /// The function is one of the context.
    pub(crate) unsafe fn new(api: &'static Api, context: MonkeyContext, function: u64) -> Self {
        // SAFETY: the caller promises a function of the context.
        Self { api, rooted: unsafe { (api.root)(context, function) }, function }
    }

    /// Returns the function.
    pub(crate) const fn value(&self) -> u64 {
        self.function
    }
}

impl Drop for RootedFunction {
    fn drop(&mut self) {
        // SAFETY: this owns the root, whose context lives longer.
        unsafe { (self.api.drop)(self.rooted) };
    }
}
