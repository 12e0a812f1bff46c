//! Panics that pass through trampolines.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hotcall_jit::{Jit, Options};

use crate::notation;

extern "C-unwind" fn boom() {
    panic!("boom")
}

#[test]
fn through_frames_of_every_kind() {
    let jit = Jit::new().unwrap();
    let bytes = [0u8; 9000];
    let slots = [bytes.as_ptr() as u64; 16];
    let texts = [
        "()",
        "(i32) -> i32",
        "(9*i64)",
        "(text, ..., f64)",
        "(7*i32, ..., f64) -> f64",
        "(struct {u8[9000]}, 9*struct {u8[30]}) -> struct {f64, i64}",
    ];
    for text in texts {
        for capture_errno in [false, true] {
            let trampoline = jit.slots(&notation::signature(text), Options { capture_errno }).unwrap();
            let mut result = [0u64; 2];
            let mut errno = 0x5a5a;
            // SAFETY: a function without parameters may be called with any in this convention; the slots are valid
            // addresses of as many bytes as the largest struct has.
            let caught = catch_unwind(AssertUnwindSafe(|| unsafe {
                (trampoline.entry())(boom as *const c_void, slots.as_ptr(), result.as_mut_ptr(), &mut errno);
            }));
            assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"boom"), "{text}");
            assert_eq!((result, errno), ([0; 2], 0x5a5a), "{text}");
        }
    }
}
