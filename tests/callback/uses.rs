//! Uses of callbacks: comparators, pointers that C keeps, calls back and forth, structs.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, OnceLock};

use hotcall::{Call, Callback, ForeignCall, Function, Library, LocalOptions, OnPanic, Slot, Thunk, Type};

use super::{Big, Int, Mixed, at, c, int, int_thunk, signature, thunk};

fn libc_function(name: &str, params: &[Type], result: Option<Type>) -> Function {
    let signature = hotcall::Signature::new(params.to_vec(), result).unwrap();
    Library::this_process().unwrap().function(name, &signature).unwrap()
}

/// Compares two elements of an array of `int`.
fn compare_ints(call: &mut Call<'_>) {
    // SAFETY: the C library's functions pass the addresses of two elements.
    let [a, b] = [0, 1].map(|index| unsafe { *call.slots()[index].as_ptr::<i32>() });
    call.set(a.cmp(&b) as i32).unwrap();
}

#[test]
fn qsort_and_bsearch_call_a_comparator() {
    let comparator = thunk([Type::POINTER, Type::POINTER], Type::I32);
    let compare = Callback::sync(&comparator, OnPanic::Catch, compare_ints).unwrap();
    // Every element once, in no order: 7919 is a prime.
    let mut numbers: Vec<i32> = (0..7919).map(|n| n * 1000 % 7919 - 4000).collect();
    let params = [Type::POINTER, Type::USIZE, Type::USIZE, Type::FUNCTION];
    let qsort = libc_function("qsort", &params, None);
    // SAFETY: this is qsort's signature, and the array has the given number of elements.
    unsafe { qsort.call_slots(&[numbers.as_mut_ptr().into(), numbers.len().into(), 4usize.into(), (&compare).into()]) }
        .unwrap();
    assert_eq!(numbers, (-4000..3919).collect::<Vec<_>>());

    let params = [Type::POINTER, Type::POINTER, Type::USIZE, Type::USIZE, Type::FUNCTION];
    let bsearch = libc_function("bsearch", &params, Some(Type::POINTER));
    for (key, expected) in [(-4000, Some(0)), (3918, Some(7918)), (17, Some(4017)), (3919, None), (-4001, None)] {
        let args =
            [(&raw const key).into(), numbers.as_ptr().into(), 7919usize.into(), 4usize.into(), (&compare).into()];
        // SAFETY: this is bsearch's signature, and the array has the given number of elements.
        let found = unsafe { bsearch.call_slots(&args) }.unwrap().as_ptr::<i32>();
        let address = expected.map_or(ptr::null(), |index: usize| &raw const numbers[index]);
        assert_eq!(found, address, "{key}");
    }
}

#[test]
fn stored_pointers_are_called_later() {
    let triple = Callback::sync(&int_thunk(), OnPanic::Catch, |call| {
        let n = call.slots()[0].as_i32();
        call.set(n * 3).unwrap();
    })
    .unwrap();
    let call_stored = c("call_stored", [Type::I32], Type::I32);
    // SAFETY: these are their signatures; no other test stores a pointer.
    unsafe {
        c("store", [Type::FUNCTION], None).call_slots(&[(&triple).into()]).unwrap();
        assert_eq!(call_stored.call_slots(&[(-5).into()]).unwrap(), Slot::from(-15));
        // C returns it as a function pointer.
        let fetched = c("fetch", [], Type::FUNCTION).call_slots(&[]).unwrap().as_ptr::<c_void>();
        assert_eq!(fetched, triple.as_ptr());
        let function = at(fetched, &signature([Type::I32], Type::I32));
        assert_eq!(function.call_slots(&[7.into()]).unwrap(), Slot::from(21));
        drop(triple);
        assert_eq!(call_stored.call_slots(&[7.into()]).unwrap(), Slot::default());
    }
}

/// `int64_t relay(int64_t (*f)(int64_t, double), int64_t n, double x)` adds 2 n to the answer.
fn relay() -> Function {
    c("relay", [Type::FUNCTION, Type::I64, Type::F64], Type::I64)
}

fn relayed() -> Thunk {
    thunk([Type::I64, Type::F64], Type::I64)
}

#[test]
fn callbacks_call_functions_that_call_callbacks() {
    let mut chain: Vec<Arc<Callback>> = Vec::new();
    for level in 0..5 {
        let (next, relay) = (chain.last().cloned(), relay());
        let handler = move |call: &mut Call<'_>| {
            let [n, x] = call.slots() else { panic!("two arguments") };
            let (n, x) = (n.as_i64(), x.as_f64());
            let inner = next.as_ref().map_or(0, |next| {
                // SAFETY: this is relay's signature, and the callback is of its parameter's type.
                unsafe { relay.call_slots(&[Slot::from(&**next), (n + 1).into(), (x * 2.0).into()]) }.unwrap().as_i64()
            });
            // The arguments are unchanged.
            assert_eq!((call.slots()[0].as_i64(), call.slots()[1].as_f64()), (n, x));
            call.set(inner * 10 + level + x as i64 * 1000).unwrap();
        };
        chain.push(Arc::new(Callback::sync(&relayed(), OnPanic::Catch, handler).unwrap()));
    }
    let args = [Slot::from(&**chain.last().unwrap()), 100i64.into(), 1.0.into()];
    // SAFETY: this is its signature.
    let answer = unsafe { relay().call_slots(&args) }.unwrap().as_i64();
    // Level by level, the innermost first: n and x are those of the outermost five steps on.
    let expected = (0..5).fold(0, |inner, level| {
        let depth = 4 - level;
        let answer = inner * 10 + level + (1 << depth) * 1000;
        answer + 2 * (100 + depth)
    });
    assert_eq!(answer, expected);
    assert!(chain.iter().all(|callback| callback.take_panic().is_none() && callback.running() == 0));
}

#[test]
fn a_callback_is_entered_again_while_it_runs() {
    let own: Arc<OnceLock<Callback>> = Arc::default();
    let (inside, relay_function) = (Arc::clone(&own), relay());
    let handler = move |call: &mut Call<'_>| {
        let own = inside.get().unwrap();
        let (n, x) = (call.slots()[0].as_i64(), call.slots()[1]);
        assert_eq!(own.running(), 6 - n as usize);
        let answer = match n {
            1 => 1,
            // SAFETY: this is its signature.
            _ => n * unsafe { relay_function.call_slots(&[own.into(), (n - 1).into(), x]) }.unwrap().as_i64(),
        };
        call.set(answer).unwrap();
    };
    let callback = own.get_or_init(|| Callback::sync(&relayed(), OnPanic::Catch, handler).unwrap());
    // SAFETY: this is its signature.
    let answer = unsafe { relay().call_slots(&[callback.into(), 5i64.into(), 0.5.into()]) }.unwrap().as_i64();
    // 5 (4 (3 (2 (1 + 2) + 4) + 6) + 8) + 10
    assert_eq!(answer, 5 * (4 * (3 * (2 * (1 + 2) + 4) + 6) + 8) + 10);
    assert!(callback.take_panic().is_none());
    // It keeps itself alive, until it is closed.
    callback.close();
    assert_eq!(Arc::strong_count(&own), 1);
}

#[test]
fn structs_go_in_and_come_out() {
    let mixed = Callback::sync(&thunk([Mixed::ty()], Mixed::ty()), OnPanic::Catch, |call| {
        assert_eq!(call.bytes(0).unwrap().len(), 16);
        let Mixed { x, n } = Mixed::read(call.bytes(0).unwrap());
        call.result_bytes().unwrap().copy_from_slice(&Mixed { x: x * 2.0, n: -n }.bytes());
    })
    .unwrap();
    let call_mixed = c("call_mixed", [Type::FUNCTION, Mixed::ty()], Mixed::ty());
    let (argument, mut result) = (Mixed { x: 1.25, n: 77 }.bytes(), [0xee; 16]);
    let args = [(&mixed).into(), call_mixed.aggregate(1, &argument).unwrap()];
    // SAFETY: this is its signature.
    unsafe { call_mixed.call_slots_into(&args, &mut result) }.unwrap();
    assert_eq!(Mixed::read(&result), Mixed { x: 2.5, n: -77 });

    let big = Callback::sync(&thunk([Big::ty(), Type::I32], Big::ty()), OnPanic::Catch, |call| {
        let (Big(a), n) = (Big::read(call.bytes(0).unwrap()), call.slots()[1].as_i32());
        let result = call.result_bytes().unwrap();
        assert_eq!(result, [0; 40], "zeros before the handler writes");
        result.copy_from_slice(&Big(a.map(|a| a * i64::from(n))).bytes());
    })
    .unwrap();
    let call_big = c("call_big", [Type::FUNCTION, Big::ty(), Type::I32], Big::ty());
    let (argument, mut result) = (Big([1, -2, 3, -4, i64::MAX / 7]).bytes(), [0xee; 40]);
    let args = [(&big).into(), call_big.aggregate(1, &argument).unwrap(), (-7).into()];
    // SAFETY: this is its signature.
    unsafe { call_big.call_slots_into(&args, &mut result) }.unwrap();
    assert_eq!(Big::read(&result), Big([-7, 14, -21, 28, -(i64::MAX / 7 * 7)]));
    assert!(mixed.take_panic().is_none() && big.take_panic().is_none());
}

#[test]
fn what_a_handler_does_not_set_is_zero() {
    let nothing = |_: &mut Call<'_>| ();
    let callback = Callback::sync(&int_thunk(), OnPanic::Catch, nothing).unwrap();
    assert_eq!(int(callback.as_ptr())(-1), 0);
    let callback = Callback::sync(&thunk([Big::ty(), Type::I32], Big::ty()), OnPanic::Catch, nothing).unwrap();
    let call_big = c("call_big", [Type::FUNCTION, Big::ty(), Type::I32], Big::ty());
    let (argument, mut result) = (Big([-1; 5]).bytes(), [0xee; 40]);
    let args = [(&callback).into(), call_big.aggregate(1, &argument).unwrap(), 1.into()];
    // SAFETY: this is its signature.
    unsafe { call_big.call_slots_into(&args, &mut result) }.unwrap();
    assert_eq!(result, [0; 40]);
}

/// A raw handler that adds what its context points to.
unsafe extern "C" fn add(context: *mut c_void, args: *const Slot, result: *mut Slot) {
    // SAFETY: the tests pass the address of an `i32`; a thunk calls it, of `int32_t (int32_t)`.
    unsafe { *result = Slot::from((*args).as_i32() + *context.cast::<i32>()) }
}

#[test]
fn all_kinds_are_function_arguments() {
    let number = 40;
    // SAFETY: the handler is of this signature, and the context lives longer.
    let raw = unsafe { Callback::raw(&int_thunk(), add, (&raw const number).cast_mut().cast()) }.unwrap();
    let halve = Callback::sync(&thunk([Type::F64], Type::F64), OnPanic::Catch, |call| {
        let x = call.slots()[0].as_f64();
        call.set(x / 2.0).unwrap();
    })
    .unwrap();
    let nobody = |call: ForeignCall| Err(call);
    let swap = Callback::local(&thunk([Mixed::ty()], Mixed::ty()), LocalOptions::default(), nobody, |call| {
        let Mixed { x, n } = Mixed::read(call.bytes(0).unwrap());
        call.result_bytes().unwrap().copy_from_slice(&Mixed { x: n.into(), n: x as i32 * 100 }.bytes());
    })
    .unwrap();
    let params = [Type::I8, Type::FUNCTION, Type::F64, Type::FUNCTION, Big::ty(), Type::FUNCTION];
    let call_several = c("call_several", params, Type::F64);
    let big = Big([0, 0, 0, 0, 2]).bytes();
    let aggregate = call_several.aggregate(4, &big).unwrap();
    let args = [(-1i8).into(), (&raw).into(), 6.0.into(), (&halve).into(), aggregate, (&swap).into()];
    // SAFETY: this is its signature.
    let answer = unsafe { call_several.call_slots(&args) }.unwrap().as_f64();
    assert_eq!(answer, -1.0 + 42.0 + 300.0);
}

#[test]
fn raw_callbacks_call_their_handler_with_their_context() {
    let numbers: Vec<i32> = (0..100).map(|n| n * 1000).collect();
    // SAFETY: the handler is of this signature, and the contexts live longer.
    let make = |n: &i32| unsafe { Callback::raw(&int_thunk(), add, (&raw const *n).cast_mut().cast()) }.unwrap();
    let callbacks: Vec<_> = numbers.iter().map(make).collect();
    let functions: Vec<Int> = callbacks.iter().map(|callback| int(callback.as_ptr())).collect();
    assert!(functions.iter().zip(&numbers).all(|(function, number)| function(5) == number + 5));
    callbacks[3].close();
    callbacks[3].close();
    let answers = [2, 3, 4].map(|index| functions[index](1));
    assert_eq!(answers, [2001, 0, 4001]);
    drop(callbacks);
    assert!(functions.iter().all(|function| function(5) == 0));
}
