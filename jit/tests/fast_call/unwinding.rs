//! Panics, C++ exceptions and backtraces that pass through native functions of both forms: from C, and from the helpers, which
//! may throw.

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use hotcall_jit::engine::fast_call::{Exit, FastCallHelpers, FastCallModel, NoResult, ResolvedHandle};
use hotcall_jit::engine::values::{Pending, RecordHead};
use hotcall_jit::{FastCall, Jit, Options};
use hotcall_testing::fixture;
use hotcall_testing::notation;

use crate::forms::{fixture, looking};
use crate::native::FLAG;

/// The model of a function, and true if it is assembled.
fn model(c: &str, native: &str, roles: &str, exit: Exit) -> (FastCallModel, bool) {
    let fixture = fixture(c, native, roles, exit);
    (fixture.model.clone(), fixture.is_assembled())
}

const CASES: [(&str, &str, &str, bool); 4] = [
    ("(i32) -> i32", "(i64, pointer) -> i32", "ax", true),
    ("(i32) -> i32", "(i64, pointer) -> i64", "ax", false),
    // Stack arguments, and a frame of some size.
    ("(9*i32) -> i32", "(pointer, f64, 8*i64, pointer) -> i32", "_aaaaaaaaax", true),
    ("(9*i32) -> struct {u8[900]}", "(9*i64, pointer, pointer)", "aaaaaaaaahx", false),
];

/// Calls the native function of each case for `target`, with small numbers and no handle.
fn each(
    helpers: FastCallHelpers,
    target: *const c_void,
    first: i64,
    mut check: impl FnMut(&str, std::thread::Result<()>),
) {
    for (c, native, roles, assembled) in CASES {
        for exit in [FLAG, Exit::Raise] {
            let (model, is_assembled) = model(c, native, &roles.replace('h', "r"), exit);
            assert_eq!(is_assembled, assembled && exit == FLAG, "{c} as {native}");
            let code = Jit::shared().unwrap().fast_call(&notation::signature(c), &model, helpers).unwrap();
            let caller = Jit::shared().unwrap().slots(&model.native, Options::default()).unwrap();
            let pending = Pending::new();
            let mut heap = crate::heap::Heap::mapped();
            let mut memory = [0_u8; 900];
            let address = memory.as_mut_ptr().expose_provenance() as u64;
            let result = heap.handle(crate::heap::Thing::Bytes { address, len: 900, kind: 0 });
            let mut flag = crate::native::ExitFlag::new();
            let words: Vec<_> = roles
                .chars()
                .enumerate()
                .map(|(index, role)| match role {
                    'x' => flag.word(),
                    'h' => result,
                    _ if native.contains("f64") && index == 1 => (first as f64).to_bits(),
                    _ => first as u64,
                })
                .collect();
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let mut returned = 0;
                // SAFETY: the target takes any arguments; the record outlives its function.
                unsafe {
                    let record = FastCall::record(target, &pending);
                    let native = code.bind(&record).unwrap();
                    (caller.entry())(native.entry(), words.as_ptr(), &mut returned, ptr::null_mut());
                }
            }));
            check(&format!("{c} as {native}, {exit:?}"), outcome);
        }
    }
}

unsafe extern "C-unwind" fn resolve(
    _: *const RecordHead,
    _: *mut c_void,
    _: usize,
    _: u64,
    _: *mut ResolvedHandle,
) -> bool {
    panic!("resolve")
}

unsafe extern "C-unwind" fn raise(_: *const RecordHead, _: *mut c_void, _: usize, _: u64) -> NoResult {
    panic!("raise")
}

unsafe extern "C-unwind" fn release(_: *const RecordHead) {
    unreachable!("no string was copied")
}

const HELPERS: FastCallHelpers = FastCallHelpers { resolve, raise, release };

extern "C-unwind" fn boom() {
    panic!("boom")
}

#[test]
fn panics_of_c_pass_through() {
    each(HELPERS, boom as *const c_void, 1, |case, outcome| {
        assert_eq!(outcome.expect_err(case).downcast_ref::<&str>(), Some(&"boom"), "{case}");
    });
}

#[test]
fn helpers_may_throw() {
    each(HELPERS, boom as *const c_void, 1 << 31, |case, outcome| {
        if case.ends_with("Raise") {
            assert_eq!(outcome.expect_err(case).downcast_ref::<&str>(), Some(&"raise"), "{case}");
        } else {
            assert!(outcome.is_ok(), "{case}");
        }
    });
    let (model, _) = model("(bool)", "(pointer, pointer)", "hx", FLAG);
    let mut heap = crate::heap::Heap::mapped();
    let words = [heap.handle(crate::heap::Thing::Odd), 0];
    assert_eq!(thrown_by(boom as *const c_void, "(bool)", &model, &words), "resolve");
    // Reached by a jump.
    let closed = looking("(f64)", "(pointer, f64, pointer)", "_ax", Exit::Raise);
    assert!(closed.is_assembled());
    assert_eq!(thrown_by(ptr::null(), "(f64)", &closed.model, &[0; 3]), "raise");
}

/// The exception of a call that does not reach C.
fn thrown_by(target: *const c_void, c: &str, model: &FastCallModel, words: &[u64]) -> &'static str {
    let code = Jit::shared().unwrap().fast_call(&notation::signature(c), model, HELPERS).unwrap();
    let caller = Jit::shared().unwrap().slots(&model.native, Options::default()).unwrap();
    let pending = Pending::new();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: C is not called; the record outlives its function.
        unsafe {
            let record = FastCall::record(target, &pending);
            let native = code.bind(&record).unwrap();
            (caller.entry())(native.entry(), words.as_ptr(), ptr::null_mut(), ptr::null_mut());
        }
    }));
    outcome.unwrap_err().downcast_ref::<&str>().unwrap()
}

thread_local! {
    static TRACE: Cell<String> = const { Cell::new(String::new()) };
}

extern "C-unwind" fn callee_with_a_backtrace() -> i32 {
    TRACE.set(Backtrace::force_capture().to_string());
    0
}

#[test]
fn backtraces_go_on_to_the_caller() {
    each(HELPERS, callee_with_a_backtrace as *const c_void, 1, |case, outcome| {
        assert!(outcome.is_ok(), "{case}");
        let text = TRACE.take();
        assert!(
            ["callee_with_a_backtrace", "backtraces_go_on_to_the_caller"].iter().all(|name| text.contains(name)),
            "{case}: {text}"
        );
    });
}

const EXCEPTIONS: &str = r#"
    #include <cstdint>
    struct payload { int code; };
    struct guard { int *ran; ~guard() { *ran += 1; } };
    extern "C" int32_t throw_it(int32_t code) { throw payload{code}; }
    template <typename Call> static int caught(int *ran, Call call) {
        try {
            guard g{ran};
            call();
        } catch (const payload &p) {
            return p.code;
        }
        return -1;
    }
    extern "C" int catch_it(void (*f)(), int *ran) {
        char exit[16];
        return caught(ran, [&] { ((int32_t (*)(int64_t, void *))f)(11, exit); });
    }
"#;

/// C throws an exception, and the native function's caller catches it.
#[test]
fn cxx_exceptions_pass_through() {
    let Some(library) = fixture::load_cxx(EXCEPTIONS) else { return };
    for (c, native, roles, assembled) in &CASES[..2] {
        let (model, is_assembled) = model(c, native, roles, FLAG);
        assert_eq!(is_assembled, *assembled);
        let code = Jit::shared().unwrap().fast_call(&notation::signature(c), &model, HELPERS).unwrap();
        let pending = Pending::new();
        let mut ran = 0;
        // SAFETY: the functions have these types; the record outlives its function.
        let code = unsafe {
            let record = FastCall::record(*library.get::<*const c_void>(b"throw_it").unwrap(), &pending);
            let native = code.bind(&record).unwrap();
            let catch = library.get::<unsafe extern "C" fn(*const c_void, *mut i32) -> i32>(b"catch_it").unwrap();
            catch(native.entry(), &mut ran)
        };
        assert_eq!((code, ran), (11, 1), "{c} as {native}");
    }
}
