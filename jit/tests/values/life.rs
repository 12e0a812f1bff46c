//! Functions that come and go.

use hotcall_jit::values::EngineAbi;
use hotcall_jit::{Jit, Natives, Signature, Type};

use crate::engine::{self, HELPERS};
use crate::models;

#[test]
fn addresses_are_used_again_by_any_shape() {
    // There are 2,048 where no code is generated.
    let natives = Natives::new(Box::leak(Box::new(Jit::universal().unwrap())));
    let abi = EngineAbi::new(models::offset_boxed().model, HELPERS).unwrap();
    for count in 0..60 {
        let signature = Signature::new(vec![Type::I32; count], Type::I32).unwrap();
        let values = natives.values(&signature, &abi).unwrap();
        // SAFETY: nobody calls the functions; the cell is never freed.
        let record = unsafe { values.record(std::ptr::null(), engine::pending()) };
        for _ in 0..100 {
            // SAFETY: the record outlives the function.
            drop(unsafe { values.bind(&raw const record) }.unwrap());
        }
    }
}

#[test]
fn shapes_are_shared_and_counted() {
    let natives = Natives::new(Jit::shared().unwrap());
    let abi = || EngineAbi::new(models::tagged().model, HELPERS).unwrap();
    let signature = |params: &[Type]| Signature::new(params.to_vec(), None).unwrap();
    assert_eq!(natives.count(), 0);
    let first = natives.values(&signature(&[Type::I32]), &abi()).unwrap();
    // The model is compared by what it says; types count, for values are converted by them.
    let same = natives.values(&signature(&[Type::I32]), &abi()).unwrap();
    assert_eq!(natives.count(), 1);
    let other = natives.values(&signature(&[Type::U32]), &abi()).unwrap();
    assert_eq!(natives.count(), 2);
    let wide = EngineAbi::new(models::wide().model, HELPERS).unwrap();
    let elsewhere = natives.values(&signature(&[Type::I32]), &wide).unwrap();
    assert_eq!(natives.count(), 3);
    drop((first, other, elsewhere));
    assert_eq!(natives.count(), 1);
    drop(same);
    assert_eq!(natives.count(), 0);
}

/// What is converted the same way has one shape.
#[test]
fn types_that_convert_alike_share_code() {
    let natives = Natives::new(Jit::shared().unwrap());
    let engine = EngineAbi::new(models::tagged().model, HELPERS).unwrap();
    let made =
        |params: [Type; 3], result: Type| natives.values(&Signature::new(params, result).unwrap(), &engine).unwrap();
    let _same = [
        made([Type::I64, Type::U64, Type::POINTER], Type::BUFFER),
        made([Type::ISIZE, Type::USIZE, Type::FUNCTION], Type::TEXT),
    ];
    assert_eq!(natives.count(), 1);
    let _other = made([Type::U64, Type::U64, Type::POINTER], Type::BUFFER);
    assert_eq!(natives.count(), 2);
}

/// Functions with very many parameters would take long to compile.
#[cfg(feature = "cranelift")]
#[test]
fn very_many_parameters_are_interpreted() {
    let natives = Natives::new(Jit::shared().unwrap());
    let engine = EngineAbi::new(models::tagged().model, HELPERS).unwrap();
    let code = |count: usize| {
        let values = natives.values(&Signature::new(vec![Type::U64; count], None).unwrap(), &engine).unwrap();
        values.code().len()
    };
    assert!(code(32) > 0);
    assert_eq!([33, 255].map(code), [0, 0]);
}
