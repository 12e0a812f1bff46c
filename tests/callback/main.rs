//! Callbacks through the public API: C calls them.
#![cfg(unix)]

mod errors;
mod foreign;
mod forks;
mod life;
mod local;
mod panics;
mod reuse;
mod sqlite;
mod stacks;
mod threads;
mod unwinding;
mod uses;
mod values;

use std::ffi::c_void;
use std::mem;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use hotcall::{Function, FunctionOptions, Library, Signature, Thunk, Type};
use hotcall_testing::alone::run_alone;
use hotcall_testing::fixture;

fn signature<const N: usize>(params: [Type; N], result: impl Into<Option<Type>>) -> Signature {
    Signature::new(params, result).unwrap()
}

fn thunk<const N: usize>(params: [Type; N], result: impl Into<Option<Type>>) -> Thunk {
    Thunk::new(&signature(params, result)).unwrap()
}

/// Callbacks of the type `int32_t (int32_t)`.
fn int_thunk() -> Thunk {
    thunk([Type::I32], Type::I32)
}

/// A callback as C sees it.
type Int = extern "C" fn(i32) -> i32;

/// The function pointer of a callback of [`int_thunk`].
fn int(pointer: *const c_void) -> Int {
    // SAFETY: the tests pass pointers of such callbacks only, which may be called for ever.
    unsafe { mem::transmute::<*const c_void, Int>(pointer) }
}

/// The library of `fixture.c`.
fn fixture() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        // SAFETY: it has no initialisers.
        unsafe { Library::open(fixture::shared_object(include_str!("fixture.c"))) }.unwrap()
    })
}

/// A function of `fixture.c`.
fn c<const N: usize>(name: &str, params: [Type; N], result: impl Into<Option<Type>>) -> Function {
    fixture().function(name, &signature(params, result)).unwrap()
}

/// The function at a callback's address.
fn at(address: *const c_void, signature: &Signature) -> Function {
    // SAFETY: addresses of callbacks stay callable.
    unsafe { Function::from_address("callback", address, signature, FunctionOptions::default()) }.unwrap()
}

/// A struct that is returned in registers, of both kinds.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Mixed {
    x: f64,
    n: i32,
}

impl Mixed {
    fn ty() -> Type {
        Type::structure([("x", Type::F64), ("n", Type::I32)]).unwrap().named("mixed")
    }

    fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.x.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.n.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Self {
        Self { x: f64::from_le_bytes(part(bytes, 0)), n: i32::from_le_bytes(part(bytes, 8)) }
    }
}

/// A struct that is passed and returned in memory.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Big([i64; 5]);

impl Big {
    fn ty() -> Type {
        Type::structure([("a", Type::array(Type::I64, 5).unwrap())]).unwrap().named("big")
    }

    fn bytes(self) -> [u8; 40] {
        self.0.map(i64::to_le_bytes).as_flattened().try_into().unwrap()
    }

    fn read(bytes: &[u8]) -> Self {
        Self(std::array::from_fn(|index| i64::from_le_bytes(part(bytes, 8 * index))))
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().unwrap()
}

/// Counts drops of values that handlers captured.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicUsize>);

/// Something for a handler to capture.
struct Captured {
    drops: Drops,
    /// Its content until it is dropped.
    number: AtomicUsize,
}

const ALIVE: usize = 0x00a1_17e0;

impl Drops {
    fn captured(&self) -> Captured {
        Captured { drops: self.clone(), number: AtomicUsize::new(ALIVE) }
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Captured {
    /// Fails if it was dropped and its memory still shows that.
    fn check(&self) {
        assert_eq!(self.number.load(Ordering::SeqCst), ALIVE, "a handler runs after it was dropped");
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        assert_eq!(self.number.swap(0, Ordering::SeqCst), ALIVE, "a handler is dropped twice");
        self.drops.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits until another thread makes the condition true.
fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

#[track_caller]
fn error_of<T, E>(result: Result<T, E>) -> E {
    match result {
        Ok(_) => panic!("this must be an error"),
        Err(error) => error,
    }
}

/// Runs the body in a process of its own, which it must abort. Returns the standard error.
#[track_caller]
fn aborts(body: impl FnOnce()) -> String {
    let output = run_alone(body);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}{errors}", output.status);
    errors
}
