//! Models of pools: threads take stubs and give them back, first use a pool, and end.
//!
//! A thread takes and gives back two stubs at once in models, and one stub rests. loom checks that each holder's
//! accesses of its stub come after those of the last holder.

use std::collections::HashSet;
use std::io;
use std::ptr;

use loom::cell::MutPtr;
use loom::model::Builder;
use loom::thread;

use super::*;
use crate::arch::operands::{STRIDE, StubData};
use crate::stubs::cell::models::{FIRST, SECOND, bind, call, run};
use crate::stubs::static_table;
use crate::stubs::table::NewStubs;
use crate::sync::AtomicPtr;

/// The stubs of a table.
const LEN: usize = 2;

/// The stand-in for a stub's code in a model.
#[repr(C, align(16))]
struct StubCode {
    /// Memory that belongs to the stub's holder.
    own: &'static loom::cell::UnsafeCell<()>,
}

const _: () = assert!(size_of::<StubCode>() == STRIDE);

pub(in crate::stubs) fn table(_: Handover, _: usize) -> io::Result<NewStubs> {
    let code = [(); LEN].map(|()| StubCode { own: Box::leak(Box::new(loom::cell::UnsafeCell::new(()))) });
    let data = [(); LEN].map(|()| StubData { cell: AtomicPtr::default(), thunk: AtomicPtr::default() });
    let (code, data) = (Box::leak(Box::new(code)), Box::leak(Box::new(data)));
    // SAFETY: both have this length, are never freed and are new.
    Ok(unsafe { NewStubs::new(NonNull::from(code).cast(), NonNull::from(data).cast(), LEN) })
}

/// A stub that a thread of the model holds, with access to the memory that belongs to the holder.
struct Held {
    stub: Stub,
    own: MutPtr<()>,
}

fn take(pool: &'static StubPool) -> Held {
    let stub = pool.take().unwrap();
    let data = stub.0.cell().stub;
    let own = if StaticStub::has(data) {
        static_table::models::own(data)
    } else {
        // SAFETY: the code of a stub of a model's table is a `StubCode`.
        unsafe { &*stub.entry().cast::<StubCode>() }.own
    };
    Held { stub, own: own.get_mut() }
}

fn data(held: &Held) -> &'static StubData {
    held.stub.0.cell().stub
}

fn give_back(pool: &'static StubPool, Held { stub, own }: Held) {
    drop(own);
    // SAFETY: models give each stub back to the pool that they took it from.
    unsafe { pool.give_back(stub) };
}

fn pool_of(tables: Option<Tables>) -> &'static StubPool {
    Box::leak(Box::new(StubPool::new(Origin { tables, universal: ptr::null() })))
}

fn pool() -> &'static StubPool {
    pool_of(Some(Tables::new(Spare::Stack, ptr::null())))
}

/// Does what the end of a thread does. loom wakes a thread that waits for it before it drops thread-locals.
fn end_thread() {
    drop(with_stocks(std::mem::take));
}

fn check(model: fn()) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        // Statics must exist before threads: loom sees no conflict in the first use of one.
        let pool = pool();
        give_back(pool, take(pool));
        end_thread();
        model();
    });
}

fn in_thread(work: impl FnOnce() + 'static) -> thread::JoinHandle<()> {
    thread::spawn(|| {
        work();
        end_thread();
    })
}

/// Checks the end of a model, in which nobody holds stubs: all of them rest, each once.
fn assert_all_rest(pools: &[&StubPool]) {
    end_thread();
    let mut seen = HashSet::new();
    for pool in pools {
        let state = pool.state();
        assert!(state.made.iter().all(|made| seen.insert(made.0)), "a stub was made twice");
        let resting: HashSet<_> = state.resting.iter().map(|resting| resting.0).collect();
        assert_eq!(resting.len(), state.resting.len(), "a stub rests twice");
        assert!(state.made.iter().all(|made| resting.contains(&made.0)), "a stub is lost");
        assert_eq!(resting.len(), state.made.len());
    }
}

#[test]
fn a_stub_has_one_holder() {
    check(|| {
        let pool = pool();
        let work = || {
            let held = [take(pool), take(pool)];
            (1..).zip(&held).for_each(|(number, held)| bind(&held.stub, FIRST, number));
            (1..).zip(&held).for_each(|(number, held)| assert_eq!(call(data(held)), Some(run(FIRST, number))));
            held.iter().for_each(|held| held.stub.retire());
            held.into_iter().for_each(|held| give_back(pool, held));
            let again = take(pool);
            give_back(pool, again);
        };
        let other = in_thread(work);
        work();
        other.join().unwrap();
        assert_all_rest(&[pool]);
    });
}

#[test]
fn a_thread_that_ends_leaves_its_stubs_to_others() {
    check(|| {
        let pool = pool();
        let mut held = [(); 3].map(|()| Some(take(pool)));
        let mut last = held[2].take();
        held.into_iter().flatten().for_each(|held| give_back(pool, held));
        let other = in_thread(move || give_back(pool, last.take().unwrap()));
        let next = [take(pool), take(pool)];
        next.into_iter().for_each(|next| give_back(pool, next));
        other.join().unwrap();
        assert_all_rest(&[pool]);
    });
}

#[test]
fn threads_that_use_pools_first_agree_on_their_numbers() {
    check(|| {
        let pools = [pool(), pool()];
        let other = in_thread(move || pools.into_iter().for_each(|pool| give_back(pool, take(pool))));
        pools.into_iter().rev().for_each(|pool| give_back(pool, take(pool)));
        other.join().unwrap();
        let mut numbers = pools.map(|pool| pool.number.load(Ordering::Relaxed));
        numbers.sort_unstable();
        assert_eq!(numbers, [2, 3]);
        assert_all_rest(&pools);
    });
}

/// The program's allocator may take and give back stubs while a stock is out of its place.
#[test]
fn stubs_that_are_given_back_meanwhile_are_not_lost() {
    check(|| {
        let pool = pool();
        let held = [take(pool), take(pool)];
        let other = in_thread(|| give_back(pool, take(pool)));
        pool.with_stock(|_| {
            give_back(pool, take(pool));
            held.into_iter().for_each(|held| give_back(pool, held));
        });
        other.join().unwrap();
        assert_all_rest(&[pool]);
    });
}

/// Pools without tables share the static table. A stub that one of them frees is for both.
#[test]
fn pools_of_static_stubs_neither_share_nor_lose_stubs() {
    check(|| {
        static_table::models::leave(2);
        let pools = [pool_of(None), pool_of(None)];
        let other = in_thread(move || {
            give_back(pools[0], take(pools[0]));
            let Held { stub, own } = take(pools[0]);
            drop(own);
            // SAFETY: the stub is from this pool, and nobody calls it.
            unsafe { pools[0].free(stub) };
        });
        give_back(pools[1], take(pools[1]));
        give_back(pools[1], take(pools[1]));
        other.join().unwrap();
        assert_all_rest(&pools);
        assert_eq!(pools.map(|pool| pool.state().made.len()), [0, 1]);
        assert_eq!(StaticStub::left(), 1);
    });
}

/// A late call comes while the stub passes from one holder to the next.
#[test]
fn a_late_call_finds_the_cell_of_the_next_holder_or_zeros() {
    check(|| {
        let pool = pool();
        let held = take(pool);
        bind(&held.stub, FIRST, 1);
        let data = data(&held);
        let late = thread::spawn(|| call(data));
        held.stub.retire();
        give_back(pool, held);
        end_thread();
        let next = in_thread(|| {
            let next = [take(pool), take(pool), take(pool)];
            next.iter().for_each(|next| bind(&next.stub, SECOND, 2));
            next.iter().for_each(|next| next.stub.retire());
            next.into_iter().for_each(|next| give_back(pool, next));
        });
        let found = late.join().unwrap();
        let mut expected = [FIRST, SECOND].into_iter().flat_map(|handler| [run(handler, 1), run(handler, 2)]);
        assert!(found.is_none_or(|found| expected.any(|run| run == found)), "{found:?}");
        next.join().unwrap();
        assert_eq!(pool.count().0, 0);
        assert_all_rest(&[pool]);
    });
}
