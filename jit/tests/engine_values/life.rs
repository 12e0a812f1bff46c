//! Functions that come and go.

use std::ptr;
use std::sync::{Mutex, PoisonError};

use hotcall_jit::engine::values::{EngineAbi, ResultPath, Words};
use hotcall_jit::{Jit, Signature, Type, retired_calls};

use crate::engine::{self, HELPERS};
use crate::models::{self, Model, Passed};

/// A lock for tests that take all addresses of the program, and for tests that call one that was given back.
static ADDRESSES: Mutex<()> = Mutex::new(());

#[test]
fn addresses_are_used_again_by_any_shape() {
    let _guard = ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner);
    // There are 2,048 where no code is generated.
    let jit: &'static Jit = Box::leak(Box::new(Jit::universal().unwrap()));
    let abi = EngineAbi::new(models::offset_boxed().model, HELPERS).unwrap();
    for count in 0..60 {
        let signature = Signature::new(vec![Type::I32; count], Type::I32).unwrap();
        let values = jit.engine_values(&signature, &abi).unwrap();
        // SAFETY: nobody calls the functions; the cell is never freed.
        let record = unsafe { values.record(ptr::null(), engine::pending()) };
        for _ in 0..100 {
            // SAFETY: the record outlives the function.
            drop(unsafe { values.bind(&raw const record) }.unwrap());
        }
    }
}

/// The result of calling a function whose record is gone.
fn call_late(jit: &'static Jit, model: &Model, params: &[Type]) -> Option<Words> {
    let signature = Signature::new(params.to_vec(), Type::I32).unwrap();
    let abi = EngineAbi::new(model.model.clone(), HELPERS).unwrap();
    let values = jit.engine_values(&signature, &abi).unwrap();
    // SAFETY: the target is not called; the cell is never freed.
    let record = Box::new(unsafe { values.record(call_late as *const _, engine::pending()) });
    // SAFETY: the record outlives the function.
    let native = unsafe { values.bind(&raw const *record) }.unwrap();
    let entry = native.entry();
    drop((native, record));
    let mut array = vec![0; 8];
    let [context, exception, record] = [ptr::null_mut(); 3];
    let before = retired_calls();
    // SAFETY: the entry is that of a native function of the model, with enough room for its values.
    let value =
        unsafe { (model.call)(entry, &Passed { context, argc: 1, array: array.as_mut_ptr(), exception, record }) };
    assert_eq!(retired_calls(), before + 1);
    value
}

#[test]
fn calls_of_functions_that_are_gone_throw_without_an_exception() {
    let _guard = ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut returned = models::offset_boxed();
    // Zeros are not a value of this engine.
    returned.model.outcome = ResultPath::Returned { exception: [10, 0] };
    for jit in [Jit::shared().unwrap(), Box::leak(Box::new(Jit::universal().unwrap()))] {
        for params in [&[][..], &[Type::I32], &[Type::POINTER], &[Type::I32, Type::BUFFER]] {
            assert_eq!(call_late(jit, &returned, params), Some([10, 0]));
            assert_eq!(call_late(jit, &models::tag_boxed(), params), None);
        }
    }
}

/// The interpreter calls C by a trampoline for slots, which counts too. Functions share it if C gets the same words.
const fn counted(functions: usize, plans: usize) -> usize {
    if cfg!(feature = "cranelift") { functions } else { functions + plans }
}

#[test]
fn shapes_are_shared_and_counted() {
    let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
    let abi = || EngineAbi::new(models::tagged().model, HELPERS).unwrap();
    let signature = |params: &[Type]| Signature::new(params.to_vec(), None).unwrap();
    assert_eq!(jit.stats().trampolines, 0);
    let first = jit.engine_values(&signature(&[Type::I32]), &abi()).unwrap();
    // Models are compared by their contents. Types count, because values are converted by them.
    let same = jit.engine_values(&signature(&[Type::I32]), &abi()).unwrap();
    assert_eq!(jit.stats().trampolines, counted(1, 1));
    let other = jit.engine_values(&signature(&[Type::U32]), &abi()).unwrap();
    assert_eq!(jit.stats().trampolines, counted(2, 1));
    let wide = EngineAbi::new(models::wide().model, HELPERS).unwrap();
    let elsewhere = jit.engine_values(&signature(&[Type::I32]), &wide).unwrap();
    assert_eq!(jit.stats().trampolines, counted(3, 1));
    drop((first, other, elsewhere));
    assert_eq!(jit.stats().trampolines, counted(1, 1));
    drop(same);
    assert_eq!(jit.stats().trampolines, 0);
}

/// Types that are converted in the same way have one shape.
#[test]
fn types_that_convert_alike_share_code() {
    let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
    let engine = EngineAbi::new(models::tagged().model, HELPERS).unwrap();
    let made =
        |params: [Type; 3], result: Type| jit.engine_values(&Signature::new(params, result).unwrap(), &engine).unwrap();
    let _same = [
        made([Type::I64, Type::U64, Type::POINTER], Type::BUFFER),
        made([Type::ISIZE, Type::USIZE, Type::FUNCTION], Type::TEXT),
    ];
    assert_eq!(jit.stats().trampolines, counted(1, 1));
    let _other = made([Type::U64, Type::U64, Type::POINTER], Type::BUFFER);
    assert_eq!(jit.stats().trampolines, counted(2, 1));
}

/// Functions with very many parameters would take long to compile.
#[cfg(feature = "cranelift")]
#[test]
fn very_many_parameters_are_interpreted() {
    let jit: &'static Jit = Box::leak(Box::new(Jit::new().unwrap()));
    let engine = EngineAbi::new(models::tagged().model, HELPERS).unwrap();
    let code = |count: usize| {
        let values = jit.engine_values(&Signature::new(vec![Type::U64; count], None).unwrap(), &engine).unwrap();
        values.code().len()
    };
    assert!(code(32) > 0);
    assert_eq!([33, 255].map(code), [0, 0]);
}
