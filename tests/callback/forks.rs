//! Processes that fork while threads make callbacks, and children that use their parents' callbacks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use hotcall::{Callback, ForeignCall, LocalOptions, OnPanic, retired_calls};
use hotcall_testing::alone::alone;

use super::{int, int_thunk, until};

/// Runs `body` in the child of a fork. Returns true if it returned true.
fn in_child(body: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child needs locks of hotcall and of the allocator alone.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // A child that waits for ever is ended.
        // SAFETY: this only sets a timer.
        unsafe { libc::alarm(1000) };
        let success = body();
        // SAFETY: the child ends without the clean-up of the test harness, which is the parent's.
        unsafe { libc::_exit(if success { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    status == 0
}

fn double() -> Callback {
    Callback::sync(&int_thunk(), OnPanic::Catch, |call| call.set(call.slots()[0].as_i32() * 2).unwrap()).unwrap()
}

#[test]
fn children_make_callbacks_while_threads_of_the_parent_come_and_go() {
    alone(|| {
        static STOP: AtomicBool = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !STOP.load(Ordering::Relaxed) {
                        // A thread that ends gives back its unused stubs.
                        thread::spawn(|| assert_eq!(int(double().as_ptr())(21), 42)).join().unwrap();
                    }
                });
            }
            for _ in 0..100 {
                assert!(in_child(|| (0..100).all(|n| int(double().as_ptr())(n) == 2 * n)));
            }
            STOP.store(true, Ordering::Relaxed);
        });
    });
}

/// The first use of hotcall does not take a lock that a child could find held.
#[test]
fn processes_fork_while_threads_use_hotcall_for_the_first_time() {
    for _ in 0..10 {
        alone(|| {
            let start = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        start.wait();
                        assert_eq!(int(double().as_ptr())(21), 42);
                    });
                }
                start.wait();
                for _ in 0..10 {
                    assert!(in_child(|| int(double().as_ptr())(21) == 42));
                }
            });
        });
    }
}

#[test]
fn a_child_leaves_the_calls_of_its_parent_alone() {
    alone(|| {
        let calls = Arc::new(Mutex::new(Vec::<ForeignCall>::new()));
        let queue = Arc::clone(&calls);
        let dispatch = move |call| {
            queue.lock().unwrap().push(call);
            Ok(())
        };
        let callback = Callback::local(&int_thunk(), LocalOptions::default(), dispatch, |call| {
            call.set(call.slots()[0].as_i32() + 1).unwrap();
        });
        let callback = callback.unwrap();
        let function = int(callback.as_ptr());
        let other = thread::spawn(move || function(1));
        until(|| calls.lock().unwrap().len() == 1);
        let call = calls.lock().unwrap().pop().unwrap();
        let child = in_child(|| {
            let before = retired_calls();
            // The child has no waiting thread. Calls on the owner's thread work, and so does closing.
            let left_out = call.run().is_ok();
            let answers = function(41) == 42;
            callback.close();
            left_out && answers && function(41) == 0 && retired_calls() == before + 1
        });
        assert!(child);
        // The call was moved into the child's copy of the closure and, in this process, dropped with it: answered with zeros.
        assert_eq!(other.join().unwrap(), 0);
        assert_eq!(function(41), 42);
    });
}
