//! Exceptions and panics that begin below a callback and are caught above the call that led to it: C++, trampoline, C++, stub,
//! thunk, Rust's handler, trampoline, C++.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::ptr;

use hotcall_jit::{Jit, Options, SlotsEntry, Trampoline};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::ways;
use libloading::Library;

use crate::fixtures::bound;

const SOURCE: &str = r#"
    #include <cstdint>
    struct payload { int code; };
    struct big { unsigned char bytes[900]; };
    struct guard { int *ran; ~guard() { *ran += 1; } };
    typedef void (*entry)(const void *target, const uint64_t *args, uint64_t *result, int *error);

    /* Calls and does not catch. */
    extern "C" void pass(entry trampoline, const void *target, const uint64_t *args, int *ran) {
        guard g{ran};
        uint64_t result = 0;
        int error = 0;
        trampoline(target, args, &result, &error);
    }
    extern "C" int catch_above(entry trampoline, const void *target, const uint64_t *args, int *ran) {
        try {
            pass(trampoline, target, args, ran);
        } catch (const payload &p) {
            return p.code;
        }
        return -1;
    }

    extern "C" int call_back_0(int (*f)(int64_t), int64_t code, int *ran) {
        guard g{ran};
        return f(code) + 1;
    }
    extern "C" double call_back_1(double (*f)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, float), int64_t code,
                                  int *ran) {
        guard g{ran};
        return f(code, 2, 3, 4, 5, 6, 7) + 1;
    }
    extern "C" int call_back_2(big (*f)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double, double, double, double,
                                        double, double, double, double, big), int64_t code, int *ran) {
        guard g{ran};
        return f(code, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, big()).bytes[0] + 1;
    }

    extern "C" int throw_below(int64_t code, int *ran) {
        guard g{ran};
        throw payload{int(code)};
    }
    extern "C" int panic_below(int64_t code, int *ran, int (*panic)(int64_t)) {
        guard g{ran};
        return panic(code) + 1;
    }
"#;

/// The types of the callbacks: their context is in an integer register, in a float register, on the stack.
const CALLBACKS: [&str; 3] =
    ["(i64) -> i32", "(6*i64, f32) -> f64", "(6*i64, 8*f64, struct {u8[900]}) -> struct {u8[900]}"];

/// The signatures of the trampolines' calls, whose further arguments C++ ignores: with simple frames, and with those of calls
/// that copy.
const OUTER: [&str; 2] = ["(pointer, i64, pointer) -> i32", "(pointer, i64, pointer, struct {u8[9000]}) -> f64"];
const INNER: [&str; 2] = [
    "(i64, pointer, pointer) -> i32",
    "(i64, pointer, pointer, struct {u8[9000]}, 9*struct {u8[30]}) -> struct {f64, i64}",
];

/// The handler's context.
struct Below<'a> {
    inner: Trampoline,
    target: *const c_void,
    /// The number of C++'s and Rust's destructors that ran.
    ran: i32,
    dropped: i32,
    block: &'a [u8],
}

struct Counting(*mut i32);

impl Drop for Counting {
    fn drop(&mut self) {
        // SAFETY: the handler makes it of the test's counter.
        unsafe { *self.0 += 1 };
    }
}

unsafe extern "C-unwind" fn handle(context: *mut c_void, args: *const u64, _: *mut u64) {
    let below = context.cast::<Below<'_>>();
    // SAFETY: the context is the test's; the target has the trampoline's signature, or ignores further arguments.
    unsafe {
        let _dropped = Counting(&raw mut (*below).dropped);
        let block = (*below).block.as_ptr() as u64;
        let mut slots = [block; 13];
        slots[..3].copy_from_slice(&[*args, &raw mut (*below).ran as u64, panic as *const () as u64]);
        let mut result = [0; 2];
        ((*below).inner.entry())((*below).target, slots.as_ptr(), result.as_mut_ptr(), ptr::null_mut());
        panic!("the callee returned");
    }
}

extern "C-unwind" fn panic(code: i64) -> i32 {
    panic_any(code)
}

fn symbol(library: &Library, name: &str) -> *const c_void {
    // SAFETY: the symbol is a function, of which the address is taken.
    unsafe { *library.get::<*const c_void>(name.as_bytes()).unwrap() }
}

/// Runs the chain in each way, with this callee at its end; `begin` gets the outer trampoline, its target, its arguments
/// and the counter of destructors.
fn chain(library: &Library, callee: &str, begin: impl Fn(SlotsEntry, *const c_void, *const u64, *mut i32) -> i64) {
    let ways = ways::all(cfg!(feature = "cranelift"));
    let bytes = [0; 9000];
    let trampoline = |jit: &Jit, text| jit.slots(&notation::signature(text), Options::default()).unwrap();
    let each = |n: usize| ways.iter().map(move |way| (n, way));
    let mut runs = 0;
    for (outer_text, inner_text) in OUTER.iter().flat_map(|outer| INNER.iter().map(move |inner| (outer, inner))) {
        for (number, (thunk_way, jit)) in (0..CALLBACKS.len()).flat_map(each) {
            for ((outer_way, outer_jit), (inner_way, inner_jit)) in
                ways.iter().flat_map(|outer| ways.iter().map(move |inner| (outer, inner)))
            {
                let inner = trampoline(inner_jit, inner_text);
                let target = symbol(library, callee);
                let mut below = Below { inner, target, ran: 0, dropped: 0, block: &bytes };
                let ran = &raw mut below.ran;
                let thunk = jit.thunk(&notation::signature(CALLBACKS[number])).unwrap();
                let stub = bound(thunk, handle, &raw mut below);
                let outer = trampoline(outer_jit, outer_text);
                let code = 100 + runs;
                let args = [stub.entry() as u64, code as u64, ran as u64, bytes.as_ptr() as u64];
                let caught = begin(outer.entry(), symbol(library, &format!("call_back_{number}")), args.as_ptr(), ran);
                let what = format!("{outer_way} {outer_text}, {thunk_way} {number}, {inner_way} {inner_text}");
                assert_eq!(caught, code, "{what}");
                assert_eq!((below.ran, below.dropped), (3, 1), "{what}: destructors of C++ and of Rust");
                runs += 1;
            }
        }
    }
}

#[test]
fn exceptions_pass_through_the_whole_chain() {
    type Begin = unsafe extern "C" fn(SlotsEntry, *const c_void, *const u64, *mut i32) -> i32;
    let Some(library) = fixture::load_cxx(SOURCE) else { return };
    // SAFETY: the function has this type.
    let catch_above = unsafe { library.get::<Begin>("catch_above") }.unwrap();
    chain(&library, "throw_below", |entry, target, args, ran| {
        // SAFETY: the target has the trampoline's signature, or ignores further arguments.
        unsafe { catch_above(entry, target, args, ran) }.into()
    });
}

#[test]
fn panics_pass_through_the_whole_chain() {
    type Begin = unsafe extern "C-unwind" fn(SlotsEntry, *const c_void, *const u64, *mut i32);
    let Some(library) = fixture::load_cxx(SOURCE) else { return };
    // SAFETY: the function has this type.
    let pass = unsafe { library.get::<Begin>("pass") }.unwrap();
    chain(&library, "panic_below", |entry, target, args, ran| {
        // SAFETY: the target has the trampoline's signature, or ignores further arguments.
        let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { pass(entry, target, args, ran) }));
        *outcome.unwrap_err().downcast::<i64>().unwrap()
    });
}
