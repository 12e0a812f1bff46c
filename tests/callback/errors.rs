//! Callbacks, handlers and results that are refused, each with its message.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hotcall::{
    Call, Callback, CallbackError, ForeignCall, HandlerError, JitError, LocalCallback, LocalOptions, OnPanic,
    Signature, Slot, Thunk, Type, Wait,
};

use super::{Big, Mixed, at, error_of, signature, thunk};

/// Runs `check` inside a call of a callback of this signature, with zeros as arguments.
fn within(signature: &Signature, check: impl Fn(&mut Call<'_>) + Send + Sync + 'static) {
    let ran = Arc::new(AtomicBool::new(false));
    let inside = Arc::clone(&ran);
    let callback = Callback::sync(&Thunk::new(signature).unwrap(), OnPanic::Catch, move |call| {
        check(call);
        inside.store(true, Ordering::SeqCst);
    })
    .unwrap();
    let function = at(callback.as_ptr(), signature);
    let zeros = [0u8; 64];
    let is_aggregate = |ty: &Type| ty.as_scalar().is_none();
    let slot = |ty: &Type| if is_aggregate(ty) { zeros.as_ptr().into() } else { Slot::default() };
    let args: Vec<Slot> = signature.params().iter().map(slot).collect();
    let returns_bytes = signature.result().is_some_and(is_aggregate);
    let mut result = vec![0; if returns_bytes { 40 } else { 0 }];
    // SAFETY: the callback is of this signature.
    unsafe {
        if returns_bytes { function.call_slots_into(&args, &mut result) } else { function.call_slots(&args).map(drop) }
    }
    .unwrap();
    if let Some(payload) = callback.take_panic() {
        std::panic::resume_unwind(payload);
    }
    assert!(ran.load(Ordering::SeqCst));
}

#[test]
fn results_of_another_kind_are_refused() {
    within(&signature([], None), |call| {
        let error = error_of(call.set_slot(1));
        assert!(matches!(error, HandlerError::ReturnsVoid));
        assert_eq!(error.to_string(), "the callback returns nothing");
        assert!(matches!(call.result_bytes(), Err(HandlerError::ReturnsVoid)));
    });
    within(&signature([], Big::ty()), |call| {
        let error = error_of(call.set_slot(1));
        assert!(matches!(error, HandlerError::ReturnsAggregate));
        assert_eq!(error.to_string(), "the callback returns a struct or union: use result_bytes");
        assert_eq!(call.result_bytes().unwrap(), [0; 40]);
    });
    within(&signature([], Type::F32), |call| {
        let error = error_of(call.result_bytes());
        assert!(matches!(error, HandlerError::ReturnsScalar));
        assert_eq!(error.to_string(), "the callback does not return a struct or union: use set_slot");
        call.set_slot(1f32).unwrap();
    });
}

#[test]
fn only_structs_and_unions_have_bytes() {
    within(&signature([Type::I32, Mixed::ty(), Type::POINTER], None), |call| {
        assert_eq!((call.slots().len(), call.bytes(1).unwrap()), (3, &[0; 16][..]));
        for (index, message) in [
            (0, "parameter 1 of the callback is not a struct or union"),
            (2, "parameter 3 of the callback is not a struct or union"),
            (3, "parameter 4 of the callback is not a struct or union"),
        ] {
            let error = error_of(call.bytes(index));
            assert!(matches!(error, HandlerError::NotAggregate { index: at } if at == index), "{error}");
            assert_eq!(error.to_string(), message);
        }
        let error = error_of(call.bytes(usize::MAX));
        assert_eq!(error.to_string(), format!("parameter {} of the callback is not a struct or union", usize::MAX));
    });
    within(&signature([], None), |call| {
        assert!(call.slots().is_empty());
        assert!(matches!(call.bytes(0), Err(HandlerError::NotAggregate { index: 0 })));
    });
}

#[test]
fn callbacks_are_not_variadic() {
    let variadic = Signature::variadic([Type::I32, Type::TEXT], 1, Type::I32).unwrap();
    let error = error_of(Thunk::new(&variadic));
    assert!(matches!(&error, CallbackError::Compile { signature, source }
        if *signature == variadic && matches!(**source, JitError::VariadicCallback)));
    let message = format!("cannot compile callbacks of type {variadic}: a callback cannot be variadic");
    assert_eq!(error.to_string(), message);
}

fn local(signature: &Signature, wait: Wait) -> Result<LocalCallback, CallbackError> {
    let options = LocalOptions::new().wait(wait);
    Callback::local(&Thunk::new(signature).unwrap(), options, |call: ForeignCall| Err(call), |_| ())
}

#[test]
fn callbacks_that_nobody_waits_for_return_nothing() {
    for result in [Type::I32, Type::POINTER, Mixed::ty(), Big::ty()] {
        let with_result = signature([Type::I32], result);
        let error = error_of(local(&with_result, Wait::NoWait));
        assert!(matches!(error, CallbackError::NoWaitResult), "{error}");
        assert_eq!(error.to_string(), "a callback that is not waited for returns nothing");
        for wait in [Wait::Forever, Wait::AtMost(Duration::ZERO)] {
            local(&with_result, wait).unwrap();
        }
    }
}

#[test]
fn callbacks_that_nobody_waits_for_take_no_pointers() {
    let inner = Type::structure([("n", Type::I32), ("text", Type::TEXT)]).unwrap();
    let nested = Type::structure([("a", Type::F64), ("b", Type::array(inner, 2).unwrap())]).unwrap();
    let either = Type::union([("n", Type::I64), ("p", Type::POINTER)]).unwrap();
    for pointer in [Type::POINTER, Type::TEXT, Type::FUNCTION, nested, either] {
        let takes_pointer = signature([Type::I32, Mixed::ty(), pointer], None);
        let error = error_of(local(&takes_pointer, Wait::NoWait));
        assert!(matches!(error, CallbackError::NoWaitPointer { index: 2 }), "{error}");
        let message = "parameter 3 of a callback that is not waited for is a pointer or holds one";
        assert_eq!(error.to_string(), message);
        local(&takes_pointer, Wait::Forever).unwrap();
    }
    local(&signature([Type::I64, Mixed::ty(), Big::ty(), Type::USIZE], None), Wait::NoWait).unwrap();
}

#[test]
fn a_refused_local_callback_drops_its_handler() {
    let held = Rc::new(());
    let captured = Rc::clone(&held);
    let options = LocalOptions::new().wait(Wait::NoWait);
    let thunk = thunk([], Type::I32);
    let refused = Callback::local(&thunk, options, |call: ForeignCall| Err(call), move |_| _ = &captured);
    assert!(refused.is_err());
    assert_eq!(Rc::strong_count(&held), 1);
}
