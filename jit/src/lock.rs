//! Locks that no forked child finds held.
//!
//! A child has the memory of its parent but only the thread that forked. So a lock that another thread held would stay
//! held for ever. All locks of both crates are of these types. Locking one takes a [`HoldOff`], during which the
//! process does not fork. clippy's `disallowed-types` keeps std's locks out of other rooms.

#![expect(clippy::disallowed_types, reason = "this room makes the locks that the others use")]

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLockReadGuard};

use crate::os::fork;

/// Holds off forks of the process until it is dropped.
///
/// It must be taken before any lock that a child may need.
#[must_use]
pub struct HoldOff {
    _guard: Option<RwLockReadGuard<'static, ()>>,
    /// Keeps the value on its thread, because holds are counted by thread.
    not_send: PhantomData<*const ()>,
}

/// Holds off forks of the process as long as the result lives.
pub fn hold_off() -> HoldOff {
    HoldOff { _guard: fork::hold(), not_send: PhantomData }
}

impl Drop for HoldOff {
    fn drop(&mut self) {
        fork::release();
    }
}

/// A mutex that is locked only while the process does not fork.
#[derive(Default)]
pub struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    /// An unlocked mutex.
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Locks the mutex. If a thread panicked while it was locked, the contents are as that thread left them.
    pub fn lock<'a>(&'a self, _no_fork: &'a HoldOff) -> MutexGuard<'a, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The contents. The exclusive reference makes locking unnecessary.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds off forks, and locks the mutex.
    pub fn hold(&self) -> Locked<'_, T> {
        let no_fork = hold_off();
        Locked { guard: self.0.lock().unwrap_or_else(PoisonError::into_inner), _no_fork: no_fork }
    }
}

/// The contents of a locked [`Lock`]. The process does not fork while they are in use.
#[must_use]
pub struct Locked<'a, T> {
    // Declared first, so that it is unlocked before the process may fork.
    guard: MutexGuard<'a, T>,
    _no_fork: HoldOff,
}

/// A value that is made once, while the process does not fork. Reading it takes no lock.
#[derive(Default)]
pub struct Once<T>(OnceLock<T>);

impl<T> Once<T> {
    /// A value that is not made yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value, if it was made.
    pub fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// The value, made if it is missing. Threads that come at the same time wait for the first.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get().unwrap_or_else(|| {
            let _no_fork = hold_off();
            self.0.get_or_init(make)
        })
    }

    /// The value, made if it is missing. Threads that come at the same time may each make one, and the first one made
    /// counts.
    ///
    /// # Errors
    ///
    /// The errors of `make`.
    pub fn get_or_try<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.0.get() {
            return Ok(value);
        }
        let _no_fork = hold_off();
        let value = make()?;
        Ok(self.0.get_or_init(|| value))
    }
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
