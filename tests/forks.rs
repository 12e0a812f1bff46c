//! Processes that fork while threads hold locks of the library crate.
//!
//! A program of its own: children need locks that other tests' threads might hold.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::ffi::c_void;
use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use hotcall::{Function, FunctionOptions, Library, Signature, Type, Value};

/// Seconds after which a child that still waits for a lock is ended.
const LIMIT: u32 = 1000;

/// Runs `body` in the child of a fork. Returns true if it returned true.
fn in_child(body: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child needs locks of hotcall and of the allocator alone.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: this sets a timer, and the child ends without the test harness's clean-up, which is the parent's.
        unsafe {
            libc::alarm(LIMIT);
            libc::_exit(if body() { 0 } else { 1 });
        }
    }
    let mut status = 0;
    // SAFETY: the child is this process's.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    status == 0
}

/// Forks while three threads repeat `work`, and repeats it in the children.
fn fork_during(work: impl Fn() -> bool + Sync) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) && work() {
                    hint::spin_loop();
                }
            });
        }
        let right = (0..60).all(|_| in_child(|| (0..20).all(|_| work())));
        stop.store(true, Ordering::Relaxed);
        assert!(right && work());
    });
}

extern "C" fn first(a: i64) -> i64 {
    a
}

/// Makes a function of a signature that no other has, and calls it twice.
fn calls_a_new_signature() -> bool {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // The bits of the number are types.
    let others = (0..12).map(|bit| if number >> bit & 1 == 0 { Type::I64 } else { Type::F64 });
    let signature = Signature::new([Type::I64].into_iter().chain(others), Type::I64).unwrap();
    let params = signature.params().to_vec();
    let args: Vec<Value<'_>> =
        params.iter().map(|ty| if *ty == Type::I64 { Value::I64(42) } else { Value::F64(0.5) }).collect();
    // SAFETY: `first` may be called with more arguments than it has in this convention.
    unsafe {
        let address = first as *const c_void;
        let function = Function::from_address("first", address, &signature, FunctionOptions::new()).unwrap();
        (0..2).all(|_| function.call(&args).unwrap() == Value::I64(42))
    }
}

#[test]
fn children_find_no_lock_of_prototypes_held() {
    fork_during(calls_a_new_signature);
}

#[test]
fn children_find_no_lock_of_a_library_held() {
    let library = Library::this_process().unwrap();
    let closed = Library::this_process().unwrap();
    closed.close();
    fork_during(|| {
        closed.close();
        !library.is_closed() && closed.is_closed()
    });
}
