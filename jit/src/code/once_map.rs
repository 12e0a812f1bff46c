//! Values that are made once for each key, by one of the threads that ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use crate::error::JitError;
use crate::lock::{HoldOff, Lock};

/// Entries by key. Making one blocks only the threads that ask for it.
pub(crate) struct OnceMap<K, V>(Lock<Entries<K, V>>);

struct Entries<K, V> {
    places: HashMap<K, Arc<Place<V>>>,
    /// The number of entries at which dead ones are removed. It doubles, so that removal costs little for each
    /// insertion.
    sweep_at: usize,
}

/// The place of a value. It is locked while the value is made.
type Place<V> = Lock<Held<V>>;

struct Held<V> {
    value: Weak<V>,
    /// Keeps the value alive even if it is not used.
    _kept: Option<Arc<V>>,
}

/// The lifetime of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// The value lives as long as it is used.
    Used,
    /// The value lives as long as the collection.
    Kept,
}

impl<K: Clone + Eq + Hash, V> OnceMap<K, V> {
    pub(crate) fn new() -> Self {
        Self(Lock::new(Entries { places: HashMap::new(), sweep_at: 64 }))
    }

    /// The value of the key, made if it is missing.
    pub(crate) fn get_or_make(
        &self,
        no_fork: &HoldOff,
        key: &K,
        life: Life,
        make: impl FnOnce() -> Result<V, JitError>,
    ) -> Result<Arc<V>, JitError> {
        let place = self.0.lock(no_fork).place(no_fork, key);
        // If a thread panicked while it made the value, the place is unchanged.
        let mut place = place.lock(no_fork);
        if let Some(value) = place.value.upgrade() {
            return Ok(value);
        }
        let value = Arc::new(make()?);
        let kept = (life == Life::Kept).then(|| Arc::clone(&value));
        *place = Held { value: Arc::downgrade(&value), _kept: kept };
        Ok(value)
    }

    /// The values that are alive.
    pub(crate) fn live(&self, no_fork: &HoldOff) -> Vec<Arc<V>> {
        let places: Vec<_> = self.0.lock(no_fork).places.values().cloned().collect();
        places.iter().filter_map(|place| place.lock(no_fork).value.upgrade()).collect()
    }
}

impl<K: Clone + Eq + Hash, V> Entries<K, V> {
    fn place(&mut self, no_fork: &HoldOff, key: &K) -> Arc<Place<V>> {
        if let Some(place) = self.places.get(key) {
            return Arc::clone(place);
        }
        if self.places.len() >= self.sweep_at {
            // If only this map refers to a place, no thread has locked it.
            let used =
                |place: &Arc<Place<V>>| Arc::strong_count(place) > 1 || place.lock(no_fork).value.strong_count() > 0;
            self.places.retain(|_, place| used(place));
            self.sweep_at = (self.places.len() * 2).max(64);
        }
        let empty = Arc::new(Lock::new(Held { value: Weak::new(), _kept: None }));
        self.places.insert(key.clone(), Arc::clone(&empty));
        empty
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;
    use crate::lock::hold_off;

    #[test]
    fn each_value_is_made_once() {
        const THREADS: usize = 16;
        const KEYS: usize = 500;
        for life in [Life::Used, Life::Kept] {
            let (shared, start) = (OnceMap::new(), Barrier::new(THREADS));
            let made: Vec<_> = (0..KEYS).map(|_| AtomicUsize::new(0)).collect();
            let get = |key: usize| {
                let make = || {
                    made[key].fetch_add(1, Ordering::Relaxed);
                    // Lets other threads ask for the value now.
                    thread::yield_now();
                    Ok(key * 2)
                };
                shared.get_or_make(&hold_off(), &key, life, make).unwrap()
            };
            let all = || {
                start.wait();
                (0..KEYS).map(get).collect::<Vec<_>>()
            };
            let values: Vec<_> = thread::scope(|scope| {
                let threads = [0; THREADS].map(|_| scope.spawn(all));
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            assert!(values.iter().enumerate().all(|(index, value)| **value == index % KEYS * 2));
            assert!(made.iter().all(|made| made.load(Ordering::Relaxed) == 1));
            drop(values);
            let left = if life == Life::Kept { KEYS } else { 0 };
            assert_eq!(shared.live(&hold_off()).len(), left);
        }
    }

    #[test]
    fn what_fails_is_tried_again() {
        let shared = OnceMap::<u8, u8>::new();
        let fail = || Err(JitError::memory(io::Error::from(io::ErrorKind::OutOfMemory)));
        assert!(shared.get_or_make(&hold_off(), &1, Life::Used, fail).is_err());
        assert_eq!(*shared.get_or_make(&hold_off(), &1, Life::Used, || Ok(2)).unwrap(), 2);
        // The value was not kept, so it is made again.
        assert_eq!(*shared.get_or_make(&hold_off(), &1, Life::Used, || Ok(3)).unwrap(), 3);
    }
}
