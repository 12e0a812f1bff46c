//! Panics, C++ exceptions and backtraces that pass through thunks, stubs and the C code between.

use std::backtrace::Backtrace;
use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use hotcall_jit::{Handler, Jit, Options};
use hotcall_testing::c_text::Text;
use hotcall_testing::callers::{self, caller};
use hotcall_testing::fixture;
use hotcall_testing::frames;
use hotcall_testing::notation;
use hotcall_testing::ways;
use libloading::Library;

use crate::fixtures::bound;

/// The context in an integer register, in a float register, on the stack, each with small and with large frames.
const SIGNATURES: [&str; 6] = [
    "(i32) -> i32",
    "(struct {u8[9000]}) -> struct {u8[400]}",
    "(6*i64, f32) -> f64",
    "(6*i64, 3*struct {u8[30]}) -> struct {f64, i64}",
    "(6*i64, 8*f64)",
    "(6*i64, 8*f64, 9*struct {u8[900]}, i8) -> struct {u8[4000]}",
];

/// Calls a caller, and counts when it is left, however that happens.
const GUARDED: &str = r"
static void count(int **left) { **left += 1; }
void guarded(void (*caller)(void *, const void *, void *), void *function, const void *args, void *result, int *left) {
    __attribute__((cleanup(count))) int *counted = left;
    caller(function, args, result);
}
";

/// Has C call the handler in each way; `check` gets the signature, the outcome, and how often C's frame was left.
fn through_c<T>(handler: Handler, mut context: T, mut check: impl FnMut(&str, std::thread::Result<()>, i32, &mut T)) {
    let ways = ways::all(cfg!(feature = "cranelift"));
    let mut text = Text::new(&format!("{}{GUARDED}", callers::PROLOGUE));
    let names = SIGNATURES.map(|signature| caller(&mut text, &notation::signature(signature)));
    let bytes = [0u8; 16_384];
    let mut result = [0u8; 4096];
    for (_, library) in &fixture::load_all(&text.finish()) {
        let address = |name: &str| symbol(library, name);
        let cases = ways.iter().flat_map(|way| SIGNATURES.iter().zip(&names).map(move |case| (way, case)));
        for ((way, jit), (signature, name)) in cases {
            let outer = jit.slots(&notation::signature("(5*pointer)"), Options::default()).unwrap();
            let stub = bound(jit.thunk(&notation::signature(signature)).unwrap(), handler, &raw mut context);
            let mut left = 0;
            let args = [
                address(name) as u64,
                stub.entry() as u64,
                bytes.as_ptr() as u64,
                result.as_mut_ptr() as u64,
                &raw mut left as u64,
            ];
            // SAFETY: `guarded` has the trampoline's signature, its first argument is a caller of the stub's signature, and
            // the buffers are longer than it needs.
            let outcome = catch_unwind(AssertUnwindSafe(|| unsafe {
                (outer.entry())(address("guarded"), args.as_ptr(), ptr::null_mut(), ptr::null_mut());
            }));
            check(&format!("{signature}, {way}"), outcome, left, &mut context);
        }
    }
}

fn symbol(library: &Library, name: &str) -> *const c_void {
    // SAFETY: the symbol is a function, of which the address is taken.
    unsafe { *library.get::<*const c_void>(name.as_bytes()).unwrap() }
}

struct Counting(*mut i32);

impl Drop for Counting {
    fn drop(&mut self) {
        // SAFETY: handlers make it of the test's counter.
        unsafe { *self.0 += 1 };
    }
}

#[test]
fn panics_pass_to_the_outer_call() {
    unsafe extern "C-unwind" fn boom(context: *mut c_void, _: *const u64, _: *mut u64) {
        let _dropped = Counting(context.cast());
        panic!("boom")
    }
    through_c(boom, 0, |signature, outcome, left, dropped| {
        let payload = outcome.expect_err(signature);
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"boom"), "{signature}");
        assert_eq!((left, std::mem::take(dropped)), (1, 1), "{signature}: frames left, values dropped");
    });
}

/// Names C functions by the dynamic linker, and Rust functions by the debug information.
#[test]
fn backtraces_go_on_to_the_c_caller() {
    #[derive(Default)]
    struct Trace {
        names: Vec<&'static CStr>,
        text: String,
    }
    unsafe extern "C-unwind" fn trace(context: *mut c_void, _: *const u64, _: *mut u64) {
        let mut names = Vec::new();
        frames::follow(|ip| names.extend(frames::name(ip)));
        // SAFETY: the context is the test's.
        unsafe { *context.cast() = Trace { names, text: Backtrace::force_capture().to_string() } };
    }
    through_c(trace, Trace::default(), |signature, outcome, left, Trace { names, text }| {
        assert!(outcome.is_ok() && left == 1, "{signature}");
        let caller = names.iter().position(|name| name.to_bytes().starts_with(b"caller_"));
        let guarded = names.iter().position(|name| *name == c"guarded");
        assert!(caller.is_some() && guarded == caller.map(|at| at + 1), "{signature}: {names:?}");
        assert!(text.contains("backtraces_go_on_to_the_c_caller"), "{signature}: {text}");
        *names = Vec::new();
        text.clear();
    });
}

const EXCEPTIONS: &str = r#"
    #include <cstdint>
    struct payload { int code; };
    struct big { unsigned char bytes[900]; };
    struct guard { int *ran; ~guard() { *ran += 1; } };
    extern "C" void throw_it(int64_t code) { throw payload{int(code)}; }
    template <typename Call> static int caught(int *ran, Call call) {
        try {
            guard g{ran};
            call();
        } catch (const payload &p) {
            return p.code;
        }
        return -1;
    }
    extern "C" int catch_0(int (*f)(int64_t), int *ran) {
        return caught(ran, [=] { f(1); });
    }
    extern "C" int catch_1(double (*f)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, float), int *ran) {
        return caught(ran, [=] { f(1, 2, 3, 4, 5, 6, 7); });
    }
    extern "C" int catch_2(big (*f)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double, double, double, double,
                                    double, double, double, double, big), int *ran) {
        return caught(ran, [=] { f(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, big()); });
    }
"#;

/// Thrown in a callee of the handler, caught outside of the stub.
#[test]
fn cxx_exceptions_pass_through() {
    struct Thrower<'a> {
        jit: &'a Jit,
        target: *const c_void,
        dropped: i32,
    }
    unsafe extern "C-unwind" fn throw(context: *mut c_void, args: *const u64, _: *mut u64) {
        let context = context.cast::<Thrower<'_>>();
        // SAFETY: the context is the test's, the target has the trampoline's signature, and there is one argument at least.
        unsafe {
            let _dropped = Counting(&raw mut (*context).dropped);
            let trampoline = (*context).jit.slots(&notation::signature("(i64)"), Options::default()).unwrap();
            let code = *args + 10;
            (trampoline.entry())((*context).target, &code, ptr::null_mut(), ptr::null_mut());
        }
    }
    let Some(library) = fixture::load_cxx(EXCEPTIONS) else { return };
    let ways = ways::all(cfg!(feature = "cranelift"));
    let texts = ["(i64) -> i32", "(6*i64, f32) -> f64", "(6*i64, 8*f64, struct {u8[900]}) -> struct {u8[900]}"];
    for ((way, jit), (number, text)) in
        ways.iter().flat_map(|way| texts.iter().enumerate().map(move |text| (way, text)))
    {
        let mut context = Thrower { jit, target: symbol(&library, "throw_it"), dropped: 0 };
        let stub = bound(jit.thunk(&notation::signature(text)).unwrap(), throw, &raw mut context);
        let mut ran = 0;
        // SAFETY: the function has this type, and calls a function of the stub's signature.
        let code = unsafe {
            type Catch = unsafe extern "C" fn(*const c_void, *mut i32) -> i32;
            let catch = library.get::<Catch>(format!("catch_{number}").as_bytes()).unwrap();
            catch(stub.entry(), &mut ran)
        };
        assert_eq!((code, ran, std::mem::take(&mut context.dropped)), (11, 1, 1), "{text}, {way}");
    }
}
