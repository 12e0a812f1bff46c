//! Models of the static table: threads take the last stubs and give them back.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::thread;

use super::*;

loom::lazy_static! {
    /// For each stub memory that belongs to its holder.
    static ref OWN: [UnsafeCell<()>; STATIC_STUBS] = std::array::from_fn(|_| UnsafeCell::new(()));
}

/// Returns the memory that belongs to the holder of the stub with this data.
pub(in crate::stubs) fn own(data: &StubData) -> &'static UnsafeCell<()> {
    let index = STATIC_DATA.iter().position(|other| ptr::eq(other, data)).unwrap();
    // `Deref` of the static shortens the life of its contents, which live as long as the run.
    let own: *const UnsafeCell<()> = &raw const OWN[index];
    // SAFETY: the run outlives all stubs that it takes.
    unsafe { &*own }
}

/// Takes all stubs but the first ones. Statics must exist before threads: loom sees no conflict in the first use of one.
pub(in crate::stubs) fn leave(stubs: usize) {
    TAKEN[0].store(u64::MAX << stubs, Ordering::Relaxed);
    LEFT.store(stubs, Ordering::Relaxed);
    NEXT.store(0, Ordering::Relaxed);
    own(&STATIC_DATA[0]);
}

/// Takes a stub, and uses the memory of its holder.
fn take() -> Option<StaticStub> {
    let stub = StaticStub::take().ok()?;
    drop(own(stub.data()).get_mut());
    Some(stub)
}

fn check(left: usize, work: [fn(); 2]) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        leave(left);
        let [work, other] = work;
        let other = thread::spawn(other);
        work();
        other.join().unwrap();
        assert_eq!(StaticStub::left(), left);
        let rest: Vec<_> = std::iter::from_fn(take).collect();
        assert_eq!(rest.len(), left, "a stub is lost, or there twice");
    });
}

/// A thread's two searches may hide a free stub twice from the other thread, so there are three.
#[test]
fn a_static_stub_has_one_holder() {
    let work = || {
        let held = take().expect("a free stub is found");
        drop(own(held.data()).get_mut());
        drop(held);
        drop(take());
    };
    check(3, [work, work]);
}

#[test]
fn the_last_static_stub_goes_from_one_holder_to_the_next() {
    let work = || {
        let held = take();
        assert!(StaticStub::left() <= 1, "more stubs are taken than there are");
        drop(held);
    };
    check(1, [work, work]);
}
