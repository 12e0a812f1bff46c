//! Panics in handlers, in captured values, and in payloads.

use std::panic::panic_any;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

use hotcall::{Call, Callback, ForeignCall, LocalCallback, LocalOptions, OnPanic, Payload, Slot, Thunk, Type};

use super::{Big, Captured, Drops, Int, Mixed, aborts, at, c, int, int_thunk, signature, thunk};

fn text(payload: Option<Payload>) -> Option<&'static str> {
    payload.map(|payload| *payload.downcast::<&'static str>().unwrap())
}

fn sync(thunk: &Thunk, handler: impl Fn(&mut Call<'_>) + Send + Sync + 'static) -> Callback {
    Callback::sync(thunk, OnPanic::Catch, handler).unwrap()
}

fn local(on_panic: OnPanic, handler: impl Fn(&mut Call<'_>) + 'static) -> LocalCallback {
    let options = LocalOptions::new().on_panic(on_panic);
    Callback::local(&int_thunk(), options, |call: ForeignCall| Err(call), handler).unwrap()
}

#[test]
fn scalars_are_zero_after_a_panic() {
    let callback = sync(&int_thunk(), |call| {
        call.set(-1).unwrap();
        panic!("after setting");
    });
    assert_eq!(int(callback.as_ptr())(1), 0);
    assert_eq!(text(callback.take_panic()), Some("after setting"));

    let callback = local(OnPanic::Catch, |call| {
        call.set(-1).unwrap();
        panic!("at home");
    });
    assert_eq!(int(callback.as_ptr())(1), 0);
    assert_eq!((text(callback.take_panic()), callback.running()), (Some("at home"), 0));

    let callback = sync(&thunk([Type::F64], Type::F64), |call| {
        call.set(1.5).unwrap();
        panic!("a float");
    });
    // SAFETY: this is its signature.
    let answer = unsafe {
        c("call_double", [Type::FUNCTION, Type::F64], Type::F64).call_slots(&[(&callback).into(), 2.0.into()])
    };
    assert_eq!(answer.unwrap(), Slot::from(0.0));
}

#[test]
fn structs_are_zero_after_a_panic() {
    let callback = sync(&thunk([Mixed::ty()], Mixed::ty()), |call| {
        call.result_bytes().unwrap()[..12].fill(0xff);
        panic!("in registers");
    });
    let call_mixed = c("call_mixed", [Type::FUNCTION, Mixed::ty()], Mixed::ty());
    let (argument, mut result) = (Mixed { x: 1.0, n: 1 }.bytes(), [0xee; 16]);
    let args = [(&callback).into(), call_mixed.aggregate(1, &argument).unwrap()];
    // SAFETY: this is its signature.
    unsafe { call_mixed.call_slots_into(&args, &mut result) }.unwrap();
    assert_eq!(Mixed::read(&result), Mixed { x: 0.0, n: 0 });
    assert_eq!(text(callback.take_panic()), Some("in registers"));

    let callback = sync(&thunk([Big::ty(), Type::I32], Big::ty()), |call| {
        call.result_bytes().unwrap()[8..].fill(0xff);
        panic!("in memory");
    });
    let call_big = c("call_big", [Type::FUNCTION, Big::ty(), Type::I32], Big::ty());
    let (argument, mut result) = (Big([1; 5]).bytes(), [0xee; 40]);
    let args = [(&callback).into(), call_big.aggregate(1, &argument).unwrap(), 1.into()];
    // SAFETY: this is its signature.
    unsafe { call_big.call_slots_into(&args, &mut result) }.unwrap();
    assert_eq!(result, [0; 40]);
    assert_eq!(text(callback.take_panic()), Some("in memory"));
}

#[test]
fn the_first_panic_is_kept_until_it_is_taken() {
    let drops = Drops::default();
    let count = drops.clone();
    let check = |callback: Int, take: &dyn Fn() -> Option<Payload>| {
        for n in 1..=3 {
            assert_eq!(callback(n), 0);
        }
        assert_eq!(drops.count(), 2, "the second and the third payload");
        let (first, _) = *take().unwrap().downcast::<(i32, Captured)>().unwrap();
        assert_eq!(first, 1);
        assert_eq!(drops.count(), 3);
        assert!(take().is_none());
        assert_eq!(callback(0), 7, "it goes on");
        assert!(take().is_none());
        assert_eq!(callback(4), 0);
        let (next, _) = *take().unwrap().downcast::<(i32, Captured)>().unwrap();
        assert_eq!(next, 4);
        assert_eq!(callback(5), 0);
    };
    let handler = move |call: &mut Call<'_>| match call.slots()[0].as_i32() {
        0 => call.set(7).unwrap(),
        n => panic_any((n, count.captured())),
    };
    let callback = sync(&int_thunk(), handler.clone());
    check(int(callback.as_ptr()), &|| callback.take_panic());
    assert_eq!(drops.count(), 4);
    drop(callback);
    assert_eq!(drops.count(), 5, "what was never taken is dropped with the callback");

    drops.0.store(0, Ordering::SeqCst);
    let callback = local(OnPanic::Catch, handler);
    check(int(callback.as_ptr()), &|| callback.take_panic());
    drop(callback);
    assert_eq!(drops.count(), 5);
}

/// Panics when it is dropped, with a payload that does the same. The number counts the panics that are left.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            panic_any(Bomb(left));
        }
    }
}

#[test]
fn payloads_may_panic_when_they_are_dropped() {
    for bombs in [1, 2, 10] {
        let callback = sync(&int_thunk(), move |_| panic_any(Bomb(bombs)));
        // The first payload is kept. Later ones are dropped at once, on the way back to C.
        let function = int(callback.as_ptr());
        assert_eq!([1, 2, 3].map(|n| function(n)), [0; 3]);
        let taken = callback.take_panic().unwrap();
        assert!(taken.is::<Bomb>());
        std::mem::forget(taken);
        // A payload is kept when the callback is dropped.
        assert_eq!(function(4), 0);
        drop(callback);

        let callback = local(OnPanic::Catch, move |_| panic_any(Bomb(bombs)));
        let function = int(callback.as_ptr());
        assert_eq!([1, 2].map(|n| function(n)), [0; 2]);
        drop(callback);
    }
}

#[test]
fn payloads_may_panic_when_the_last_call_out_drops_them() {
    let own: Arc<Mutex<Option<Callback>>> = Arc::default();
    let inside = Arc::clone(&own);
    let callback = sync(&int_thunk(), move |_| {
        drop(inside.lock().unwrap().take());
        panic_any(Bomb(3));
    });
    let function = int(callback.as_ptr());
    *own.lock().unwrap() = Some(callback);
    assert_eq!(function(1), 0);
    assert_eq!(Arc::strong_count(&own), 1, "the handler is gone, and what it panicked with too");
}

/// Panics when it is dropped.
struct PanicsOnDrop(&'static str);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic_any(self.0);
    }
}

#[test]
fn handlers_may_panic_when_they_are_dropped() {
    let make = |what| {
        let captured = PanicsOnDrop(what);
        sync(&int_thunk(), move |call| {
            _ = &captured;
            call.set(5).unwrap();
        })
    };
    let callback = make("closed");
    callback.close();
    assert_eq!(text(callback.take_panic()), Some("closed"));
    drop(callback);
    drop(make("never called"));
    let callback = make("called");
    assert_eq!(int(callback.as_ptr())(1), 5);
    drop(callback);

    let make = |what| {
        let captured = PanicsOnDrop(what);
        local(OnPanic::Catch, move |_| _ = &captured)
    };
    let callback = make("closed at home");
    callback.close();
    assert_eq!(text(callback.take_panic()), Some("closed at home"));
    drop(make("never called at home"));
}

#[test]
fn handlers_may_panic_when_the_last_call_out_drops_them() {
    let own: Arc<Mutex<Option<Arc<Callback>>>> = Arc::default();
    let (inside, captured) = (Arc::clone(&own), PanicsOnDrop("by the call"));
    let callback = Arc::new(sync(&int_thunk(), move |call| {
        _ = &captured;
        inside.lock().unwrap().take().unwrap().close();
        call.set(6).unwrap();
    }));
    *own.lock().unwrap() = Some(Arc::clone(&callback));
    assert_eq!(int(callback.as_ptr())(1), 6, "the answer was there before the handler was dropped");
    assert_eq!(text(callback.take_panic()), Some("by the call"));

    let own: Arc<Mutex<Option<Callback>>> = Arc::default();
    let (inside, captured) = (Arc::clone(&own), PanicsOnDrop("with the callback"));
    let callback = sync(&int_thunk(), move |call| {
        _ = &captured;
        drop(inside.lock().unwrap().take());
        call.set(6).unwrap();
    });
    let function = int(callback.as_ptr());
    *own.lock().unwrap() = Some(callback);
    assert_eq!(function(1), 6);
}

#[test]
fn panics_stay_in_the_callback_that_they_began_in() {
    let inner = Arc::new(sync(&int_thunk(), |_| panic!("inside")));
    let (function, drops) = (at(inner.as_ptr(), &signature([Type::I32], Type::I32)), Drops::default());
    let captured = drops.captured();
    let outer = sync(&int_thunk(), move |call| {
        captured.check();
        // SAFETY: this is its signature.
        let answer = unsafe { function.call_slots(&[3.into()]) }.unwrap().as_i32();
        call.set(answer + 1).unwrap();
    });
    assert_eq!(int(outer.as_ptr())(1), 1);
    assert!(outer.take_panic().is_none());
    assert_eq!(text(inner.take_panic()), Some("inside"));
}

#[test]
fn threads_panic_at_once() {
    let running = Arc::new(AtomicI32::new(0));
    let inside = Arc::clone(&running);
    let callback = sync(&int_thunk(), move |_| {
        inside.fetch_add(1, Ordering::SeqCst);
        panic_any("one of many");
    });
    // SAFETY: this is its signature.
    let sum = unsafe {
        c("call_on_threads", [Type::FUNCTION, Type::I32, Type::I32], Type::I64).call_slots(&[
            (&callback).into(),
            4.into(),
            5.into(),
        ])
    };
    assert_eq!((sum.unwrap().as_i64(), running.load(Ordering::SeqCst)), (0, 20));
    assert_eq!(text(callback.take_panic()), Some("one of many"));
    assert!(callback.take_panic().is_none());
}

const MESSAGE: &str = "hotcall: a callback's handler panicked, which its rule is to abort on";

#[track_caller]
fn check_abort(errors: &str, panicked_with: &str) {
    assert!(errors.contains(panicked_with) && errors.contains(MESSAGE), "{errors}");
}

#[test]
fn a_panic_may_abort() {
    let errors = aborts(|| {
        let callback = Callback::sync(&int_thunk(), OnPanic::Abort, |call| {
            assert_eq!(call.slots()[0].as_i32(), 5, "the first is well");
            panic!("the sky falls");
        });
        int(callback.unwrap().as_ptr())(5);
    });
    check_abort(&errors, "the sky falls");
}

#[test]
fn a_panic_of_a_local_callback_may_abort() {
    let errors = aborts(|| {
        int(local(OnPanic::Abort, |_| panic!("the sky falls at home")).as_ptr())(5);
    });
    check_abort(&errors, "the sky falls at home");
}

fn aborting(what: &'static str) -> Callback {
    let captured = PanicsOnDrop(what);
    Callback::sync(&int_thunk(), OnPanic::Abort, move |_| _ = &captured).unwrap()
}

#[test]
fn a_panic_may_abort_where_the_handler_is_dropped() {
    check_abort(&aborts(|| aborting("the sky is closed").close()), "the sky is closed");
}

#[test]
fn a_panic_may_abort_where_the_callback_is_dropped() {
    check_abort(&aborts(|| drop(aborting("the sky is dropped"))), "the sky is dropped");
}

#[test]
#[cfg(target_os = "linux")]
fn aborting_needs_nobody_to_read_the_message() {
    let errors = aborts(|| {
        // SAFETY: both are descriptors of this process, which has one thread that writes there.
        unsafe {
            let full = libc::open(c"/dev/full".as_ptr(), libc::O_WRONLY);
            assert!(full >= 0 && libc::dup2(full, 2) == 2);
        }
        let callback = Callback::sync(&int_thunk(), OnPanic::Abort, |_| panic!("on purpose")).unwrap();
        int(callback.as_ptr())(1);
    });
    assert!(errors.is_empty(), "{errors}");
}
