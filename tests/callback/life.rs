//! Closing and dropping callbacks from outside, from inside and from other threads. Later calls give C zeros.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock, mpsc};
use std::thread;

use hotcall::{Call, Callback, OnPanic, RawCallback, RawHandler, Slot, Thunk, Type, retired_calls};
use hotcall_testing::alone::alone;

use super::{Big, Captured, Drops, Mixed, c, int, int_thunk, thunk, until};

fn sync(thunk: &Thunk, handler: impl Fn(&mut Call<'_>) + Send + Sync + 'static) -> Callback {
    Callback::sync(thunk, OnPanic::Catch, handler).unwrap()
}

/// Answers with the argument and 1.
fn add_one(captured: Captured) -> impl Fn(&mut Call<'_>) + Send + Sync + 'static {
    move |call| {
        captured.check();
        let n = call.slots()[0].as_i32();
        call.set(n + 1).unwrap();
    }
}

#[test]
fn closing_drops_the_handler_and_dropping_closes() {
    let drops = Drops::default();
    let callback = sync(&int_thunk(), add_one(drops.captured()));
    let function = int(callback.as_ptr());
    assert_eq!((function(1), callback.is_closed(), drops.count()), (2, false, 0));
    callback.close();
    assert_eq!((function(1), callback.is_closed(), drops.count()), (0, true, 1));
    callback.close();
    assert_eq!((function(1), callback.is_closed(), drops.count()), (0, true, 1));
    drop(callback);
    assert_eq!((function(1), drops.count()), (0, 1));

    let callback = sync(&int_thunk(), add_one(drops.captured()));
    let function = int(callback.as_ptr());
    assert_eq!(function(1), 2);
    drop(callback);
    assert_eq!((function(1), drops.count()), (0, 2));

    drop(sync(&int_thunk(), add_one(drops.captured())));
    assert_eq!(drops.count(), 3, "never called");
    std::mem::forget(sync(&int_thunk(), add_one(drops.captured())));
    assert_eq!(drops.count(), 3);
}

/// Calls a callback of each kind of result through C. Returns for each if it answered with zeros.
fn answers(callbacks: &[*const std::ffi::c_void; 5]) -> [bool; 5] {
    let [void, int, double, mixed, big] = callbacks.map(Slot::from);
    let call_mixed = c("call_mixed", [Type::FUNCTION, Mixed::ty()], Mixed::ty());
    let call_big = c("call_big", [Type::FUNCTION, Big::ty(), Type::I32], Big::ty());
    let (mixed_bytes, big_bytes) = (Mixed { x: 1.5, n: 2 }.bytes(), Big([1; 5]).bytes());
    let (mut mixed_result, mut big_result) = ([0xee; 16], [0xee; 40]);
    // SAFETY: these are their signatures.
    unsafe {
        c("call_void", [Type::FUNCTION], None).call_slots(&[void]).unwrap();
        let n = c("call_int", [Type::FUNCTION, Type::I32], Type::I32).call_slots(&[int, 5.into()]).unwrap();
        let x = c("call_double", [Type::FUNCTION, Type::F64], Type::F64).call_slots(&[double, 5.5.into()]).unwrap();
        let slot = call_mixed.aggregate(1, &mixed_bytes).unwrap();
        call_mixed.call_slots_into(&[mixed, slot], &mut mixed_result).unwrap();
        let slot = call_big.aggregate(1, &big_bytes).unwrap();
        call_big.call_slots_into(&[big, slot, 1.into()], &mut big_result).unwrap();
        let is_zero = Mixed::read(&mixed_result) == Mixed { x: 0.0, n: 0 };
        [true, n == Slot::default(), x == Slot::default(), is_zero, big_result == [0; 40]]
    }
}

#[test]
fn c_gets_zeros_of_every_kind_after_closing() {
    alone(|| {
        let called = Arc::new(AtomicUsize::new(0));
        let handler = || {
            let called = Arc::clone(&called);
            move |call: &mut Call<'_>| {
                called.fetch_add(1, Ordering::SeqCst);
                if call.set_slot(-1).is_err() {
                    _ = call.result_bytes().map(|bytes| bytes.fill(0xff));
                }
            }
        };
        let callbacks = [
            sync(&thunk([], None), handler()),
            sync(&int_thunk(), handler()),
            sync(&thunk([Type::F64], Type::F64), handler()),
            sync(&thunk([Mixed::ty()], Mixed::ty()), handler()),
            sync(&thunk([Big::ty(), Type::I32], Big::ty()), handler()),
        ];
        let pointers = callbacks.each_ref().map(Callback::as_ptr);
        assert_eq!(answers(&pointers), [true, false, false, false, false]);
        assert_eq!((called.load(Ordering::SeqCst), retired_calls()), (5, 0));
        callbacks.iter().for_each(Callback::close);
        assert_eq!(answers(&pointers), [true; 5]);
        assert_eq!(retired_calls(), 5);
        drop(callbacks);
        assert_eq!(answers(&pointers), [true; 5]);
        assert_eq!((called.load(Ordering::SeqCst), retired_calls()), (5, 10));
    });
}

#[test]
fn raw_callbacks_give_zeros_of_every_kind_after_closing() {
    alone(|| {
        /// Writes eight bytes. A `void` function does not have room for them.
        unsafe extern "C" fn answer(_: *mut std::ffi::c_void, _: *const Slot, result: *mut Slot) {
            // SAFETY: the thunks that call this return something of eight bytes or more.
            unsafe { *result = Slot::from_bits(u64::MAX) };
        }
        /// Writes nothing.
        unsafe extern "C" fn ignore(_: *mut std::ffi::c_void, _: *const Slot, _: *mut Slot) {}
        let make = |thunk, handler| {
            // SAFETY: the handlers are of these signatures.
            unsafe { Callback::raw(&thunk, handler, std::ptr::null_mut()) }.unwrap()
        };
        let callbacks = [
            make(thunk([], None), ignore as RawHandler),
            make(int_thunk(), answer),
            make(thunk([Type::F64], Type::F64), answer),
            make(thunk([Mixed::ty()], Mixed::ty()), answer),
            make(thunk([Big::ty(), Type::I32], Big::ty()), answer),
        ];
        let pointers = callbacks.each_ref().map(RawCallback::as_ptr);
        assert_eq!(answers(&pointers), [true, false, false, false, false]);
        assert_eq!(retired_calls(), 0);
        callbacks.iter().for_each(RawCallback::close);
        assert_eq!(answers(&pointers), [true; 5]);
        assert_eq!(retired_calls(), 5);
        drop(callbacks);
        assert_eq!(answers(&pointers), [true; 5]);
        assert_eq!(retired_calls(), 10);
    });
}

#[test]
fn a_callback_closes_itself() {
    let (drops, own): (Drops, Arc<OnceLock<Callback>>) = Default::default();
    let (captured, inside, outside) = (drops.captured(), Arc::downgrade(&own), drops.clone());
    own.get_or_init(|| {
        sync(&int_thunk(), move |call| {
            let own = inside.upgrade().unwrap();
            let own = own.get().unwrap();
            own.close();
            own.close();
            assert_eq!((own.running(), own.is_closed(), outside.count()), (1, true, 0));
            // No other call enters, not even from here.
            assert_eq!(int(own.as_ptr())(1), 0);
            captured.check();
            let n = call.slots()[0].as_i32();
            call.set(n * 2).unwrap();
        })
    });
    let callback = own.get().unwrap();
    let function = int(callback.as_ptr());
    assert_eq!(function(21), 42);
    assert_eq!((drops.count(), callback.running()), (1, 0));
    assert_eq!(function(21), 0);
    assert!(callback.take_panic().is_none());
    drop(own);
    assert_eq!((drops.count(), function(21)), (1, 0));
}

#[test]
fn a_callback_drops_its_only_handle() {
    for depth in [1, 3] {
        let drops = Drops::default();
        let own: Arc<Mutex<Option<Callback>>> = Arc::default();
        let (captured, inside, outside) = (drops.captured(), Arc::clone(&own), drops.clone());
        let callback = sync(&int_thunk(), move |call| {
            let n = call.slots()[0].as_i32();
            let function = int(inside.lock().unwrap().as_ref().unwrap().as_ptr());
            // The innermost of `depth` calls drops it.
            if n < depth {
                let inner = function(n + 1);
                captured.check();
                return call.set(inner + 1).unwrap();
            }
            let handle = inside.lock().unwrap().take().unwrap();
            assert_eq!(handle.running(), depth as usize);
            // The outer calls find another pointer there.
            *inside.lock().unwrap() = Some(sync(&int_thunk(), |_| ()));
            drop(handle);
            assert_eq!(function(1), 0);
            captured.check();
            assert_eq!(outside.count(), 0);
            call.set(100).unwrap();
        });
        let function = int(callback.as_ptr());
        *own.lock().unwrap() = Some(callback);
        assert_eq!(function(1), 100 + depth - 1);
        assert_eq!((drops.count(), function(1), Arc::strong_count(&own)), (1, 0, 1));
    }
}

#[test]
fn the_last_call_out_drops_the_handler() {
    let drops = Drops::default();
    let captured = drops.captured();
    let gates: Vec<_> = (0..4).map(|_| Arc::new(Barrier::new(2))).collect();
    let inside = gates.clone();
    let callback = sync(&int_thunk(), move |call| {
        let n = call.slots()[0].as_i32();
        inside[n as usize].wait();
        captured.check();
        call.set(n + 1).unwrap();
    });
    let function = int(callback.as_ptr());
    thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|n| scope.spawn(move || function(n))).collect();
        until(|| callback.running() == 4);
        // From a thread that neither calls nor owns.
        scope.spawn(|| callback.close()).join().unwrap();
        assert_eq!((callback.is_closed(), function(0)), (true, 0));
        for (left, (call, gate)) in (0..4).rev().zip(calls.into_iter().zip(&gates)) {
            assert_eq!(drops.count(), 0);
            gate.wait();
            assert_eq!(call.join().unwrap(), 4 - left);
            assert_eq!(callback.running(), left as usize);
        }
        assert_eq!(drops.count(), 1);
    });
    assert!(callback.take_panic().is_none());
    drop(callback);
    assert_eq!(drops.count(), 1);
}

#[test]
fn the_handle_may_be_dropped_while_calls_run() {
    let drops = Drops::default();
    let captured = drops.captured();
    let (entered, entries) = mpsc::channel();
    let gate = Arc::new(Barrier::new(4));
    let inside = Arc::clone(&gate);
    let callback = sync(&int_thunk(), move |call| {
        entered.send(()).unwrap();
        inside.wait();
        captured.check();
        call.set(1).unwrap();
    });
    let function = int(callback.as_ptr());
    let calls: Vec<_> = (0..3).map(|n| thread::spawn(move || function(n))).collect();
    (0..3).for_each(|_| entries.recv().unwrap());
    drop(callback);
    assert_eq!((drops.count(), function(1)), (0, 0));
    gate.wait();
    assert!(calls.into_iter().all(|call| call.join().unwrap() == 1));
    assert_eq!(drops.count(), 1);
    assert!(entries.recv().is_err(), "what the handler captured is gone");
}

#[test]
fn many_close_at_once() {
    for _ in 0..200 {
        let drops = Drops::default();
        let callback = sync(&int_thunk(), add_one(drops.captured()));
        let (function, start) = (int(callback.as_ptr()), Barrier::new(4));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    start.wait();
                    callback.close();
                });
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    start.wait();
                    let answers: Vec<_> = (0..50).map(|n| function(n)).collect();
                    let open = answers.iter().take_while(|&&answer| answer != 0).count();
                    assert!(answers[..open].iter().zip(1..).all(|(&answer, expected)| answer == expected));
                    assert!(answers[open..].iter().all(|&answer| answer == 0), "{answers:?}");
                });
            }
        });
        assert_eq!((drops.count(), callback.running()), (1, 0));
        drop(callback);
        assert_eq!(drops.count(), 1);
    }
}

#[test]
fn handlers_use_callbacks_while_they_are_dropped() {
    /// Calls and makes callbacks when it is dropped.
    struct Busy(Callback);
    impl Drop for Busy {
        fn drop(&mut self) {
            let (drops, function) = (Drops::default(), int(self.0.as_ptr()));
            assert_eq!(function(1), 2, "another callback is open");
            drop(sync(&int_thunk(), add_one(drops.captured())));
            assert_eq!(drops.count(), 1);
        }
    }
    let drops = Drops::default();
    let busy = Busy(sync(&int_thunk(), add_one(drops.captured())));
    let callback = sync(&int_thunk(), move |_| _ = &busy);
    callback.close();
    assert_eq!(drops.count(), 1);
    assert!(callback.take_panic().is_none());
}
