//! V8's own structs and types, as its functions take them.

use std::ffi::c_void;

/// `v8::Isolate`
#[repr(C)]
pub(crate) struct Isolate([u8; 0]);

/// `std::shared_ptr<v8::BackingStore>`. Both standard libraries of C++ have these two words.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct SharedStore {
    pub(crate) store: *mut c_void,
    pub(crate) control: *mut c_void,
}

/// `v8::FunctionCallback`. Its argument is the address of a `FunctionCallbackInfo`.
pub(crate) type FunctionCallback = unsafe extern "C" fn(*const c_void);

/// `v8::CFunctionInfo`: 24 bytes in V8 12.4 to 14.6. Its constructor fills it.
#[repr(C, align(8))]
pub(crate) struct V8CFunctionInfo(pub(super) [u8; 64]);

/// `v8::CFunction`: 16 bytes in V8 12.4 to 14.6. Its constructor fills it.
#[repr(C, align(8))]
pub(crate) struct V8CFunction(pub(super) [u8; 32]);

/// `v8::RegisterState`
#[repr(C)]
pub(crate) struct RegisterState {
    pub(super) pc: *const c_void,
    pub(super) sp: *const c_void,
    pub(super) fp: *const c_void,
    pub(super) lr: *const c_void,
    pub(super) callee_saved: *const c_void,
}

/// `v8::SampleInfo`
#[repr(C)]
pub(crate) struct SampleInfo {
    pub(super) frames: usize,
    pub(super) external_callback: *const c_void,
    pub(super) context: *const c_void,
    pub(super) embedder_context: *const c_void,
    pub(super) vm_state: u16,
    pub(super) embedder_state: u16,
    /// Room for fields that a later V8 adds.
    pub(super) more: [usize; 4],
}
