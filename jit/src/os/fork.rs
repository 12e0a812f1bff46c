//! Forks of the process: none while a lock of ours is held, and what a child must know.
//!
//! A child has the memory of its parent but only the thread that forked. A lock that another thread held would stay held for
//! ever; and memory that both share would let one change the other's code.
//!
//! `fork` waits for our locks, by handlers of `pthread_atfork`. A raw fork (`_Fork`, the system calls `fork` and `clone`) runs no
//! handlers. Its child learns of it from a word that the kernel clears, and writes to no memory of its parent's. The child may use
//! hotcall if no other thread was using it at the fork: a lock that another thread held stays held. A child that shares all memory
//! with its parent (`vfork`, `CLONE_VM`) counts as one of its threads.

#![expect(clippy::disallowed_types, reason = "the lock that forks take, and a value behind it")]

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::os::wiped;

static FORKING: RwLock<()> = RwLock::new(());

/// The greatest number that a generation of this process or its ancestors took.
static GENERATION: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// How many times this thread holds forks off. Only the first takes the lock: a second one could wait for a fork that
    /// waits for the first.
    static HELD: Cell<usize> = const { Cell::new(0) };
    /// The guard that a thread holds while it forks.
    static FORK: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Lets forks wait until this thread has called [`release`] and the guard, if there is one, is dropped.
pub(crate) fn hold() -> Option<RwLockReadGuard<'static, ()>> {
    // Where it fails there are no handlers, and nothing to hold off.
    watch().ok();
    let held = HELD.replace(HELD.get() + 1);
    (held == 0).then(|| FORKING.read().unwrap_or_else(PoisonError::into_inner))
}

/// Ends what [`hold`] began, before its guard is dropped.
pub(crate) fn release() {
    HELD.set(HELD.get() - 1);
}

/// The number of this process's generation, which no ancestor has, kept up to date from now on.
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

/// Returns true if the generation changes with every fork, raw forks included. Elsewhere no memory may be shared with children.
#[cfg(feature = "cranelift")]
pub(crate) fn are_all_noticed() -> bool {
    wiped_word().is_some()
}

/// Gives this process a number that no ancestor has. If several threads try, the first one's number holds.
fn begin_generation(word: &AtomicUsize) -> usize {
    // The number is taken before the word has it: a child that is made in between takes another.
    let next = GENERATION.fetch_add(1, Ordering::SeqCst) + 1;
    match word.compare_exchange(0, next, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => next,
        Err(of_another_thread) => of_another_thread,
    }
}

/// The number of this process's generation, in a word that the kernel clears in children. A process number would not do: it
/// repeats in nested namespaces. `None` where the kernel does not have such words.
fn wiped_word() -> Option<&'static AtomicUsize> {
    static WORD: OnceLock<Option<&'static AtomicUsize>> = OnceLock::new();
    if let Some(word) = WORD.get() {
        return *word;
    }
    // The child of a fork meanwhile would wait for ever.
    let _guard = hold();
    let word = WORD.get_or_init(|| {
        let word = wiped::word()?;
        word.store(GENERATION.load(Ordering::SeqCst), Ordering::SeqCst);
        Some(word)
    });
    release();
    *word
}

/// Registers the handlers, unless that is done. Nothing waits here: a child may have been made while another thread of
/// its parent registered them. So they may be registered more than once, and then run as often at each fork.
fn watch() -> io::Result<()> {
    static WATCHED: AtomicI32 = AtomicI32::new(UNTRIED);
    const UNTRIED: i32 = -1;
    let mut status = WATCHED.load(Ordering::Acquire);
    if status == UNTRIED {
        // SAFETY: the handlers take and give back a lock that no thread which forks can hold, and count.
        status = unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        WATCHED.store(status, Ordering::Release);
    }
    if status == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(status)) }
}

extern "C" fn before() {
    // A thread that forks from inside, in an allocator of the program's say, is on its own. One whose end has begun has no
    // place to keep the lock, and one that has it, of another registration, does not wait for itself.
    let is_held = FORK.try_with(|fork| fork.borrow().is_some()).unwrap_or(true);
    if HELD.get() == 0 && !is_held {
        let guard = FORKING.write().unwrap_or_else(PoisonError::into_inner);
        FORK.try_with(|fork| *fork.borrow_mut() = Some(guard)).ok();
    }
}

extern "C" fn in_parent() {
    FORK.try_with(|fork| drop(fork.borrow_mut().take())).ok();
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    in_parent();
}
