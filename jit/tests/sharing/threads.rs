//! Code is made once for a shape, although many threads ask for it at once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Barrier;
use std::thread;

use hotcall_jit::{Jit, Options, Signature, ThunkCode, Trampoline, Type};

const THREADS: usize = 16;
const SHAPES: usize = 60;

/// Signatures whose shapes all differ.
fn signature(number: usize) -> Signature {
    let params = (0..number % 12).map(|_| Type::I64).chain((0..number / 12).map(|_| Type::F64));
    Signature::new(params.collect::<Vec<_>>(), Type::I64).unwrap()
}

/// Asks for all shapes on all threads at once, each in an order of its own half of the time.
fn ask<T: Send>(get: impl Fn(usize) -> T + Sync) -> Vec<(usize, T)> {
    let start = Barrier::new(THREADS);
    let on_thread = |thread: usize| {
        start.wait();
        let from = if thread.is_multiple_of(2) { 0 } else { thread * SHAPES / THREADS };
        (0..SHAPES).map(|step| (from + step) % SHAPES).map(|number| (number, get(number))).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || on_thread(thread))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Checks that each shape has one address, and that there is no other code. Functions lie side by side, so one that was made in
/// vain and dropped would leave a gap. Threads that make code at the same time have memory of their own, which begins a page.
fn check<'c>(jit: &Jit, code: impl Iterator<Item = (usize, &'c [u8])>) {
    let mut by_shape = BTreeMap::<usize, HashSet<_>>::new();
    for (number, code) in code {
        by_shape.entry(number).or_default().insert((code.as_ptr().addr(), code.len()));
    }
    assert!(by_shape.values().all(|places| places.len() == 1), "{by_shape:?}");
    let mut places: Vec<_> = by_shape.into_values().flatten().collect();
    places.sort_unstable();
    assert_eq!(places.len(), SHAPES);
    let stats = jit.stats();
    assert_eq!((stats.trampolines + stats.thunks, stats.functions), (SHAPES, SHAPES));
    assert_eq!(stats.code_bytes, places.iter().map(|(_, len)| len).sum::<usize>());
    let begins_memory = |address: usize| address.is_multiple_of(4096);
    let follows = |pair: &&[(usize, usize)]| (pair[0].0 + pair[0].1).next_multiple_of(16) == pair[1].0;
    let mut gaps = places.windows(2).filter(|pair| !follows(pair) && !begins_memory(pair[1].0));
    assert_eq!(gaps.next(), None);
}

#[test]
fn trampolines_are_made_once() {
    let jit = Jit::new().unwrap();
    let made: Vec<(usize, Trampoline)> = ask(|number| jit.slots(&signature(number), Options::default()).unwrap());
    check(&jit, made.iter().map(|(number, trampoline)| (*number, trampoline.code())));
}

#[test]
fn thunks_are_made_once() {
    let jit = Jit::new().unwrap();
    let made: Vec<(usize, &ThunkCode)> = ask(|number| jit.thunk(&signature(number)).unwrap());
    check(&jit, made.iter().map(|(number, thunk)| (*number, thunk.code())));
}
