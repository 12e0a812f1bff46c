//! Handlers that read arguments and set the result as values, which are compared with the signature.

use std::sync::{Arc, Mutex};

use hotcall::{Call, Callback, HandlerError, OnPanic, Scalar, Thunk, Type, Value, ValueType};

use super::{Big, Mixed, at, c, error_of, signature};
use hotcall_testing::values::scalars;

/// Calls a callback that has this result, and whose handler is `handler`. Panics of the handler are passed on.
fn result_of(ty: Option<Type>, handler: impl Fn(&mut Call<'_>) + Send + Sync + 'static) -> Value<'static> {
    let signature = signature([], ty);
    let callback = Callback::sync(&Thunk::new(&signature).unwrap(), OnPanic::Catch, handler).unwrap();
    // SAFETY: the callback is of this signature.
    let result = unsafe { at(callback.as_ptr(), &signature).call(&[]) }.unwrap();
    if let Some(payload) = callback.take_panic() {
        std::panic::resume_unwind(payload);
    }
    result
}

/// A value of each kind, and the name of its type. Equal names are equal types.
fn values() -> impl Iterator<Item = (&'static str, Value<'static>)> {
    let others = [
        ("i64", (-3isize).into()),
        ("u64", 3usize.into()),
        ("16 bytes", vec![7; 16].into()),
        ("40 bytes", vec![7; 40].into()),
        ("void", ().into()),
    ];
    scalars().into_iter().chain(others)
}

fn name(ty: Option<&Type>) -> &'static str {
    match ty.map(Type::as_scalar) {
        None => "void",
        Some(Some(Scalar::Isize)) => "i64",
        Some(Some(Scalar::Usize)) => "u64",
        Some(Some(Scalar::Pointer(_))) => "pointer",
        Some(Some(scalar)) => scalar.name(),
        Some(None) if *ty.unwrap() == Mixed::ty() => "16 bytes",
        Some(None) => "40 bytes",
    }
}

#[test]
fn results_are_of_their_own_type_alone() {
    let scalars = Scalar::ALL.iter().copied().map(|scalar| Some(Type::from(scalar)));
    let mut accepted = 0;
    for ty in scalars.chain([Some(Mixed::ty()), Some(Big::ty()), None]) {
        let expected = name(ty.as_ref());
        for (given, value) in values() {
            let set = value.clone();
            let result = result_of(ty.clone(), move |call| {
                let outcome = call.set(set.clone());
                assert_eq!(outcome.is_ok(), given == expected, "{given} for {expected}: {outcome:?}");
                let Err(error) = outcome else { return };
                assert!(matches!(error, HandlerError::ResultType { given, .. } if given == set.ty()), "{error}");
            });
            // A refused result leaves zeros.
            let Some(scalar) = ty.as_ref().and_then(Type::as_scalar) else {
                let is_zero = result.as_bytes().is_none_or(|bytes| bytes.iter().all(|&byte| byte == 0));
                assert!(if given == expected { result == value } else { is_zero }, "{given} for {expected}");
                accepted += i32::from(given == expected);
                continue;
            };
            let expected_value = if given == expected { (&value).into() } else { 0.into() };
            assert_eq!(result, Value::from_slot(expected_value, scalar), "{given} for {expected}");
            accepted += i32::from(given == expected);
        }
    }
    // Types of 64 bits occur twice, and pointers four times.
    assert_eq!(accepted, 6 + 4 * 2 + 3 + 4 + 2 + 1);
}

#[test]
fn messages_name_both_types() {
    for (ty, value, message) in [
        (Some(Type::F64), 2.into(), "cannot set the result of the callback (f64): an i32 is given"),
        (Some(Type::TEXT), 2u8.into(), "cannot set the result of the callback (pointer): a u8 is given"),
        (Some(Mixed::ty()), (&[0; 4]).into(), "cannot set the result of the callback (16 bytes): 4 bytes are given"),
        (Some(Mixed::ty()), Value::NULL, "cannot set the result of the callback (16 bytes): a pointer is given"),
        (Some(Type::I32), Value::Void, "cannot set the result of the callback (i32): nothing is given"),
        (None, true.into(), "cannot set the result of the callback (void): a bool is given"),
    ] {
        result_of(ty, move |call| assert_eq!(error_of(call.set(value.clone())).to_string(), message));
    }
}

#[test]
fn signatures_that_share_code_keep_their_types() {
    // One shape: all four are words.
    let types = [Type::I64, Type::U64, Type::USIZE, Type::POINTER];
    let thunks = types.clone().map(|ty| Thunk::new(&signature([ty], Type::I32)).unwrap());
    for (ty, thunk) in types.iter().zip(&thunks) {
        let scalar = ty.as_scalar().unwrap();
        let expected = Value::from_slot(42.into(), scalar);
        let seen = Arc::new(Mutex::new(None));
        let inside = Arc::clone(&seen);
        let callback = Callback::sync(thunk, OnPanic::Catch, move |call| {
            *inside.lock().unwrap() = call.arg(0).map(|arg| arg.ty()).ok();
        });
        let callback = callback.unwrap();
        // SAFETY: the callback is of this signature.
        unsafe { at(callback.as_ptr(), thunk.signature()).call(std::slice::from_ref(&expected)) }.unwrap();
        assert_eq!(*seen.lock().unwrap(), Some(expected.ty()));
    }
}

#[test]
fn arguments_of_every_kind_become_values() {
    let params =
        [Type::I8, Type::U16, Type::F32, Mixed::ty(), Type::F64, Big::ty(), Type::BOOL, Type::TEXT, Type::ISIZE];
    let args: [Value<'static>; 9] = [
        (-5i8).into(),
        0xfff0u16.into(),
        1.5f32.into(),
        vec![1; 16].into(),
        2.5.into(),
        vec![2; 40].into(),
        true.into(),
        c"text".into(),
        (-7isize).into(),
    ];
    let expected = args.clone();
    let callback_signature = signature(params, Type::USIZE);
    let callback = Callback::sync(&Thunk::new(&callback_signature).unwrap(), OnPanic::Catch, move |call| {
        for (index, expected) in expected.iter().enumerate() {
            let got = call.arg(index).unwrap();
            // The padding of a struct is not passed.
            if index != 3 {
                assert_eq!(got, *expected, "{index}");
            }
            assert_eq!(got.ty(), expected.ty());
        }
        for index in [9, usize::MAX] {
            let error = error_of(call.arg(index));
            assert!(matches!(error, HandlerError::NoArgument { index: at, count: 9 } if at == index));
        }
        assert_eq!(error_of(call.arg(9)).to_string(), "the callback has 9 arguments: there is no argument 10");
        call.set(9usize).unwrap();
    });
    let callback = callback.unwrap();
    // SAFETY: the callback is of this signature.
    let result = unsafe { at(callback.as_ptr(), &callback_signature).call(&args) }.unwrap();
    if let Some(payload) = callback.take_panic() {
        std::panic::resume_unwind(payload);
    }
    assert_eq!(result, Value::Usize(9));
    assert_eq!(result.ty(), ValueType::Scalar(Scalar::Usize));
}

#[test]
fn callbacks_and_structs_are_values_for_c() {
    let thunk = Thunk::new(&signature([Mixed::ty()], Mixed::ty())).unwrap();
    let double = Callback::sync(&thunk, OnPanic::Catch, |call| {
        let s: Vec<u8> = call.arg(0).unwrap().try_into().unwrap();
        let Mixed { x, n } = Mixed::read(&s);
        let mut result: Vec<u8> = call.arg(0).unwrap().try_into().unwrap();
        result[..8].copy_from_slice(&(x * 2.0).to_le_bytes());
        result[8..12].copy_from_slice(&(n * 2).to_le_bytes());
        call.set(result).unwrap();
    });
    let double = double.unwrap();
    let call_mixed = c("call_mixed", [Type::FUNCTION, Mixed::ty()], Mixed::ty());
    let s = [1.5f64.to_le_bytes(), 21i64.to_le_bytes()].concat();
    // SAFETY: this is its signature.
    let result: Vec<u8> = unsafe { call_mixed.call(&[(&double).into(), s.into()]) }.unwrap().try_into().unwrap();
    assert_eq!(Mixed::read(&result), Mixed { x: 3.0, n: 42 });
}
