//! Locks that no forked child finds held.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLockReadGuard};

use crate::os::fork;

/// Lets forks of the process wait until this is dropped.
///
/// Take it before any lock that a child might want.
#[must_use]
pub struct HoldOff {
    _guard: Option<RwLockReadGuard<'static, ()>>,
    /// It is counted by thread.
    not_send: PhantomData<*const ()>,
}

/// Lets forks of the process wait as long as the result lives.
pub fn hold_off() -> HoldOff {
    HoldOff { _guard: fork::hold(), not_send: PhantomData }
}

impl Drop for HoldOff {
    fn drop(&mut self) {
        fork::release();
    }
}

/// A mutex's contents, during whose use the process does not fork.
#[must_use]
pub struct Locked<'a, T> {
    // Unlocked before the process may fork.
    guard: MutexGuard<'a, T>,
    _no_fork: HoldOff,
}

/// Locks a mutex that no child shall find locked. The mutex may be poisoned.
pub fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    let no_fork = hold_off();
    Locked { guard: mutex.lock().unwrap_or_else(PoisonError::into_inner), _no_fork: no_fork }
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
