//! Forks of the process: none while a lock of ours is held, and what a child must know.
//!
//! A child has the memory of its parent but only the thread that forked. A lock that another thread held would stay held for
//! ever; and memory that both share would let one change the other's code.
//!
//! `fork` waits for our locks, by handlers of `pthread_atfork`. A raw fork (`_Fork`, the system calls `fork` and `clone`) runs no
//! handlers. Its child learns of it from a word that the kernel clears, and writes to no memory of its parent's. The child may use
//! hotcall if no other thread was using it at the fork: a lock that another thread held stays held. A child that shares all memory
//! with its parent (`vfork`, `CLONE_VM`) counts as one of its threads.

use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLockReadGuard};
#[cfg(unix)]
use std::sync::{RwLock, RwLockWriteGuard};

/// As long as this lives the process does not fork, but waits to.
///
/// To be had before any lock that a child might want.
#[must_use]
pub struct HoldOff {
    _guard: Option<RwLockReadGuard<'static, ()>>,
    /// It is counted by thread.
    not_send: PhantomData<*const ()>,
}

#[cfg(unix)]
mod imp {
    use std::cell::{Cell, RefCell};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

    use super::*;

    static FORKING: RwLock<()> = RwLock::new(());

    /// The greatest number that a generation of this process or its ancestors took.
    static GENERATION: AtomicUsize = AtomicUsize::new(1);

    thread_local! {
        /// How many `HoldOff`s this thread has. Only the first takes the lock: a second one could wait for a fork that waits
        /// for the first.
        static HELD: Cell<usize> = const { Cell::new(0) };
        /// What a thread that forks holds.
        static FORK: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
    }

    pub(crate) fn hold_off() -> Option<RwLockReadGuard<'static, ()>> {
        // Where it fails there are no handlers, and nothing to hold off.
        watch().ok();
        let held = HELD.replace(HELD.get() + 1);
        (held == 0).then(|| FORKING.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn release() {
        HELD.set(HELD.get() - 1);
    }

    pub(crate) fn generation() -> usize {
        let Some(word) = wiped_word() else { return GENERATION.load(Ordering::Relaxed) };
        match word.load(Ordering::Acquire) {
            0 => begin_generation(word),
            generation => generation,
        }
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

    /// The number of this process's generation, on a page that the kernel clears in children. A process number would not do: it
    /// repeats in nested namespaces. `None` where the kernel does not have such pages (Linux before 4.14).
    pub(crate) fn wiped_word() -> Option<&'static AtomicUsize> {
        static WORD: OnceLock<Option<&'static AtomicUsize>> = OnceLock::new();
        if let Some(word) = WORD.get() {
            return *word;
        }
        // The child of a fork meanwhile would wait for ever.
        let _no_fork = super::hold_off();
        *WORD.get_or_init(|| {
            let word = map_wiped_word()?;
            word.store(GENERATION.load(Ordering::SeqCst), Ordering::SeqCst);
            Some(word)
        })
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn map_wiped_word() -> Option<&'static AtomicUsize> {
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let len = size_of::<AtomicUsize>();
        // SAFETY: the mapping is new, zeroed, aligned to a page, and never unmapped once a reference to it exists.
        unsafe {
            let page = libc::mmap(std::ptr::null_mut(), len, access, flags, -1, 0);
            if page == libc::MAP_FAILED {
                return None;
            }
            // Old versions of QEMU accept any advice and follow none.
            let accepts_all = libc::madvise(page, len, -1) == 0;
            if accepts_all || libc::madvise(page, len, libc::MADV_WIPEONFORK) != 0 {
                libc::munmap(page, len);
                return None;
            }
            Some(&*page.cast::<AtomicUsize>())
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn map_wiped_word() -> Option<&'static AtomicUsize> {
        None
    }

    /// Registers the handlers, unless that is done. Nothing waits here: a child may have been made while another thread of
    /// its parent registered them. So they may be registered more than once, and then run as often at each fork.
    pub(crate) fn watch() -> io::Result<()> {
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
}

#[cfg(not(unix))]
mod imp {
    use super::*;

    pub(crate) fn hold_off() -> Option<RwLockReadGuard<'static, ()>> {
        None
    }

    pub(crate) fn release() {}

    pub(crate) fn generation() -> usize {
        0
    }

    pub(crate) fn wiped_word() -> Option<&'static std::sync::atomic::AtomicUsize> {
        None
    }

    pub(crate) fn watch() -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the process from forking.
pub fn hold_off() -> HoldOff {
    HoldOff { _guard: imp::hold_off(), not_send: PhantomData }
}

/// Locks a mutex that no child shall find locked. What a panic left behind is taken as it is.
pub fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    let no_fork = hold_off();
    Locked { guard: mutex.lock().unwrap_or_else(PoisonError::into_inner), _no_fork: no_fork }
}

/// A mutex's contents, during whose use the process does not fork.
#[must_use]
pub struct Locked<'a, T> {
    // Unlocked before the process may fork.
    guard: MutexGuard<'a, T>,
    _no_fork: HoldOff,
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl Drop for HoldOff {
    fn drop(&mut self) {
        imp::release();
    }
}

/// The number of this process's generation, which no ancestor has, kept up to date from now on.
///
/// # Errors
///
/// The handlers for forks cannot be registered.
pub fn generation() -> io::Result<usize> {
    imp::watch()?;
    Ok(imp::generation())
}

/// Returns what [`generation`] returns, without registering handlers: for callers that have called it before.
pub fn current_generation() -> usize {
    imp::generation()
}

/// Returns true if the generation changes with every fork, raw forks included. Elsewhere no memory may be shared with children.
pub fn are_all_noticed() -> bool {
    imp::wiped_word().is_some()
}
