//! What is made once for a key and lives as long as it is used.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use crate::error::JitError;

pub(crate) struct Shared<K, V> {
    values: HashMap<K, Weak<V>>,
    /// The number of entries at which dead ones are removed; doubled so that this costs little for each insertion.
    sweep_at: usize,
}

impl<K: Eq + Hash, V> Shared<K, V> {
    pub(crate) fn new() -> Self {
        Self { values: HashMap::new(), sweep_at: 64 }
    }

    pub(crate) fn get_or_make(
        &mut self,
        key: K,
        make: impl FnOnce() -> Result<V, JitError>,
    ) -> Result<Arc<V>, JitError> {
        if self.values.len() >= self.sweep_at {
            self.values.retain(|_, value| value.strong_count() > 0);
            self.sweep_at = (self.values.len() * 2).max(64);
        }
        match self.values.entry(key) {
            Entry::Occupied(mut entry) => {
                if let Some(value) = entry.get().upgrade() {
                    return Ok(value);
                }
                let value = Arc::new(make()?);
                entry.insert(Arc::downgrade(&value));
                Ok(value)
            }
            Entry::Vacant(entry) => {
                let value = Arc::new(make()?);
                entry.insert(Arc::downgrade(&value));
                Ok(value)
            }
        }
    }
}
