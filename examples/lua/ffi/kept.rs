//! Things that live as long as a Lua state.

use std::cell::RefCell;
use std::ops::Deref;
use std::ptr::NonNull;

/// Things that are kept until the state is closed.
pub(super) struct Arena<T>(RefCell<Vec<NonNull<T>>>);

/// A thing in the [`Arena`] of a state. Used only while the state is open.
pub(super) struct Kept<T>(NonNull<T>);

impl<T> Arena<T> {
    pub(super) fn keep(&self, thing: T) -> Kept<T> {
        let kept = NonNull::from(Box::leak(Box::new(thing)));
        self.0.borrow_mut().push(kept);
        Kept(kept)
    }

    /// Returns the first thing for which this holds.
    pub(super) fn find(&self, mut is: impl FnMut(&T) -> bool) -> Option<Kept<T>> {
        self.0.borrow().iter().map(|&kept| Kept(kept)).find(|kept| is(kept))
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Drop for Arena<T> {
    fn drop(&mut self) {
        for kept in self.0.get_mut().drain(..) {
            // SAFETY: `keep` made it of a box. The state is closed, so that no `Kept` is used any more.
            drop(unsafe { Box::from_raw(kept.as_ptr()) });
        }
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T> Deref for Kept<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the arena keeps it as long as the state is open.
        unsafe { self.0.as_ref() }
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
