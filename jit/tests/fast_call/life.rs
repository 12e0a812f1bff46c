//! Functions of one shape share code. It is copied for each record, and goes with its last owner, on any thread.

use std::ffi::c_void;
use std::mem::transmute;

use hotcall_jit::engine::fast_call::{Exit, FastCallHelpers, FastCallModel, FastCallRole};
use hotcall_jit::engine::values::Pending;
use hotcall_jit::{Abi, FastCall, Jit, Signature, Type};
use hotcall_testing::helpers::REFUSING;

use crate::engine::HELPERS;
use crate::heap::Heap;
use crate::native::FLAG;

fn model(native: impl Into<Vec<Type>>, result: Type, role: FastCallRole, exit: Exit) -> FastCallModel {
    let mut params = native.into();
    let mut roles = vec![role; params.len()];
    params.push(Type::POINTER);
    roles.push(FastCallRole::Exit);
    FastCallModel::new(Abi::host().unwrap(), Signature::new(params, result).unwrap(), roles, exit)
        .handles([Heap::tagged().handles])
}

fn signature(params: &[Type], result: Type) -> Signature {
    Signature::new(params.to_vec(), result).unwrap()
}

#[test]
fn one_shape_has_one_code() {
    let jit = Jit::new().unwrap();
    let wide = model([Type::I64], Type::I32, FastCallRole::Argument, FLAG);
    let made = |c: &Type, model: &FastCallModel| {
        jit.fast_call(&signature(std::slice::from_ref(c), Type::I32), model, HELPERS).unwrap()
    };
    let first = made(&Type::I32, &wide);
    assert_eq!(jit.stats().trampolines, 1);
    // Models are compared by their content.
    let same = made(&Type::I32, &model([Type::I64], Type::I32, FastCallRole::Argument, FLAG));
    assert_eq!((same.code().as_ptr(), jit.stats().trampolines), (first.code().as_ptr(), 1));
    // All its content counts, and so do the helpers, the types that numbers are checked by, and the sizes of structs.
    let raising = model([Type::I64], Type::I32, FastCallRole::Argument, Exit::Raise);
    let elsewhere = model([Type::I64], Type::I32, FastCallRole::Argument, Exit::Flag { offset: 6 });
    let handles = model([Type::I64], Type::I32, FastCallRole::Handle(0), FLAG);
    let small = Type::structure([Type::I32, Type::U16]).unwrap();
    let smaller = Type::structure([Type::I32]).unwrap();
    let others = [
        made(&Type::U32, &wide),
        made(&Type::I32, &raising),
        made(&Type::I32, &elsewhere),
        made(&Type::I32, &handles),
        made(&Type::BUFFER, &handles),
        made(&Type::POINTER, &handles),
        made(&Type::TEXT, &handles),
        made(&small, &handles),
        made(&smaller, &handles),
        jit.fast_call(
            &signature(&[Type::I32], Type::I32),
            &wide,
            FastCallHelpers { resolve: REFUSING.resolve, ..HELPERS },
        )
        .unwrap(),
    ];
    assert_eq!(jit.stats().trampolines, 11);
    assert!(others.iter().all(|other| other.code().as_ptr() != first.code().as_ptr()));
    drop(others);
    assert_eq!(jit.stats().trampolines, 1);
    drop(first);
    assert_eq!(jit.stats().trampolines, 1);
    drop(same);
    assert_eq!(jit.stats().trampolines, 0);
}

extern "C" fn add(a: i32, b: i32) -> i32 {
    a + b
}

extern "C" fn subtract(a: i32, b: i32) -> i32 {
    a - b
}

/// Two results: one that is assembled, one that is compiled.
const RESULTS: [Type; 2] = [Type::I32, Type::I64];

#[test]
fn copies_go_with_their_functions() {
    let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
    let pending = Pending::new();
    for result in RESULTS {
        let model = model([Type::I64, Type::I64], result, FastCallRole::Argument, FLAG);
        let code = jit.fast_call(&signature(&[Type::I32, Type::I32], Type::I32), &model, HELPERS).unwrap();
        // The shape's code is not a function yet.
        assert_eq!((jit.stats().functions, jit.stats().code_bytes), (0, 0));
        let targets = [add as extern "C" fn(i32, i32) -> i32, subtract];
        // SAFETY: both are functions of the signature.
        let record = |n: usize| unsafe { FastCall::record(targets[n % 2] as *const c_void, &pending) };
        let records: Vec<_> = (0..100).map(record).collect();
        // SAFETY: the records outlive their functions.
        let mut bound: Vec<_> = records.iter().map(|record| unsafe { code.bind(record) }.unwrap()).collect();
        let stats = jit.stats();
        assert_eq!((stats.functions, stats.code_bytes), (100, 100 * code.code().len()));
        // The functions keep the data that their code refers to.
        drop(code);
        assert_eq!(jit.stats().trampolines, 1);
        while let Some(native) = bound.pop() {
            let mut exit = [0_u8; 16];
            // SAFETY: the entry is a function of the model.
            let call =
                unsafe { transmute::<*const c_void, extern "C" fn(i64, i64, *mut [u8; 16]) -> i64>(native.entry()) };
            let expected = if bound.len().is_multiple_of(2) { 12 } else { 8 };
            assert_eq!((call(10, 2, &mut exit) as i32, exit), (expected, [0; 16]));
            drop(native);
            assert_eq!(jit.stats().functions, bound.len());
        }
        assert_eq!((jit.stats().code_bytes, jit.stats().trampolines), (0, 0));
    }
}

#[test]
fn threads_make_call_and_drop() {
    let jit = Jit::new().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..6_i64 {
            let jit = &jit;
            scope.spawn(move || {
                let pending = Pending::new();
                for round in 0..120_i64 {
                    let result = RESULTS[(round % 2) as usize].clone();
                    // The shapes that other threads make, and further ones.
                    let ignored = vec![Type::F64; (round % 5) as usize];
                    let mut model = model([Type::I64, Type::I64], result, FastCallRole::Argument, FLAG);
                    let params = model.native.params().iter().cloned().chain(ignored.iter().cloned());
                    model.native = Signature::new(params, model.native.result().cloned()).unwrap();
                    model.roles =
                        model.roles.iter().copied().chain(ignored.iter().map(|_| FastCallRole::Ignored)).collect();
                    let c = signature(&[Type::I32, Type::I32], Type::I32);
                    let code = jit.fast_call(&c, &model, HELPERS).unwrap();
                    // SAFETY: the target has the signature; the record outlives its function, which is called as the model says.
                    unsafe {
                        let target = add as extern "C" fn(i32, i32) -> i32 as *const c_void;
                        let record = FastCall::record(target, &pending);
                        let native = code.bind(&record).unwrap();
                        let call =
                            transmute::<*const c_void, extern "C" fn(i64, i64, *mut [u8; 16]) -> i64>(native.entry());
                        let mut exit = [0_u8; 16];
                        assert_eq!(call(thread, round, &mut exit) as i64, thread + round);
                        assert_eq!((exit, pending.exit()), ([0; 16], (&raw mut exit).cast()));
                        call(1 << 40, 0, &mut exit);
                        assert_eq!(exit[5], 1);
                    }
                }
            });
        }
    });
    assert_eq!(jit.stats().trampolines, 0);
}

/// Another thread may drop it.
#[test]
fn functions_are_sent_to_other_threads() {
    let model = model([Type::I64, Type::I64], Type::I32, FastCallRole::Argument, FLAG);
    let code =
        Jit::shared().unwrap().fast_call(&signature(&[Type::I32, Type::I32], Type::I32), &model, HELPERS).unwrap();
    let pending = Pending::new();
    // SAFETY: the target has the signature.
    let record = unsafe { FastCall::record(add as extern "C" fn(i32, i32) -> i32 as *const c_void, &pending) };
    // SAFETY: the record outlives its function.
    let native = unsafe { code.bind(&record) }.unwrap();
    std::thread::spawn(move || drop((code, native))).join().unwrap();
}
