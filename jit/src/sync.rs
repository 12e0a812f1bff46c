//! Atomics, locks and statics of the files that have models. In models they are loom's.
//!
//! A model runs this code in the orders in which the steps of a few threads can happen (`.ci/long models`). A `const fn`
//! cannot make loom's atomics, so such files declare their statics with [`shared`]. loom's atomics are larger than
//! std's. Assembly that reads such words does not run in models.

#[cfg(all(test, loom))]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, fence};
#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, fence};

/// Declares statics. In a model each run has its own.
#[cfg(not(all(test, loom)))]
macro_rules! shared {
    ($($(#[$attribute:meta])* static $name:ident: $ty:ty = $value:expr;)+) => {
        $($(#[$attribute])* static $name: $ty = $value;)+
    };
}
#[cfg(all(test, loom))]
macro_rules! shared {
    ($($(#[$attribute:meta])* static $name:ident: $ty:ty = $value:expr;)+) => {
        loom::lazy_static! { $($(#[$attribute])* static ref $name: $ty = $value;)+ }
    };
}
pub(crate) use shared;

/// A [`Lock`](crate::lock::Lock) in models. They do not fork.
#[cfg(all(test, loom))]
pub(crate) struct Lock<T>(loom::sync::Mutex<T>);

/// The contents of a locked [`Lock`].
#[cfg(all(test, loom))]
pub(crate) type Locked<'a, T> = loom::sync::MutexGuard<'a, T>;

#[cfg(all(test, loom))]
impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn hold(&self) -> Locked<'_, T> {
        self.0.lock().unwrap()
    }
}

#[cfg(all(test, loom))]
impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
