//! The life of stubs.

use std::collections::HashSet;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use hotcall_jit::{REST, Stub, StubPool, ThunkCode, Use, retired_calls};
use hotcall_testing::c_text::Text;
use hotcall_testing::callers::{self, Caller, caller};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::random::Random;
use hotcall_testing::ways;

use crate::fixtures::bound;

/// The thunks made in each way.
fn thunks(text: &str) -> Vec<(&'static str, &'static ThunkCode)> {
    let signature = notation::signature(text);
    ways::all(cfg!(feature = "cranelift")).into_iter().map(|(way, jit)| (way, jit.thunk(&signature).unwrap())).collect()
}

/// Adds what its context points to.
unsafe extern "C-unwind" fn add(context: *mut c_void, args: *const u64, result: *mut u64) {
    // SAFETY: the context is a number, and there is one argument.
    unsafe { *result = *args + *context.cast::<u64>() };
}

unsafe extern "C-unwind" fn ignore(_: *mut c_void, _: *const u64, _: *mut u64) {}

/// Retires a stub, and gives it back.
fn close(pool: &'static StubPool, stub: Stub) {
    stub.retire();
    // SAFETY: the tests take each stub from this pool, and use it no more.
    unsafe { pool.give_back(stub) };
}

const STORE: &str = r"
#include <stdint.h>
static int64_t (*stored)(int64_t);
void store(int64_t (*f)(int64_t)) { stored = f; }
int64_t fire(int64_t x) { return stored(x); }
";

#[test]
fn c_keeps_the_pointer_for_later() {
    type Store = unsafe extern "C" fn(*const c_void);
    type Fire = unsafe extern "C-unwind" fn(i64) -> i64;
    let libraries = fixture::load_all(STORE);
    for ((way, thunk), (compiler, library)) in
        thunks("(i64) -> i64").into_iter().flat_map(|thunk| libraries.iter().map(move |library| (thunk, library)))
    {
        // SAFETY: the functions have these types.
        let (store, fire) = unsafe { (library.get::<Store>("store").unwrap(), *library.get::<Fire>("fire").unwrap()) };
        let (mut one, mut two) = (100u64, 200u64);
        let stub = bound(thunk, add, &raw mut one);
        // SAFETY: the stub has this signature.
        unsafe { store(stub.entry()) };
        // SAFETY: the stored stub stays bound while it is called.
        let fire = move |x| unsafe { fire(x) };
        assert_eq!([fire(1), fire(2)], [101, 102], "{way}, compiled by {}", compiler.command());
        assert_eq!(thread::spawn(move || fire(3)).join().unwrap(), 103, "{way}, compiled by {}", compiler.command());
        // SAFETY: the stub is held, and nothing runs it now.
        unsafe { stub.bind(add, (&raw mut two).cast()) };
        assert_eq!(fire(4), 204, "{way}, compiled by {}", compiler.command());
        one += two;
        assert_eq!((fire(5), one), (205, 300), "{way}, compiled by {}", compiler.command());
    }
}

/// The one test that calls retired stubs, for the count is the process's.
#[test]
fn retired_stubs_return_zeros_and_are_counted() {
    unsafe extern "C-unwind" fn ones(context: *mut c_void, _: *const u64, result: *mut u64) {
        // SAFETY: the context is the size of the result, which has as many bytes.
        unsafe { result.cast::<u8>().write_bytes(0xff, *context.cast::<usize>()) };
    }
    let cases = [
        ("()", 0),
        ("(i32) -> i64", 8),
        ("(f64) -> bool", 8),
        ("() -> f32", 8),
        ("(6*i64) -> f64", 8),
        ("(i8) -> struct {i64, i64}", 16),
        ("(i8) -> struct {f64, u8[7]} packed(1)", 15),
        ("(6*i32, 8*f32) -> struct {f32[3]}", 12),
        ("(i8, f32) -> struct {u8[17]}", 17),
        ("(9*i64, 9*f64, struct {u8[100]}) -> struct {u8[4000]}", 4000),
    ];
    let ways = ways::all(cfg!(feature = "cranelift"));
    let mut text = Text::new(callers::PROLOGUE);
    let names = cases.map(|(signature, _)| caller(&mut text, &notation::signature(signature)));
    let args = [0x5a; 1000];
    for (compiler, library) in &fixture::load_all(&text.finish()) {
        let cases = ways.iter().flat_map(|way| cases.iter().zip(&names).map(move |case| (way, case)));
        for ((way, jit), ((text, size), name)) in cases {
            let thunk = jit.thunk(&notation::signature(text)).unwrap();
            let call = |address: *const c_void| {
                let mut result = vec![0xdb; *size];
                // SAFETY: the caller has the stub's signature, and the buffers are long enough for it.
                unsafe {
                    let caller = library.get::<Caller>(name.as_bytes()).unwrap();
                    caller(address, args.as_ptr(), result.as_mut_ptr());
                }
                result
            };
            let pool = thunk.stubs(Use::Plain);
            let before = retired_calls();
            let unbound = pool.take().unwrap();
            assert_eq!(
                call(unbound.entry()),
                vec![0; *size],
                "{text} never bound, {way}, compiled by {}",
                compiler.command()
            );
            let stub = bound(thunk, ones, std::ptr::from_ref(size).cast_mut());
            assert_eq!(retired_calls(), before + 1, "{text}, {way}, compiled by {}", compiler.command());
            let address = stub.entry();
            let ones = call(address);
            assert!(*size == 0 || ones.contains(&0xff) || ones[0] == 1, "{text}, {way}: {ones:x?}");
            assert_eq!(retired_calls(), before + 1, "{text}, {way}, compiled by {}", compiler.command());
            stub.retire();
            assert_eq!(call(address), vec![0; *size], "{text} retired, {way}, compiled by {}", compiler.command());
            // SAFETY: the stubs were taken here, and C calls one of them once more, as it may for ever.
            unsafe {
                pool.give_back(unbound);
                pool.give_back(stub);
            }
            assert_eq!(call(address), vec![0; *size], "{text} given back, {way}, compiled by {}", compiler.command());
            assert_eq!(retired_calls(), before + 3, "{text}, {way}, compiled by {}", compiler.command());
        }
    }
}

/// The number of stubs that is promised where code is generated.
#[cfg(feature = "cranelift")]
#[test]
fn stubs_rest_before_they_are_used_again() {
    let thunk = hotcall_jit::Jit::new().unwrap().thunk(&notation::signature("(i8)")).unwrap();
    let pool = thunk.stubs(Use::Plain);
    let mut random = Random::new(3);
    let mut held = Vec::new();
    // For each stub, the number of stubs that were given back before it.
    let (mut given_back, mut last) = (0, std::collections::HashMap::new());
    let mut again = 0;
    while again < 3 * REST {
        for _ in 0..random.bits() % 50 {
            let stub = pool.take().unwrap();
            if let Some(since) = last.insert(stub.entry(), usize::MAX) {
                assert!(given_back - since >= REST, "used again after {} others", given_back - since);
                again += 1;
            }
            held.push(stub);
        }
        for _ in 0..random.bits() as usize % (held.len() + 1) {
            let stub = held.swap_remove(random.bits() as usize % held.len());
            given_back += 1;
            last.insert(stub.entry(), given_back);
            close(pool, stub);
        }
    }
}

#[test]
fn a_million_stubs_take_no_more_memory_than_a_few() {
    for (way, thunk) in thunks("(i16)") {
        let pool = thunk.stubs(Use::Plain);
        let mut entries = HashSet::new();
        for number in 0..1_000_000u64 {
            let stub = pool.take().unwrap();
            // SAFETY: the stub is held, and the handler does not read its context.
            unsafe { stub.bind(ignore, number as *mut c_void) };
            entries.insert(stub.entry());
            close(pool, stub);
        }
        let expected = if way == "universal" { 16..REST / 4 } else { REST..2 * REST };
        assert!(expected.contains(&entries.len()), "{} stubs, {way}", entries.len());
    }
}

/// Stubs that an ended thread had kept for itself.
#[test]
fn ended_threads_leave_their_stubs() {
    for (way, thunk) in thunks("(i32)") {
        let pool = thunk.stubs(Use::Plain);
        let mut entries = HashSet::new();
        for _ in 0..300 {
            entries.extend(
                thread::spawn(|| {
                    let stubs: Vec<_> = (0..33).map(|_| pool.take().unwrap()).collect();
                    let entries: Vec<_> = stubs.iter().map(|stub| stub.entry().addr()).collect();
                    stubs.into_iter().for_each(|stub| close(pool, stub));
                    entries
                })
                .join()
                .unwrap(),
            );
        }
        let limit = if way == "universal" { REST / 4 } else { 2 * REST };
        assert!(entries.len() < limit, "{} stubs, {way}", entries.len());
    }
}

/// Each holder marks its stubs, so that a second one would be seen; and each calls what it bound.
#[test]
fn threads_never_hold_the_same_stub() {
    for (_, thunk) in thunks("(i64) -> i64") {
        threads_share(thunk);
    }
}

fn threads_share(thunk: &'static ThunkCode) {
    let pool = thunk.stubs(Use::Plain);
    let one_thread = |seed: u64| {
        let mut random = Random::new(seed);
        let mut held: Vec<(Stub, Box<u64>)> = Vec::new();
        let mark = |stub: &Stub| {
            // SAFETY: the data belongs to the stub, and every test thread uses it in this way alone.
            unsafe { &*stub.data().cast::<AtomicU64>() }
        };
        for _ in 0..20_000 {
            if held.len() < 40 && random.bits().is_multiple_of(2) {
                let stub = pool.take().unwrap();
                assert_eq!(mark(&stub).swap(seed, Ordering::Relaxed), 0, "held already");
                let context = Box::new(random.bits());
                // SAFETY: the stub is held, and its context is kept until it is retired.
                unsafe { stub.bind(add, (&raw const *context).cast_mut().cast()) };
                held.push((stub, context));
            } else if !held.is_empty() {
                let (stub, context) = held.swap_remove(random.bits() as usize % held.len());
                // SAFETY: the stub has this signature.
                let result = unsafe {
                    let function = std::mem::transmute::<*const c_void, extern "C" fn(u64) -> u64>(stub.entry());
                    function(seed)
                };
                assert_eq!(result, seed.wrapping_add(*context), "called another's handler");
                assert_eq!(mark(&stub).swap(0, Ordering::Relaxed), seed, "held by another");
                close(pool, stub);
            }
        }
        for (stub, _) in held {
            mark(&stub).store(0, Ordering::Relaxed);
            close(pool, stub);
        }
    };
    thread::scope(|scope| {
        for seed in 1..=8 {
            scope.spawn(move || one_thread(seed));
        }
    });
}

#[test]
fn data_stays_with_its_stub_and_its_user() {
    for (_, thunk) in thunks("(u8)") {
        keeps_data(thunk);
    }
}

fn keeps_data(thunk: &'static ThunkCode) {
    let mut plain = HashSet::new();
    for (of, pattern) in [(Use::Plain, 0x1111u64), (Use::Counted, 0x2222)] {
        let pool = thunk.stubs(of);
        for _ in 0..3 * REST {
            let stub = pool.take().unwrap();
            let data = stub.data().cast::<[u64; 4]>();
            assert!(data.is_aligned());
            // SAFETY: these bytes belong to the stub, and to nobody but this test.
            let data = unsafe { &mut *data };
            let seen_before = data[0] != 0;
            assert_eq!(*data, if seen_before { [pattern; 4] } else { [0; 4] });
            *data = [pattern; 4];
            if of == Use::Plain {
                assert_ne!(plain.insert(stub.entry()), seen_before);
            } else {
                assert!(!plain.contains(&stub.entry()), "one stub for both users");
            }
            close(pool, stub);
        }
    }
}

/// Executable memory must never be writable at the same address.
#[test]
#[cfg(target_os = "linux")]
fn no_address_is_writable_and_executable() {
    let thunks = ["()", "(6*i64)", "(6*i64, 8*f64)"].map(thunks).into_iter().flatten();
    let stubs: Vec<_> = thunks.map(|(_, thunk)| bound(thunk, ignore, std::ptr::null_mut::<u8>())).collect();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mappings: Vec<_> = maps
        .lines()
        .map(|line| {
            let (range, rest) = line.split_once(' ').unwrap();
            let (start, end) = range.split_once('-').unwrap();
            let address = |text| usize::from_str_radix(text, 16).unwrap();
            (address(start)..address(end), &rest[..3])
        })
        .collect();
    assert!(!mappings.iter().any(|(_, flags)| *flags == "rwx" || *flags == "-wx"), "{maps}");
    for stub in stubs {
        let of = |address: usize| mappings.iter().find(|(range, _)| range.contains(&address)).unwrap().1;
        assert_eq!(of(stub.entry().addr()), "r-x");
        assert_eq!(of(stub.data().addr()), "rw-");
    }
}
