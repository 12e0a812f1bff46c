//! V8's own functions, found by name in the running program.
//!
//! The names are those of the Itanium C++ ABI, as in `nm -D` of the program. Node 22.2 to 26.12 (V8 12.4, 13.6, 14.6) export
//! all of them. A `Local` is one pointer, the address of a slot with the value's word. It is passed and returned in a
//! register, and a `napi_value` is one too.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::transmute;
use std::sync::OnceLock;

use hotcall::Library;
use napi_sys::napi_value;

use super::structs::{FunctionCallback, Isolate, RegisterState, SampleInfo, SharedStore, V8CFunction, V8CFunctionInfo};

/// Returns the version of V8, if the program exports V8's functions.
pub(crate) fn version() -> Option<String> {
    let functions = Functions::of_program().as_ref().ok()?;
    // SAFETY: V8 returns a text that ends with a zero and is never freed.
    let text = unsafe { CStr::from_ptr((functions.get_version)()) };
    Some(text.to_string_lossy().into_owned())
}

macro_rules! functions {
    ($($(#[$doc:meta])* $field:ident = $name:literal $(or $other:literal)? : fn($($ty:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions that the addon calls.
        pub(crate) struct Functions {
            $($(#[$doc])* pub(crate) $field: unsafe extern "C" fn($($ty),*) $(-> $result)?,)*
        }

        impl Functions {
            /// Finds all functions. Returns the first name that the program does not export.
            fn find(program: &Library) -> Result<Self, &'static str> {
                Ok(Self {
                    // SAFETY: the function with this mangled name has these parameters.
                    $($field: unsafe {
                        transmute::<*const c_void, unsafe extern "C" fn($($ty),*) $(-> $result)?>(
                            address(program, &[$name, $($other)?])?
                        )
                    },)*
                })
            }
        }
    };
}

impl Functions {
    /// The functions of the running program, or the first name that it does not export.
    pub(crate) fn of_program() -> &'static Result<Self, &'static str> {
        static FUNCTIONS: OnceLock<Result<Functions, &str>> = OnceLock::new();
        FUNCTIONS.get_or_init(|| match Library::this_process() {
            Ok(program) => Self::find(&program),
            Err(_) => Err("functions"),
        })
    }
}

fn address(program: &Library, names: &[&'static str]) -> Result<*const c_void, &'static str> {
    let find = |name: &&str| program.optional_symbol(name).ok().flatten();
    names.iter().find_map(find).ok_or(names[0])
}

functions! {
    /// `V8::GetVersion()`. Bun exports V8 symbols of its own making, but not this one.
    get_version = "_ZN2v82V810GetVersionEv": fn() -> *const c_char;
    /// `Isolate::TryGetCurrent()`
    current_isolate = "_ZN2v87Isolate13TryGetCurrentEv": fn() -> *mut Isolate;
    /// `Isolate::GetCurrentContext()`
    current_context = "_ZN2v87Isolate17GetCurrentContextEv": fn(*mut Isolate) -> napi_value;
    /// `Isolate::GetStackSample(const RegisterState &, void **frames, size_t limit, SampleInfo *)`
    stack_sample = "_ZN2v87Isolate14GetStackSampleERKNS_13RegisterStateEPPvmPNS_10SampleInfoE":
        fn(*mut Isolate, *mut RegisterState, *mut *mut c_void, usize, *mut SampleInfo);
    /// `Isolate::ThrowException(Local<Value>)`. Unlike `napi_throw` it also throws outside of Node-API's callbacks.
    throw_exception = "_ZN2v87Isolate14ThrowExceptionENS_5LocalINS_5ValueEEE": fn(*mut Isolate, napi_value) -> napi_value;
    /// `Function::Call(Local<Context>, Local<Value> receiver, int argc, Local<Value> argv[])`. Null if it has thrown.
    call = "_ZN2v88Function4CallENS_5LocalINS_7ContextEEENS1_INS_5ValueEEEiPS5_":
        fn(napi_value, napi_value, napi_value, c_int, *const napi_value) -> napi_value;
    /// `api_internal::GlobalizeReference(isolate, word)`, behind `Global`. Returns the place of the word.
    globalize = "_ZN2v812api_internal18GlobalizeReferenceEPNS_8internal7IsolateEm": fn(*mut Isolate, u64) -> napi_value;
    /// `api_internal::DisposeGlobal(place)`
    dispose_global = "_ZN2v812api_internal13DisposeGlobalEPm": fn(napi_value);
    /// `FunctionTemplate::New(isolate, callback, data, signature, length, behavior, side_effect, c_function, instance_type,
    /// first and last type of receivers)`
    new_template = "_ZN2v816FunctionTemplate3NewEPNS_7IsolateEPFvRKNS_20FunctionCallbackInfoINS_5ValueEEEENS_5LocalIS4_EENSA_INS_9SignatureEEEiNS_19ConstructorBehaviorENS_14SideEffectTypeEPKNS_9CFunctionEttt":
        fn(*mut Isolate, FunctionCallback, napi_value, napi_value, c_int, c_int, c_int, *const V8CFunction, u16, u16, u16)
            -> napi_value;
    /// `FunctionTemplate::SetClassName(Local<String>)`
    set_class_name = "_ZN2v816FunctionTemplate12SetClassNameENS_5LocalINS_6StringEEE": fn(napi_value, napi_value);
    /// `FunctionTemplate::GetFunction(Local<Context>)`. Null if it has thrown.
    get_function = "_ZN2v816FunctionTemplate11GetFunctionENS_5LocalINS_7ContextEEE": fn(napi_value, napi_value) -> napi_value;
    /// `CFunctionInfo::CFunctionInfo(const CTypeInfo &result, unsigned count, const CTypeInfo *params, Int64Representation)`
    init_function_info = "_ZN2v813CFunctionInfoC1ERKNS_9CTypeInfoEjPS2_NS0_19Int64RepresentationE":
        fn(*mut V8CFunctionInfo, *const u8, u32, *const u8, u8);
    /// `CFunctionInfo::ArgumentInfo(unsigned)`: the address of a parameter's `CTypeInfo`.
    argument_info = "_ZNK2v813CFunctionInfo12ArgumentInfoEj": fn(*const V8CFunctionInfo, u32) -> *const u8;
    /// `CFunction::CFunction(const void *address, const CFunctionInfo *)`
    init_c_function = "_ZN2v89CFunctionC1EPKvPKNS_13CFunctionInfoE": fn(*mut V8CFunction, *const c_void, *const V8CFunctionInfo);
    /// `External::New(isolate, void *)`. Since 14.x with a tag of 16 bits, which matters only in builds with a sandbox.
    new_external = "_ZN2v88External3NewEPNS_7IsolateEPv" or "_ZN2v88External3NewEPNS_7IsolateEPvt":
        fn(*mut Isolate, *mut c_void, u16) -> napi_value;
    /// `External::Value()`. Since 14.x with a tag.
    external_value = "_ZNK2v88External5ValueEv" or "_ZNK2v88External5ValueEt": fn(napi_value, u16) -> *mut c_void;
    /// `Number::New(isolate, double)`
    new_number = "_ZN2v86Number3NewEPNS_7IsolateEd": fn(*mut Isolate, f64) -> napi_value;
    /// `BigInt::New(isolate, int64_t)`
    new_big_int = "_ZN2v86BigInt3NewEPNS_7IsolateEl": fn(*mut Isolate, i64) -> napi_value;
    /// `BigInt::NewFromUnsigned(isolate, uint64_t)`
    new_unsigned_big_int = "_ZN2v86BigInt15NewFromUnsignedEPNS_7IsolateEm": fn(*mut Isolate, u64) -> napi_value;
    /// `Value::IsSharedArrayBuffer()`
    is_shared_buffer = "_ZNK2v85Value19IsSharedArrayBufferEv": fn(napi_value) -> bool;
    /// `SharedArrayBuffer::Data()`
    shared_data = "_ZNK2v817SharedArrayBuffer4DataEv": fn(napi_value) -> *mut c_void;
    /// `SharedArrayBuffer::ByteLength()`
    shared_length = "_ZNK2v817SharedArrayBuffer10ByteLengthEv": fn(napi_value) -> usize;
    /// `ArrayBuffer::IsResizableByUserJavaScript()`
    is_resizable = "_ZNK2v811ArrayBuffer27IsResizableByUserJavaScriptEv": fn(napi_value) -> bool;
    /// `ArrayBuffer::GetBackingStore()`. The result is not trivial for C++, so the caller passes a place for it.
    get_backing_store = "_ZN2v811ArrayBuffer15GetBackingStoreEv": fn(*mut SharedStore, napi_value) -> *mut SharedStore;
    /// `ArrayBuffer::New(isolate, std::shared_ptr<BackingStore>)`. The pointer is passed by address, and moved from.
    new_array_buffer = "_ZN2v811ArrayBuffer3NewEPNS_7IsolateESt10shared_ptrINS_12BackingStoreEE":
        fn(*mut Isolate, *mut SharedStore) -> napi_value;
}
