//! Callbacks that several threads call, make and close at once.
//!
//! Tests that close enough callbacks to have addresses used again run alone: other tests call closed callbacks of the same
//! type, and expect zeros.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use hotcall::{Call, Callback, OnPanic, Type};
use hotcall_testing::alone::alone;

use super::{Captured, Drops, c, int, int_thunk, until};

const THREADS: i32 = 8;

#[test]
fn eight_threads_call_one_callback() {
    const CALLS: i32 = 5000;
    let (sum, drops) = (Arc::new(AtomicI64::new(0)), Drops::default());
    let (inside, captured) = (Arc::clone(&sum), drops.captured());
    let callback = Callback::sync(&int_thunk(), OnPanic::Catch, move |call| {
        captured.check();
        let n = call.slots()[0].as_i32();
        inside.fetch_add(n.into(), Ordering::Relaxed);
        call.set(n.wrapping_mul(3)).unwrap();
    })
    .unwrap();
    let (function, start) = (int(callback.as_ptr()), Barrier::new(THREADS as usize));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for n in thread * CALLS..(thread + 1) * CALLS {
                    assert_eq!(function(n), n * 3);
                }
            });
        }
    });
    let all = i64::from(THREADS * CALLS);
    assert_eq!(sum.load(Ordering::Relaxed), all * (all - 1) / 2);
    assert_eq!(callback.running(), 0);
    assert!(callback.take_panic().is_none());
    drop(callback);
    assert_eq!(drops.count(), 1);
}

#[test]
fn threads_that_c_made_call_a_callback() {
    const CALLS: i32 = 1000;
    let callback = Callback::sync(&int_thunk(), OnPanic::Catch, |call| {
        let n = call.slots()[0].as_i32();
        call.set(n + 1).unwrap();
    })
    .unwrap();
    let call_on_threads = c("call_on_threads", [Type::FUNCTION, Type::I32, Type::I32], Type::I64);
    // SAFETY: this is its signature.
    let sum = unsafe { call_on_threads.call_slots(&[(&callback).into(), THREADS.into(), CALLS.into()]) }.unwrap();
    let all = i64::from(THREADS * CALLS);
    assert_eq!(sum.as_i64(), all * (all + 1) / 2);
}

/// A handler that answers with its own number plus its argument.
fn numbered(number: i32, captured: Captured) -> impl Fn(&mut Call<'_>) + Send + Sync + 'static {
    move |call| {
        captured.check();
        let n = call.slots()[0].as_i32();
        call.set(number ^ n).unwrap();
    }
}

#[test]
fn eight_threads_make_call_and_close() {
    alone(|| {
        const MADE: i32 = 2000;
        let drops = Drops::default();
        let start = Barrier::new(THREADS as usize);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (drops, start) = (&drops, &start);
                scope.spawn(move || {
                    let thunk = int_thunk();
                    let mut open = VecDeque::new();
                    start.wait();
                    for made in 0..MADE {
                        let number = 1 << 30 | thread << 20 | made;
                        let handler = numbered(number, drops.captured());
                        open.push_back((number, Callback::sync(&thunk, OnPanic::Catch, handler).unwrap()));
                        // Each answers for itself, although others had its address before.
                        for (number, callback) in &open {
                            assert_eq!(int(callback.as_ptr())(made), number ^ made);
                        }
                        // Some are closed and kept, so that no other callback gets the address.
                        if made % 3 == 0 {
                            let (_, last) = open.pop_back().unwrap();
                            last.close();
                            assert_eq!((int(last.as_ptr())(made), last.running()), (0, 0));
                        }
                        if open.len() > 8 {
                            open.pop_front();
                        }
                    }
                });
            }
        });
        assert_eq!(drops.count(), (THREADS * MADE) as usize);
    });
}

#[test]
fn c_calls_what_is_being_replaced() {
    alone(|| {
        const REPLACED: usize = 30_000;
        let (drops, thunk) = (Drops::default(), int_thunk());
        let make = || {
            let captured = drops.captured();
            Callback::sync(&thunk, OnPanic::Abort, move |call| {
                captured.check();
                let n = call.slots()[0].as_i32();
                call.set(n + 1).unwrap();
                captured.check();
            })
            .unwrap()
        };
        let mut current = make();
        let shared = AtomicPtr::new(current.as_ptr().cast_mut());
        let (stop, answered) = (AtomicI32::new(0), AtomicI64::new(0));
        let hammer = c("hammer", [Type::POINTER, Type::POINTER, Type::POINTER], Type::I64);
        let args = [shared.as_ptr().into(), stop.as_ptr().into(), answered.as_ptr().into()];
        thread::scope(|scope| {
            // SAFETY: this is its signature; what the pointers point to lives longer.
            let hammers = [0; 4].map(|_| scope.spawn(|| unsafe { hammer.call_slots(&args) }.unwrap().as_i64()));
            let mut kept = VecDeque::new();
            for replaced in 0..REPLACED {
                let next = make();
                shared.store(next.as_ptr().cast_mut(), Ordering::Release);
                let last = std::mem::replace(&mut current, next);
                // Closed and dropped at once, closed first, or closed some time later.
                match replaced % 3 {
                    0 => drop(last),
                    1 => {
                        last.close();
                        kept.push_back(last);
                    }
                    _ => kept.push_back(last),
                }
                if kept.len() > 100 {
                    kept.pop_front();
                }
            }
            let before = answered.load(Ordering::Relaxed);
            until(|| answered.load(Ordering::Relaxed) > before);
            stop.store(1, Ordering::Release);
            assert_eq!(hammers.map(|hammer| hammer.join().unwrap()), [0; 4], "answers of nobody");
        });
        drop(current);
        assert_eq!(drops.count(), REPLACED + 1);
    });
}

#[test]
fn handlers_are_never_dropped_while_they_run() {
    alone(|| {
        const ROUNDS: usize = 2000;
        /// A value that a handler owns. It is valid until the handler is dropped.
        struct InUse {
            users: AtomicI32,
            drops: Drops,
        }
        impl Drop for InUse {
            fn drop(&mut self) {
                assert_eq!(self.users.load(Ordering::SeqCst), 0, "dropped while it runs");
                self.drops.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (drops, done) = (Drops::default(), AtomicBool::new(false));
        let (start, end) = (Barrier::new(4), Barrier::new(4));
        let current = AtomicPtr::new(std::ptr::null_mut::<c_void>());
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    loop {
                        start.wait();
                        if done.load(Ordering::SeqCst) {
                            return;
                        }
                        let function = int(current.load(Ordering::SeqCst));
                        while function(1) != 0 {}
                        end.wait();
                    }
                });
            }
            for round in 0..ROUNDS {
                let used = InUse { users: AtomicI32::new(0), drops: drops.clone() };
                let callback = Callback::sync(&int_thunk(), OnPanic::Catch, move |call| {
                    used.users.fetch_add(1, Ordering::SeqCst);
                    call.set(1).unwrap();
                    used.users.fetch_sub(1, Ordering::SeqCst);
                })
                .unwrap();
                current.store(callback.as_ptr().cast_mut(), Ordering::SeqCst);
                start.wait();
                if round % 2 == 0 {
                    drop(callback);
                    end.wait();
                } else {
                    callback.close();
                    end.wait();
                    assert!(callback.take_panic().is_none());
                }
                assert_eq!(drops.count(), round + 1);
            }
            done.store(true, Ordering::SeqCst);
            start.wait();
        });
    });
}
