//! Many threads that open libraries, compile, call, make callbacks and close, all at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hotcall::{CallError, Callback, Library, LibraryError, OnPanic, SymbolError, Thunk, Type};
use hotcall_testing::alone::alone;

use super::limits::{Refusal, refuse};
use super::symbols::{self, SYMBOLS, apply, check, declarations};
use super::{maps, signature, stats};

/// Opens the library, uses all of it, and closes it. Threads with different numbers do so in different orders.
fn use_library(object: &Path, thread: usize, round: usize) {
    // SAFETY: it has no initialisers.
    let library = unsafe { Library::open(object) }.unwrap();
    let symbols = library.symbols(&declarations()).unwrap();
    if (thread + round).is_multiple_of(3) {
        symbols.compile().unwrap();
    }
    let thunk = Thunk::new(&signature([Type::I64], Type::I64)).unwrap();
    let mut kept = Vec::new();
    for step in 0..SYMBOLS {
        let symbol = (thread * 37 + step * (2 * thread + 1)) % SYMBOLS;
        check(&symbols, symbol, step);
        if (thread + step).is_multiple_of(5) {
            symbols::function(&symbols, &format!("f{symbol}")).compile().unwrap();
            check(&symbols, symbol, step + 1);
        }
        if step.is_multiple_of(8) {
            let number = (thread * 1000 + step) as i64;
            let add = move |call: &mut hotcall::Call<'_>| call.set(call.slots()[0].as_i64() + number).unwrap();
            let callback = Callback::sync(&thunk, OnPanic::Abort, add).unwrap();
            assert_eq!(apply(&symbols, (&callback).into(), 5), number + 6);
            kept.push((number, callback));
        }
        // A new shape of callbacks for each thread, round and step: there are some hundred.
        if step.is_multiple_of(50) {
            let params = (0..1 + step / 50).map(|_| Type::I64).chain((0..thread % 8).map(|_| Type::F64));
            let signature = hotcall::Signature::new(params.collect::<Vec<_>>(), Type::I64).unwrap();
            Callback::sync(&Thunk::new(&signature).unwrap(), OnPanic::Abort, |_| {}).unwrap();
        }
    }
    for (number, callback) in &kept {
        assert_eq!(apply(&symbols, callback.into(), 1), number + 2);
    }
    library.close();
    // SAFETY: nothing is called.
    let refused = unsafe { symbols::function(&symbols, "f0").call_slots(&[]) };
    assert!(matches!(refused, Err(CallError::Closed(_))));
    assert!(matches!(library.symbols(&declarations()), Err(SymbolError::Library(LibraryError::Closed(_)))));
}

/// Has this number of threads open the library this number of times, while `meanwhile` runs repeatedly.
fn at_once(threads: usize, rounds: usize, mut meanwhile: impl FnMut()) {
    let object = symbols::object();
    let (start, running) = (Barrier::new(threads), AtomicUsize::new(threads));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let (object, start, running) = (&object, &start, &running);
                scope.spawn(move || {
                    start.wait();
                    let rounds = || (0..rounds).for_each(|round| use_library(object, thread, round));
                    let outcome = catch_unwind(AssertUnwindSafe(rounds));
                    running.fetch_sub(1, Ordering::Release);
                    outcome
                })
            })
            .collect();
        while running.load(Ordering::Acquire) > 0 {
            meanwhile();
        }
        for worker in workers {
            worker.join().unwrap().unwrap();
        }
    });
}

#[test]
fn sixteen_threads_open_call_and_close() {
    alone(|| {
        at_once(16, 4, thread::yield_now);
        let stats = stats();
        assert_eq!((stats.trampolines, stats.callbacks), (0, 0), "{stats:?}");
    });
}

fn writable_and_executable() -> Option<super::Map> {
    maps().into_iter().find(|map| map.permissions.contains('w') && map.permissions.contains('x'))
}

/// Looks at all mappings repeatedly.
fn nothing_is_writable_and_executable() {
    let (mut looks, mut most) = (0, 0);
    at_once(4, 6, || {
        if let Some(map) = writable_and_executable() {
            panic!("{map:?}");
        }
        most = most.max(stats().mapped_bytes);
        looks += 1;
    });
    assert!(looks > 3, "{looks} looks");
    assert_eq!(most > 0, cfg!(feature = "jit"));
}

#[test]
fn shared_memory_is_never_writable_and_executable() {
    alone(|| {
        refuse(&[]);
        nothing_is_writable_and_executable();
    });
}

#[test]
fn sealed_memory_is_never_writable_and_executable() {
    alone(|| {
        refuse(&[Refusal::file(libc::EACCES)]);
        nothing_is_writable_and_executable();
    });
}

#[test]
fn writable_and_executable_memory_would_be_seen() {
    alone(|| {
        assert!(writable_and_executable().is_none());
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        // SAFETY: a new mapping, which nobody uses.
        let memory = unsafe {
            libc::mmap(std::ptr::null_mut(), 4096, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
        };
        assert_ne!(memory, libc::MAP_FAILED);
        assert!(writable_and_executable().is_some_and(|map| map.addresses.contains(&memory.addr())));
    });
}
