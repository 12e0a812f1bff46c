//! After a fork parent and child share the memory that code is in. Alone in its process, because a fork copies one thread.

#![cfg(all(unix, target_arch = "x86_64"))]

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::{Jit, Options, Signature, Trampoline, Type};

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
    // In the other order, so that what either writes would change what the other made.
    let made: Vec<_> = (4..10).rev().map(|params| trampoline(&jit, params)).collect();
    let code: Vec<_> = made.iter().map(|trampoline| trampoline.code().to_vec()).collect();
    let mut status = 0;
    // SAFETY: the child is this process's.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    assert!(made.iter().zip(code).all(|(trampoline, code)| trampoline.code() == code));
    assert!(adds(&before) && made.iter().all(adds));
}
