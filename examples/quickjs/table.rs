//! Objects by number, as script names them.

use std::collections::HashMap;

/// Objects by number. A number is used once.
pub(crate) struct Table<T> {
    last: u32,
    things: HashMap<u32, T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { last: 0, things: HashMap::new() }
    }
}

impl<T> Table<T> {
    /// Adds an object, and returns its number.
    pub(crate) fn insert(&mut self, thing: T) -> u32 {
        self.last += 1;
        self.things.insert(self.last, thing);
        self.last
    }

    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        self.things.remove(&number)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    pub(crate) fn into_things(self) -> impl Iterator<Item = T> {
        self.things.into_values()
    }
}
