//! Callbacks that are made and closed in large numbers: addresses and memory do not grow.

use std::collections::HashSet;
use std::ffi::c_void;
use std::ptr;
use std::sync::mpsc;
use std::thread;

use hotcall::{Callback, OnPanic, RawHandler, Slot, Thunk, Type};
use hotcall_testing::alone::alone;

use super::{Drops, thunk};

const MILLION: usize = 1_000_000;

/// An upper bound of the addresses that are needed for any number of callbacks, one after the other. It counts those that
/// rest before they are used again, and each thread's stock.
const ENOUGH: usize = 2048;

unsafe extern "C" fn ignore(_: *mut c_void, _: *const Slot, _: *mut Slot) {}

fn raw(thunk: &Thunk) -> *const c_void {
    // SAFETY: the handler does nothing.
    unsafe { Callback::raw(thunk, ignore as RawHandler, ptr::null_mut()) }.unwrap().as_ptr()
}

fn sync(thunk: &Thunk, drops: &Drops) -> *const c_void {
    let captured = drops.captured();
    Callback::sync(thunk, OnPanic::Catch, move |_| captured.check()).unwrap().as_ptr()
}

#[test]
fn a_million_callbacks_share_few_addresses() {
    // A shape that no other test takes stubs of.
    let thunk = thunk([Type::I8, Type::F32, Type::I8], Type::F32);
    let (drops, mut addresses) = (Drops::default(), HashSet::new());
    for count in 0..MILLION {
        addresses.insert(sync(&thunk, &drops));
        if count % 4096 == 0 {
            assert_eq!(drops.count(), count + 1);
            assert!(addresses.len() <= ENOUGH, "{} addresses after {count} callbacks", addresses.len());
        }
    }
    assert!(addresses.len() <= ENOUGH && addresses.len() > 1, "{}", addresses.len());
    // Callbacks of the other kind have other addresses.
    let mut raws = HashSet::new();
    for count in 0..MILLION {
        raws.insert(raw(&thunk));
        assert!(raws.len() <= ENOUGH, "{} addresses after {count} callbacks", raws.len());
    }
    assert!(raws.is_disjoint(&addresses));
}

/// The kilobytes of memory that the process uses.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_million_callbacks_leave_no_memory_behind() {
    alone(|| {
        let thunk = thunk([Type::I8, Type::F32, Type::I8], Type::F32);
        let make = |count| {
            for _ in 0..count {
                raw(&thunk);
                sync(&thunk, &Drops::default());
            }
        };
        make(10_000);
        let before = resident();
        make(MILLION);
        let grown = resident().saturating_sub(before);
        // Eight bytes for each callback would take this much.
        assert!(grown < 8 * MILLION / 1024, "{grown} kB more");
    });
}

/// Tests that need more stubs than the static ones.
#[cfg(feature = "jit")]
mod resting {
    use hotcall::RawCallback;

    use super::*;

    /// The number of callbacks of a kind that are closed on one thread before the first one's address is used again.
    const REST: usize = 1024;

    #[test]
    fn an_address_rests_before_it_is_used_again() {
        let thunk = thunk([Type::I8, Type::F32, Type::I16], Type::F32);
        let first = raw(&thunk);
        let next = (0..100_000).position(|_| raw(&thunk) == first);
        assert!(next.is_some_and(|next| (REST..ENOUGH).contains(&next)), "{next:?}");

        // Closed addresses rest also if the new callbacks stay open.
        // SAFETY: the handler does nothing.
        let make = |_| unsafe { Callback::raw(&thunk, ignore as RawHandler, ptr::null_mut()) }.unwrap();
        let addresses = |callbacks: &[RawCallback]| callbacks.iter().map(RawCallback::as_ptr).collect::<Vec<_>>();
        let closed: Vec<_> = (0..3000).map(make).collect();
        let in_order = addresses(&closed);
        closed.into_iter().for_each(drop);
        let again: HashSet<_> = addresses(&(0..2500).map(make).collect::<Vec<_>>()).into_iter().collect();
        let used: Vec<_> = (0..3000).filter(|&at| again.contains(&in_order[at])).collect();
        assert!(used.len() > 1000, "{}", used.len());
        assert!(used.iter().all(|at| in_order.len() - 1 - at >= REST), "{used:?}");
    }

    #[test]
    fn what_threads_leave_behind_has_not_rested() {
        // Each thread that ends leaves addresses that it took and never used. No callback was closed there.
        let thunk = thunk([Type::I8, Type::F32, Type::I64], Type::F32);
        let closed: HashSet<_> = (0..64).map(|_| raw(&thunk)).collect();
        let on_a_thread = || {
            let thunk = thunk.clone();
            thread::spawn(move || raw(&thunk).addr()).join().unwrap()
        };
        let early = (0..500).map(|_| on_a_thread()).position(|address| closed.iter().any(|old| old.addr() == address));
        assert_eq!(early, None, "used again after so many others");
    }
}

#[test]
fn addresses_go_from_thread_to_thread() {
    // Threads that end make callbacks, and other threads that end drop them.
    let thunk = thunk([Type::I8, Type::F32, Type::I32], Type::F32);
    let drops = Drops::default();
    let (sender, receiver) = mpsc::sync_channel::<Callback>(64);
    let dropper =
        thread::spawn(move || receiver.iter().map(|callback| callback.as_ptr().addr()).collect::<HashSet<_>>());
    for _ in 0..100_000 {
        let captured = drops.captured();
        sender.send(Callback::sync(&thunk, OnPanic::Catch, move |_| captured.check()).unwrap()).unwrap();
    }
    drop(sender);
    let mut addresses = dropper.join().unwrap();
    assert_eq!(drops.count(), 100_000);
    assert!(addresses.len() <= ENOUGH, "{} addresses", addresses.len());
    for _ in 0..500 {
        let (thunk, drops) = (thunk.clone(), drops.clone());
        let address = thread::spawn(move || sync(&thunk, &drops).addr()).join().unwrap();
        addresses.insert(address);
    }
    assert!(addresses.len() <= ENOUGH, "{} addresses", addresses.len());
}
