//! Panics and C++ exceptions that may unwind through callbacks, and those that must not.

use std::ffi::c_void;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::ptr;
use std::sync::OnceLock;

use hotcall::{Callback, Library, OnPanic, Slot, Thunk, Type, UnwindingRawHandler};
use hotcall_testing::compiler::Compiler;
use hotcall_testing::fixture::{shared_object_by, shared_object_with};

use super::{aborts, int_thunk, signature, thunk};

/// C through which something unwinds.
const THROUGH: &str = "
    #include <stdint.h>
    static void clean(int32_t **ran) { **ran += 1; }
    int32_t through(int32_t (*f)(int32_t), int32_t n, int32_t *ran) {
        __attribute__((cleanup(clean))) int32_t *counted = ran;
        return f(n) + (counted != 0);
    }
    double through_full(double (*f)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double, double, double, double,
                                    double, double, double, double, int32_t), int32_t n, int32_t *ran) {
        __attribute__((cleanup(clean))) int32_t *counted = ran;
        return f(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, n) + (counted != 0);
    }
    double through_ints(double (*f)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int32_t), int32_t n,
                        int32_t *ran) {
        __attribute__((cleanup(clean))) int32_t *counted = ran;
        return f(1, 2, 3, 4, 5, 6, n) + (counted != 0);
    }
";

/// Panics with its last argument, unless that is 0.
unsafe extern "C-unwind" fn panic_with(_: *mut c_void, args: *const Slot, result: *mut Slot) {
    // SAFETY: a thunk calls it, of one parameter at least; the context of the test says which is the last.
    let n = unsafe { (*args).as_i32() };
    if n != 0 {
        panic_any(n);
    }
    // SAFETY: the result is an int.
    unsafe { *result = 10.into() };
}

/// Panics with the argument whose index is the context.
unsafe extern "C-unwind" fn panic_with_nth(context: *mut c_void, args: *const Slot, _: *mut Slot) {
    // SAFETY: a thunk calls it, and the context is the index of one of its parameters.
    panic_any(unsafe { (*args.add(context.addr())).as_i32() });
}

#[test]
fn raw_handlers_may_unwind_through_c() {
    // SAFETY: the fixture has no initialisers.
    let library = unsafe { Library::open(shared_object_with(&Compiler::c(), &["-fexceptions"], THROUGH)) }.unwrap();
    let through = |name: &str, thunk: &Thunk, handler: UnwindingRawHandler, nth: usize, n: i32| {
        // SAFETY: the handler is of this signature, and the stubs' callers are compiled for unwinding.
        let callback = unsafe { Callback::raw_unwinding(thunk, handler, ptr::without_provenance_mut(nth)) }.unwrap();
        let result = thunk.signature().result().cloned();
        let function = library.function(name, &signature([Type::FUNCTION, Type::I32, Type::POINTER], result)).unwrap();
        let mut ran = 0;
        let args = [(&callback).into(), n.into(), (&raw mut ran).into()];
        // SAFETY: this is its signature; call trampolines let panics through.
        let answer = catch_unwind(AssertUnwindSafe(|| unsafe { function.call_slots(&args) }.unwrap().as_i32()));
        (answer.map_err(|payload| *payload.downcast::<i32>().unwrap()), ran)
    };
    // The context in an integer register, in a float register, and on the stack.
    for n in 1..4 {
        assert_eq!(through("through", &int_thunk(), panic_with, 0, n), (Err(n), 1));
        let ints = [Type::I64, Type::I64, Type::I64, Type::I64, Type::I64, Type::I64];
        let all_ints = Thunk::new(
            &hotcall::Signature::new(ints.iter().cloned().chain([Type::I32]).collect::<Vec<_>>(), Type::F64).unwrap(),
        );
        assert_eq!(through("through_ints", &all_ints.unwrap(), panic_with_nth, 6, n), (Err(n), 1));
        let params = ints.iter().cloned().chain(vec![Type::F64; 8]).chain([Type::I32]).collect::<Vec<_>>();
        let all = Thunk::new(&hotcall::Signature::new(params, Type::F64).unwrap());
        assert_eq!(through("through_full", &all.unwrap(), panic_with_nth, 14, n), (Err(n), 1));
    }
    assert_eq!(through("through", &int_thunk(), panic_with, 0, 0), (Ok(11), 1));
}

const EXCEPTIONS: &str = r#"
    #include <cstdint>
    struct payload { int32_t code; };
    struct guard { int32_t *ran; ~guard() { *ran += 1; } };
    extern "C" int32_t thrower(int32_t code) { throw payload{code}; }
    extern "C" void throwing_handler(void *ran, const uint64_t *args, uint64_t *) {
        guard g{static_cast<int32_t *>(ran)};
        thrower(int32_t(args[0]));
    }
    extern "C" int32_t catcher(int32_t (*f)(int32_t), int32_t n, int32_t *ran) {
        try {
            guard g{ran};
            return f(n);
        } catch (const payload &p) {
            return -p.code;
        }
    }
"#;

/// The fixture made by `$CXX` (or `c++`), which must be there under `CI`.
fn exceptions() -> Option<&'static Library> {
    static LIBRARY: OnceLock<Option<Library>> = OnceLock::new();
    let open = || {
        let compiler = Compiler::cxx().if_present()?;
        // SAFETY: the fixture has no initialisers.
        Some(unsafe { Library::open(shared_object_by(&compiler, EXCEPTIONS)) }.unwrap())
    };
    LIBRARY.get_or_init(open).as_ref()
}

#[test]
fn exceptions_pass_through_raw_callbacks() {
    let Some(library) = exceptions() else { return };
    let handler = library.symbol("throwing_handler").unwrap();
    // SAFETY: it has this type.
    let handler = unsafe { mem::transmute::<*const c_void, UnwindingRawHandler>(handler) };
    let mut ran = 0;
    let counted = (&raw mut ran).cast();
    // SAFETY: the handler is of this signature, its context lives longer, and the caller catches what it throws.
    let callback = unsafe { Callback::raw_unwinding(&int_thunk(), handler, counted) }.unwrap();
    let catcher = signature([Type::FUNCTION, Type::I32, Type::POINTER], Type::I32);
    let catcher = library.function("catcher", &catcher).unwrap();
    let args = [(&callback).into(), 42.into(), counted.into()];
    // SAFETY: this is its signature.
    assert_eq!(unsafe { catcher.call_slots(&args) }.unwrap().as_i32(), -42);
    assert_eq!(ran, 2, "destructors on the way");
}

#[test]
fn exceptions_that_reach_a_closure_end_the_process() {
    if exceptions().is_none() {
        return;
    }
    let errors = aborts(|| {
        let library = exceptions().unwrap();
        let thrower = library.function("thrower", &signature([Type::I32], Type::I32)).unwrap();
        let callback = Callback::sync(&thunk([Type::I32], Type::I32), OnPanic::Catch, move |call| {
            // SAFETY: this is its signature.
            unsafe { thrower.call_slots(call.slots()) }.unwrap();
        });
        let catcher = signature([Type::FUNCTION, Type::I32, Type::POINTER], Type::I32);
        let catcher = library.function("catcher", &catcher).unwrap();
        let mut ran = 0;
        // SAFETY: this is its signature.
        _ = unsafe { catcher.call_slots(&[(&callback.unwrap()).into(), 1.into(), (&raw mut ran).into()]) };
    });
    assert!(errors.contains("cannot catch foreign exceptions"), "{errors}");
}
