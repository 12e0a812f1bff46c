//! After a fork, parent and child share the memory that code is in, and the child has one of its parent's threads.
//!
//! A program of its own: children need locks that other tests' threads might hold.

#![cfg(all(unix, target_arch = "x86_64"))]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use hotcall_jit::{Jit, Options, Signature, Trampoline, Type, Use};

/// Seconds after which a child that still waits for a lock is ended. A child takes far less, even under a sanitizer on a busy
/// machine.
const LIMIT: u32 = 1000;

extern "C" fn sum(a: i64, b: i64, c: i64) -> i64 {
    a + b + c
}

fn trampoline(jit: &Jit, params: usize) -> Trampoline {
    let signature = Signature::new(vec![Type::I64; params], Type::I64).unwrap();
    jit.slots(&signature, Options::default()).unwrap()
}

fn adds(trampoline: &Trampoline) -> bool {
    let (args, mut result) = ([1, 2, 3, 0, 0, 0, 0, 0, 0, 0], 0);
    // SAFETY: `sum` may be called with more arguments than it has in this convention.
    unsafe { (trampoline.entry())(sum as *const c_void, args.as_ptr(), &mut result, ptr::null_mut()) };
    result == 6
}

#[test]
fn parent_and_child_go_on_compiling() {
    let jit = Jit::new().unwrap();
    let before = trampoline(&jit, 3);
    // SAFETY: no other thread of this process holds a lock that the child needs.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let made: Vec<_> = (4..10).map(|params| trampoline(&jit, params)).collect();
        let right = adds(&before) && made.iter().all(adds);
        // SAFETY: the child ends without the test harness's clean-up, which is the parent's.
        unsafe { libc::_exit(if right { 0 } else { 1 }) };
    }
    // In the other order, so that writes of one would change code of the other.
    let made: Vec<_> = (4..10).rev().map(|params| trampoline(&jit, params)).collect();
    let code: Vec<_> = made.iter().map(|trampoline| trampoline.code().to_vec()).collect();
    let mut status = 0;
    // SAFETY: the child is this process's.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    assert!(made.iter().zip(code).all(|(trampoline, code)| trampoline.code() == code));
    assert!(adds(&before) && made.iter().all(adds));
}

unsafe extern "C-unwind" fn answer(_: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the callback has one argument and a result.
    unsafe { *result = *args + 1 };
}

/// Makes a callback and calls it.
fn calls_back(jit: &Jit, params: usize) -> bool {
    let signature = Signature::new(vec![Type::I64; params], Type::I64).unwrap();
    let pool = jit.thunk(&signature).unwrap().stubs(Use::Plain);
    let stub = pool.take().unwrap();
    // SAFETY: the stub is ours; the handler needs no context.
    unsafe { stub.bind(answer, ptr::null_mut()) };
    // SAFETY: the stub is a function of at least this parameter, and ignores the others.
    let function = unsafe { std::mem::transmute::<*const c_void, extern "C" fn(i64) -> i64>(stub.entry()) };
    let right = function(41) == 42;
    stub.retire();
    // SAFETY: the stub was taken from this pool, and nobody calls it.
    unsafe { pool.give_back(stub) };
    right
}

#[test]
fn a_fork_waits_until_no_lock_is_held() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let jit = Jit::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !STOP.load(Ordering::Relaxed) {
                    // Trampolines that go at once, so that each is compiled anew.
                    (3..10).for_each(|params| assert!(adds(&trampoline(&jit, params))));
                    // Enough to exchange stubs with the others.
                    (0..100).for_each(|_| assert!(calls_back(&jit, 1)));
                }
            });
        }
        for _ in 0..40 {
            // SAFETY: the child compiles and calls, for which it needs locks of hotcall and of the allocator alone.
            let child = unsafe { libc::fork() };
            assert!(child >= 0);
            if child == 0 {
                // SAFETY: this only sets a timer.
                unsafe { libc::alarm(LIMIT) };
                let right = (3..6).all(|params| adds(&trampoline(&jit, params)) && calls_back(&jit, params));
                // SAFETY: the child ends without the test harness's clean-up, which is the parent's.
                unsafe { libc::_exit(if right { 0 } else { 1 }) };
            }
            let mut status = 0;
            // SAFETY: the child is this process's.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(status, 0);
        }
        STOP.store(true, Ordering::Relaxed);
    });
}

/// Native functions whose code is a copy for each record.
#[cfg(feature = "cranelift")]
mod fast_call {
    use hotcall_jit::engine::fast_call::{Exit, FastCallModel, FastCallRole};
    use hotcall_jit::engine::values::Pending;
    use hotcall_jit::{Abi, FastCall};
    use hotcall_testing::helpers::REFUSING;

    use super::*;

    extern "C" fn negate(a: i64) -> i64 {
        -a
    }

    extern "C" fn double(a: i64) -> i64 {
        a * 2
    }

    /// Makes many functions and calls them. The first parameter is not an argument, and each function has one argument more
    /// than the one before.
    fn calls(jit: &Jit, target: extern "C" fn(i64) -> i64, ignored: &[usize]) -> bool {
        let pending = Pending::new();
        // SAFETY: the target has the signature.
        let record = unsafe { FastCall::record(target as *const c_void, &pending) };
        let signature = Signature::new([Type::I64], Type::I64).unwrap();
        let made = ignored.iter().map(|&ignored| {
            let model = FastCallModel::new(
                Abi::host().unwrap(),
                Signature::new(vec![Type::I64; 1 + ignored], Type::I64).unwrap(),
                (0..=ignored).map(|index| if index == 0 { FastCallRole::Argument } else { FastCallRole::Ignored }),
                Exit::Raise,
            );
            let code = jit.fast_call(&signature, &model, REFUSING).unwrap();
            // SAFETY: the record outlives its functions.
            unsafe { code.bind(&record) }.unwrap()
        });
        let made: Vec<_> = made.collect();
        let right = |native: &hotcall_jit::FastCallFunction| {
            // SAFETY: the target ignores the missing arguments, in any place.
            let call = unsafe { std::mem::transmute::<*const c_void, extern "C" fn(i64) -> i64>(native.entry()) };
            call(21) == target(21)
        };
        (0..3).all(|_| made.iter().all(right))
    }

    #[test]
    fn parent_and_child_go_on_making_native_functions() {
        let jit = Jit::new().unwrap();
        assert!(calls(&jit, negate, &[0, 1, 2]));
        // SAFETY: no other thread of this process holds a lock that the child needs.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        let order: Vec<_> = (0..20).collect();
        if child == 0 {
            // SAFETY: this only sets a timer, and the child ends without the test harness's clean-up.
            unsafe {
                libc::alarm(LIMIT);
                let right = (0..50).all(|_| calls(&jit, negate, &order));
                libc::_exit(if right { 0 } else { 1 });
            }
        }
        let order: Vec<_> = order.into_iter().rev().collect();
        let right = (0..50).all(|_| calls(&jit, double, &order));
        let mut status = 0;
        // SAFETY: the child is this process's.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        assert!(right);
    }
}
