//! Compiling from a fibre whose stack is far too small for a compiler.

#![cfg(all(feature = "cranelift", target_arch = "x86_64", not(windows)))]

use std::ptr;

use hotcall_jit::{Jit, Options, Signature, Type};
use hotcall_testing::fibre::on_fibre;

fn jit() -> &'static Jit {
    Box::leak(Box::new(Jit::new().unwrap()))
}

#[test]
fn a_fibre_makes_a_compiler_and_trampolines() {
    on_fibre(|| {
        let jit = jit();
        for count in 0..24 {
            let signature = Signature::new(vec![Type::I64; count], Type::I64).unwrap();
            assert!(!jit.slots(&signature, Options::default()).unwrap().code().is_empty());
        }
        // Variadic calls go through a shim, which is assembled.
        let variadic = Signature::variadic([Type::POINTER, Type::F64], 1, Type::I32).unwrap();
        assert!(!jit.slots(&variadic, Options::default()).unwrap().code().is_empty());
    });
}

extern "C-unwind" fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[test]
fn a_fibre_calls_what_it_compiled() {
    on_fibre(|| {
        let signature = Signature::new([Type::I64, Type::I64], Type::I64).unwrap();
        let trampoline = jit().slots(&signature, Options::default()).unwrap();
        let mut result = 0;
        // SAFETY: the function has this signature, and the slots are of its types.
        unsafe { (trampoline.entry())(add as *const _, [40, 2].as_ptr(), &mut result, ptr::null_mut()) };
        assert_eq!(result, 42);
    });
}

#[test]
fn a_fibre_makes_thunks() {
    on_fibre(|| {
        let bytes = Type::structure([Type::array(Type::U64, 9).unwrap()]).unwrap();
        let jit = jit();
        for result in [Type::F64, bytes.clone()] {
            let signature = Signature::new([Type::I32, bytes.clone(), Type::F32], result).unwrap();
            assert!(!jit.thunk(&signature).unwrap().code().is_empty());
        }
    });
}
