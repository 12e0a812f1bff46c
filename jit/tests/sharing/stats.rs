//! The statistics of a `Jit`.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::{Jit, Options, Use};
use hotcall_testing::notation;

unsafe extern "C-unwind" fn nothing(_: *mut c_void, _: *const u64, _: *mut u64) {}

#[test]
fn statistics_follow_what_is_made_and_dropped() {
    let jit = Jit::new().unwrap();
    assert_eq!(jit.stats(), hotcall_jit::Stats::default());

    let slots = |text| jit.slots(&notation::signature(text), Options::default()).unwrap();
    let made = [slots("(i32)"), slots("(u64)"), slots("(f64) -> i8"), slots("(text, ..., f64) -> i32"), slots("(i32)")];
    let stats = jit.stats();
    // A 32-bit integer and a 64-bit one are one shape; the variadic call has a shim.
    assert_eq!((stats.trampolines, stats.thunks, stats.functions), (3, 0, 4));
    let distinct = [&made[0], &made[2], &made[3]].map(|trampoline| trampoline.code().len());
    assert!(stats.code_bytes > distinct.iter().sum::<usize>());
    assert!(stats.mapped_bytes >= stats.code_bytes);

    let thunk = jit.thunk(&notation::signature("(i32)")).unwrap();
    let pool = thunk.stubs(Use::Plain);
    let stubs = [pool.take().unwrap(), pool.take().unwrap(), pool.take().unwrap()];
    // SAFETY: the stubs are ours, and nobody calls them.
    stubs.iter().for_each(|stub| unsafe { stub.bind(nothing, ptr::null_mut()) });
    stubs[0].retire();
    let stats = jit.stats();
    assert_eq!((stats.thunks, stats.functions, stats.callbacks), (1, 5, 2));
    assert!(stats.retired_callbacks >= 1);

    drop(made);
    let stats = jit.stats();
    assert_eq!((stats.trampolines, stats.thunks, stats.functions), (0, 1, 1));
    assert_eq!(stats.code_bytes, thunk.code().len());
    for stub in stubs {
        stub.retire();
        // SAFETY: the stub was taken from this pool.
        unsafe { pool.give_back(stub) };
    }
    assert_eq!(jit.stats().callbacks, 0);
}
