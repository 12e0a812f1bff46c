//! Forks of the process. A fork waits while a lock of hotcall is held, and its child gets a new generation.
//!
//! A child has the memory of its parent but only the thread that forked. So a lock that another thread held would stay
//! held for ever. And if both shared memory for code, one could change the other's code.
//!
//! `fork` waits for hotcall's locks, by handlers of `pthread_atfork`. A raw fork (`_Fork`, the system calls `fork` and
//! `clone`) does not run handlers. Its child notices the fork by a word that the kernel clears, and does not write to
//! its parent's memory. The child may use hotcall if no other thread was using it at the fork: a lock that another
//! thread held stays held. A child that shares all memory with its parent (`vfork`, `CLONE_VM`) counts as one of its
//! threads.

#![expect(clippy::disallowed_types, reason = "the lock that forks take, and a value behind it")]

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::os::{thread, wiped};

/// The locks that threads hold to hold off forks. Each thread has one of them, because threads that share a lock take turns
/// with the cache line that counts its readers. A fork takes all of them, in this order.
static FORKING: [ForkLock; LOCKS] = [const { ForkLock(RwLock::new(())) }; LOCKS];

const LOCKS: usize = 16;

/// A lock with a cache line of its own, and the one beside it that processors fetch with it.
#[repr(align(128))]
struct ForkLock(RwLock<()>);

/// The guards of a fork.
type ForkGuards = [RwLockWriteGuard<'static, ()>; LOCKS];

/// The largest number that a generation of this process or its ancestors took.
static GENERATION: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// The number of times that this thread holds off forks. Only the first hold takes the lock: a second one could
    /// wait for a fork that waits for the first.
    static HELD: Cell<usize> = const { Cell::new(0) };
    /// The guards that a thread holds while it forks.
    static FORK: RefCell<Option<ForkGuards>> = const { RefCell::new(None) };
}

/// Returns the lock of this thread, which it shares with every sixteenth thread.
fn lock_of_thread() -> &'static RwLock<()> {
    &FORKING[(thread::number() % LOCKS as u64) as usize].0
}

/// Holds off forks until this thread has called [`release`] and dropped the guard, if it got one.
pub(crate) fn hold() -> Option<RwLockReadGuard<'static, ()>> {
    // If this fails, no handlers are registered, and forks cannot be held off.
    watch().ok();
    let held = HELD.replace(HELD.get() + 1);
    (held == 0).then(|| lock_of_thread().read().unwrap_or_else(PoisonError::into_inner))
}

/// Ends one [`hold`]. Must be called before its guard is dropped.
pub(crate) fn release() {
    HELD.set(HELD.get() - 1);
}

/// The number of this process's generation, which no ancestor has. From now on it is kept up to date.
///
/// # Errors
///
/// The handlers for forks cannot be registered.
pub(crate) fn generation() -> io::Result<usize> {
    watch()?;
    Ok(current_generation())
}

/// Returns the number of this process's generation without registering handlers, for callers after `generation`.
pub fn current_generation() -> usize {
    let Some(word) = wiped_word() else { return GENERATION.load(Ordering::Relaxed) };
    match word.load(Ordering::Acquire) {
        0 => begin_generation(word),
        generation => generation,
    }
}

/// Returns true if the generation changes with every fork, raw forks included. Otherwise no memory may be shared with
/// children.
#[cfg(feature = "cranelift")]
pub(crate) fn are_all_noticed() -> bool {
    wiped_word().is_some()
}

/// Gives this process a number that no ancestor has. If several threads try, the number of the first holds.
fn begin_generation(word: &AtomicUsize) -> usize {
    // The number is taken before it is stored, so that a child made in between takes another.
    let next = GENERATION.fetch_add(1, Ordering::SeqCst) + 1;
    match word.compare_exchange(0, next, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => next,
        Err(of_another_thread) => of_another_thread,
    }
}

/// The number of this process's generation, in a word that the kernel clears in children. A process number does not
/// suffice, because it repeats in nested namespaces. `None` if the kernel does not have such words.
fn wiped_word() -> Option<&'static AtomicUsize> {
    static WORD: OnceLock<Option<&'static AtomicUsize>> = OnceLock::new();
    if let Some(word) = WORD.get() {
        return *word;
    }
    // Without the guard, a child of a fork that happens meanwhile would wait for ever.
    let _guard = hold();
    let word = WORD.get_or_init(|| {
        let word = wiped::word()?;
        word.store(GENERATION.load(Ordering::SeqCst), Ordering::SeqCst);
        Some(word)
    });
    release();
    *word
}

/// Registers the handlers, unless that is done. It does not wait, because a child may have been made while another
/// thread of its parent registered them. So they may be registered more than once. Then they run as often at each fork.
fn watch() -> io::Result<()> {
    static WATCHED: AtomicI32 = AtomicI32::new(UNTRIED);
    const UNTRIED: i32 = -1;
    let mut status = WATCHED.load(Ordering::Acquire);
    if status == UNTRIED {
        // SAFETY: the handlers only take and release a lock and count. A thread that forks cannot hold this lock.
        status = unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        WATCHED.store(status, Ordering::Release);
    }
    if status == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(status)) }
}

extern "C" fn before() {
    // A thread that forks while it holds forks off, for example in the program's own allocator, is not protected.
    // Neither is a thread whose end has begun, because it has no place for the guard. A thread that already has the
    // guard, from another registration, does not wait for itself.
    let is_held = FORK.try_with(|fork| fork.borrow().is_some()).unwrap_or(true);
    if HELD.get() == 0 && !is_held {
        let guards = FORKING.each_ref().map(|lock| lock.0.write().unwrap_or_else(PoisonError::into_inner));
        FORK.try_with(|fork| *fork.borrow_mut() = Some(guards)).ok();
    }
}

extern "C" fn in_parent() {
    FORK.try_with(|fork| drop(fork.borrow_mut().take())).ok();
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    in_parent();
}
