//! The search for script on the stack of a thread.

use std::ffi::c_void;
use std::ptr;

use super::isolate::V8;
use super::structs::{RegisterState, SampleInfo};
use crate::running::Caller;

/// `v8::StateTag::JS`: script's code runs, or a function that its optimised code has called.
const JS: u16 = 0;

impl V8 {
    /// Finds the caller of C on this thread, outside of functions that may call script back. The event loop of Node has
    /// entered a context all the time, so `Isolate::InContext` would not tell. V8's sampling profiler does: it looks for the
    /// frames of script, and runs nothing.
    pub(crate) fn caller(&self) -> Caller {
        let mut frame = ptr::null_mut::<c_void>();
        let here = (&raw const frame).cast();
        let mut registers =
            RegisterState { pc: ptr::null(), sp: here, fp: here, lr: ptr::null(), callee_saved: ptr::null() };
        let mut info = SampleInfo {
            frames: 0,
            external_callback: ptr::null(),
            context: ptr::null(),
            embedder_context: ptr::null(),
            vm_state: JS,
            embedder_state: 0,
            more: [0; 4],
        };
        // SAFETY: the isolate belongs to this thread, whose stack is walked from here on. There is room for one frame.
        unsafe { (self.functions.stack_sample)(self.isolate, &mut registers, &mut frame, 1, &mut info) };
        match (info.vm_state, info.frames) {
            (JS, _) => Caller::FastCall,
            (_, 0) => Caller::EventLoop,
            _ => Caller::Alone,
        }
    }
}
