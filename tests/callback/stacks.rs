//! Calls on stacks that the system did not make.

use std::ffi::c_void;
use std::sync::{Arc, Mutex};

use hotcall::{Call, Callback, ForeignCall, Function, LocalOptions, OnPanic, Slot, Type};

use super::{Drops, c, int_thunk};

const SIZE: usize = 256 << 10;

/// Calls a callback on a stack of this memory, until it answers or pauses.
fn call_on_stack(callback: Slot, n: i32, stack: &mut Vec<u128>) -> i32 {
    stack.resize(SIZE / 16, 0);
    let call = c("call_on_stack", [Type::FUNCTION, Type::I32, Type::POINTER, Type::USIZE], Type::I32);
    // SAFETY: this is its signature, and the stack has the given size.
    unsafe { call.call_slots(&[callback, n.into(), stack.as_mut_ptr().into(), SIZE.into()]) }.unwrap().as_i32()
}

/// Adds 1 to the argument, and checks a value that it keeps on the stack that it runs on.
fn add_one(call: &mut Call<'_>) {
    let n = std::hint::black_box(call.slots()[0].as_i32());
    call.set(n + 1).unwrap();
}

unsafe extern "C" fn raw_add_one(_: *mut c_void, args: *const Slot, result: *mut Slot) {
    // SAFETY: a thunk of `int32_t (int32_t)` calls it.
    unsafe { *result = ((*args).as_i32() + 1).into() };
}

#[test]
fn all_kinds_run_on_foreign_stacks() {
    let sync = Callback::sync(&int_thunk(), OnPanic::Catch, add_one).unwrap();
    // SAFETY: the handler is of this signature.
    let raw = unsafe { Callback::raw(&int_thunk(), raw_add_one, std::ptr::null_mut()) }.unwrap();
    let nobody = |call: ForeignCall| Err(call);
    let local = Callback::local(&int_thunk(), LocalOptions::default(), nobody, add_one).unwrap();
    for callback in [Slot::from(&sync), Slot::from(&raw), Slot::from(&local)] {
        assert_eq!(call_on_stack(callback, 41, &mut Vec::new()), 42);
    }
    sync.close();
    assert_eq!(call_on_stack(Slot::from(&sync), 41, &mut Vec::new()), 0);
}

#[test]
fn panics_are_caught_on_foreign_stacks() {
    let panicking = |call: &mut Call<'_>| {
        call.set(-1).unwrap();
        panic!("far away");
    };
    let sync = Callback::sync(&int_thunk(), OnPanic::Catch, panicking).unwrap();
    assert_eq!(call_on_stack(Slot::from(&sync), 1, &mut Vec::new()), 0);
    assert_eq!(*sync.take_panic().unwrap().downcast::<&str>().unwrap(), "far away");
    let nobody = |call: ForeignCall| Err(call);
    let local = Callback::local(&int_thunk(), LocalOptions::default(), nobody, panicking).unwrap();
    assert_eq!(call_on_stack(Slot::from(&local), 1, &mut Vec::new()), 0);
    assert_eq!(*local.take_panic().unwrap().downcast::<&str>().unwrap(), "far away");
}

fn pause() -> Function {
    c("pause_call", [], None)
}

fn resume() -> i32 {
    // SAFETY: this is its signature, and a call paused.
    unsafe { c("resume_call", [], Type::I32).call_slots(&[]) }.unwrap().as_i32()
}

#[test]
fn a_callback_may_be_dropped_while_a_call_pauses() {
    let drops = Drops::default();
    let (captured, pause) = (drops.captured(), pause());
    let callback = Callback::sync(&int_thunk(), OnPanic::Catch, move |call| {
        let n = call.slots()[0].as_i32();
        // SAFETY: this is its signature; the call goes on later.
        unsafe { pause.call_slots(&[]) }.unwrap();
        captured.check();
        call.set(n * 2).unwrap();
    })
    .unwrap();
    let mut stack = Vec::new();
    call_on_stack(Slot::from(&callback), 21, &mut stack);
    assert_eq!(callback.running(), 1);
    drop(callback);
    assert_eq!(drops.count(), 0);
    assert_eq!((resume(), drops.count()), (42, 1));
}

#[test]
fn a_local_callback_may_be_closed_while_a_call_pauses() {
    let drops = Drops::default();
    let (captured, pause, paused) = (drops.captured(), pause(), Arc::new(Mutex::new(false)));
    let inside = Arc::clone(&paused);
    let nobody = |call: ForeignCall| Err(call);
    let callback = Callback::local(&int_thunk(), LocalOptions::default(), nobody, move |call| {
        let n = call.slots()[0].as_i32();
        *inside.lock().unwrap() = true;
        // SAFETY: this is its signature; the call goes on later.
        unsafe { pause.call_slots(&[]) }.unwrap();
        captured.check();
        call.set(n * 2).unwrap();
    })
    .unwrap();
    let mut stack = Vec::new();
    call_on_stack(Slot::from(&callback), 21, &mut stack);
    assert!(*paused.lock().unwrap());
    callback.close();
    assert_eq!((callback.running(), drops.count()), (1, 0));
    assert_eq!((resume(), callback.running(), drops.count()), (42, 0, 1));
}
