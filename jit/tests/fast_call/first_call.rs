//! Functions that are compiled at their first call.

use std::ffi::c_void;
use std::mem::transmute;

use hotcall_jit::engine::fast_call::{Exit, FastCallModel, FastCallRole};
use hotcall_jit::engine::values::{Pending, RecordHead};
use hotcall_jit::{Abi, FastCall, FastCallFunction, Jit, Signature, Type};
use hotcall_testing::fibre::on_fibre;

use crate::engine::HELPERS;
use crate::native::FLAG;

/// Takes arguments of both kinds in registers and on the stack.
extern "C" fn mixed(
    a: i64,
    b: f64,
    c: i64,
    d: f64,
    e: i64,
    f: i64,
    g: i64,
    h: i64,
    i: i64,
    j: f32,
    k: f64,
    l: f64,
    m: f64,
    n: f64,
    o: f64,
    p: f64,
) -> f64 {
    let ints = [a, c, e, f, g, h, i].iter().fold(0, |sum, int| sum * 3 + int);
    let floats = [b, d, f64::from(j), k, l, m, n, o, p].iter().fold(0.0, |sum, float| sum * 3.0 + float);
    ints as f64 + floats
}

type Native =
    extern "C" fn(i64, f64, i64, f64, i64, i64, i64, i64, i64, f32, f64, f64, f64, f64, f64, f64, *mut [u8; 16]) -> f64;

fn signature() -> Signature {
    let (i, f) = (Type::I64, Type::F64);
    let types = [&i, &f, &i, &f, &i, &i, &i, &i, &i, &Type::F32, &f, &f, &f, &f, &f, &f];
    Signature::new(types.map(Clone::clone), Type::F64).unwrap()
}

fn model(exit: Exit) -> FastCallModel {
    let params = signature().params().iter().cloned().chain([Type::POINTER]).collect::<Vec<_>>();
    let mut roles = vec![FastCallRole::Argument; params.len()];
    *roles.last_mut().unwrap() = FastCallRole::Exit;
    FastCallModel::new(Abi::host().unwrap(), Signature::new(params, Type::F64).unwrap(), roles, exit)
}

fn call(function: &FastCallFunction, flag: &mut [u8; 16]) -> f64 {
    // SAFETY: the entry is a function of the model.
    let native = unsafe { transmute::<*const c_void, Native>(function.entry()) };
    native(1, 0.5, 2, 1.5, 3, 4, 5, 6, 7, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, flag)
}

const EXPECTED: fn() -> f64 = || mixed(1, 0.5, 2, 1.5, 3, 4, 5, 6, 7, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5);

fn record(pending: &Pending) -> RecordHead {
    // SAFETY: the target has the signature; the cell outlives the record.
    unsafe { FastCall::record(mixed as *const c_void, pending) }
}

/// Makes the functions of three records, which must be kept as long as these.
fn functions<'a>(jit: &Jit, records: &'a [RecordHead; 3]) -> (FastCall, [FastCallFunction; 3]) {
    let code = jit.uncompiled_fast_call(&signature(), &model(Exit::Raise), HELPERS).unwrap();
    // SAFETY: the records outlive their functions.
    let bind = |record: &'a RecordHead| unsafe { code.bind_at_first_call(record) }.unwrap();
    let functions = records.each_ref().map(bind);
    (code, functions)
}

#[test]
fn arguments_of_the_first_call_arrive() {
    let (jit, pending) = (Jit::new().unwrap(), Pending::new());
    let records = [0; 3].map(|_| record(&pending));
    let (code, functions) = functions(&jit, &records);
    assert!(code.code().is_empty() && functions.iter().all(|function| !function.is_compiled()));
    assert_eq!(jit.stats().functions, 0);
    let mut flag = [0; 16];
    for _ in 0..3 {
        assert_eq!(call(&functions[0], &mut flag), EXPECTED());
        // The others wait for their own first calls.
        assert_eq!(functions.each_ref().map(FastCallFunction::is_compiled), [true, false, false]);
        assert_eq!(jit.stats().functions, 1);
    }
    functions[1].compile().unwrap();
    assert_eq!([1, 2].map(|n: usize| call(&functions[n], &mut flag)), [EXPECTED(); 2]);
    assert_eq!((jit.stats().functions, flag), (3, [0; 16]));
    drop(functions);
    assert_eq!(jit.stats().functions, 0);
}

#[test]
fn a_record_that_was_closed_before_refuses_its_first_call() {
    let (jit, pending) = (Jit::new().unwrap(), Pending::new());
    let code = jit.uncompiled_fast_call(&signature(), &model(FLAG), HELPERS).unwrap();
    let record = record(&pending);
    // SAFETY: the record outlives its function.
    let function = unsafe { code.bind_at_first_call(&record) }.unwrap();
    record.close();
    let mut flag = [0; 16];
    call(&function, &mut flag);
    assert_eq!(flag.iter().map(|&byte| u32::from(byte)).sum::<u32>(), 1);
}

#[test]
fn a_fibre_makes_first_calls() {
    let (jit, pending) = (Jit::new().unwrap(), Pending::new());
    let records = [0; 3].map(|_| record(&pending));
    on_fibre(|| {
        let (_, functions) = functions(&jit, &records);
        for function in functions.iter().chain(&functions) {
            assert_eq!(call(function, &mut [0; 16]), EXPECTED());
        }
    });
}

#[test]
fn functions_that_are_never_called_are_dropped() {
    let (jit, pending) = (Jit::new().unwrap(), Pending::new());
    for _ in 0..600 {
        let records = [0; 3].map(|_| record(&pending));
        let (_, functions) = functions(&jit, &records);
        let distinct = functions.each_ref().map(FastCallFunction::entry);
        assert!(distinct[0] != distinct[1] && distinct[1] != distinct[2]);
    }
    assert_eq!(jit.stats().functions, 0);
}
