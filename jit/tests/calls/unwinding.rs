//! Panics, C++ exceptions and backtraces that pass through trampolines.

use std::backtrace::Backtrace;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use hotcall_jit::Options;
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::ways;

extern "C-unwind" fn boom() {
    panic!("boom")
}

#[test]
fn panics_pass_through_frames_of_every_kind() {
    let ways = ways::all(cfg!(feature = "cranelift"));
    let bytes = [0u8; 9000];
    let slots = [bytes.as_ptr() as u64; 16];
    let texts = [
        "()",
        "(i32) -> i32",
        "(9*i64)",
        "(text, ..., f64)",
        "(7*i32, ..., f64) -> f64",
        "(struct {u8[9000]}, 9*struct {u8[30]}) -> struct {f64, i64}",
    ];
    for text in texts {
        for ((way, jit), capture_errno) in ways.iter().flat_map(|way| [(way, false), (way, true)]) {
            let trampoline =
                jit.slots(&notation::signature(text), Options::new().capture_errno(capture_errno)).unwrap();
            let mut result = [0u64; 2];
            let mut errno = 0x5a5a;
            // SAFETY: a function without parameters may be called with any in this convention; the slots are valid
            // addresses of as many bytes as the largest struct has.
            let caught = catch_unwind(AssertUnwindSafe(|| unsafe {
                (trampoline.entry())(boom as *const c_void, slots.as_ptr(), result.as_mut_ptr(), &mut errno);
            }));
            assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"boom"), "{text}, {way}");
            assert_eq!((result, errno), ([0; 2], 0x5a5a), "{text}, {way}");
        }
    }
}

/// Leaves the backtrace of its caller in the string that it is given.
extern "C" fn trace(into: *mut String) {
    // SAFETY: the test passes a string of its own.
    unsafe { *into = Backtrace::force_capture().to_string() };
}

#[test]
fn backtraces_go_on_behind_a_trampoline() {
    for (way, jit) in &ways::all(cfg!(feature = "cranelift")) {
        let trampoline = jit.slots(&notation::signature("(pointer)"), Options::default()).unwrap();
        let mut text = String::new();
        let slots = [&raw mut text as u64];
        // SAFETY: `trace` has this signature.
        unsafe { (trampoline.entry())(trace as *const c_void, slots.as_ptr(), ptr::null_mut(), ptr::null_mut()) };
        assert!(text.contains("backtraces_go_on_behind_a_trampoline"), "{way}: {text}");
    }
}

const EXCEPTIONS: &str = r#"
    #include <cstdint>
    struct payload { int code; };
    extern "C" void thrower(int64_t code) { throw payload{int(code)}; }
    extern "C" int variadic_thrower(int code, ...) { throw payload{code}; }
    typedef void (*entry)(const void *target, const uint64_t *args, uint64_t *result, int *error);
    /* A destructor between must run too. */
    struct guard { int *ran; ~guard() { *ran += 1; } };
    extern "C" int catcher(entry trampoline, const void *target, const uint64_t *args, int *ran) {
        uint64_t result = 0;
        int error = 0;
        try {
            guard g{ran};
            trampoline(target, args, &result, &error);
        } catch (const payload &p) {
            return p.code;
        }
        return -1;
    }
"#;

#[test]
fn cxx_exceptions_pass_through() {
    type Catcher = unsafe extern "C" fn(hotcall_jit::SlotsEntry, *const c_void, *const u64, *mut i32) -> i32;
    let Some(library) = fixture::load_cxx(EXCEPTIONS) else { return };
    // SAFETY: these are the fixture's functions; their addresses alone are taken.
    let address = |name: &str| unsafe { *library.get::<*const c_void>(name.as_bytes()).unwrap() };
    // SAFETY: `catcher` has this type.
    let catcher = unsafe { library.get::<Catcher>("catcher") }.unwrap();
    let ways = ways::all(cfg!(feature = "cranelift"));
    let bytes = [0u8; 9000];
    let block = bytes.as_ptr() as u64;
    let cases: [(&str, &str, &[u64]); 4] = [
        ("(i64)", "thrower", &[11]),
        ("(i64, 8*f64, 9*i64) -> f64", "thrower", &[12; 18]),
        // One that copies by memcpy, and so saves registers.
        ("(i64, struct {u8[9000]}) -> struct {f64, i64}", "thrower", &[13, block]),
        // One that calls through a shim.
        ("(i32, ..., f64) -> i32", "variadic_thrower", &[14, 0]),
    ];
    for (text, target, slots) in cases {
        for ((way, jit), capture_errno) in ways.iter().flat_map(|way| [(way, false), (way, true)]) {
            let trampoline =
                jit.slots(&notation::signature(text), Options::new().capture_errno(capture_errno)).unwrap();
            let mut ran = 0;
            // SAFETY: the callees have these signatures or ignore further arguments.
            let code = unsafe { catcher(trampoline.entry(), address(target), slots.as_ptr(), &mut ran) };
            assert_eq!((code, ran), (slots[0] as i32, 1), "{text}, {way}");
        }
    }
}
