//! The expected list of pinned objects.

use std::collections::HashMap;

/// The largest number of objects that a call adds to the list. The objects of calls with more are left to the helper.
pub(crate) const MAX_PINNED: usize = 32;

/// A list of pinned objects as it should be. An entry is 0 if an argument was null, or an address without an object.
#[derive(Clone)]
pub(crate) struct List {
    entries: Vec<u64>,
    capacity: usize,
}

/// A change of the list by a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pinned {
    /// The objects were added.
    Added,
    /// Nothing was added, because the objects are in the list.
    Known,
}

impl List {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: Vec::new(), capacity }
    }

    /// Returns the objects that a call adds: none, if the newest entries are its objects.
    ///
    /// Machine code also compares the zeros in front of the first entry, which the interpreter does not.
    fn missing<'a>(&self, objects: &'a [u64], is_interpreted: bool) -> &'a [u64] {
        let zeros = if is_interpreted { 0 } else { objects.len().saturating_sub(self.entries.len()) };
        let (front, rest) = objects.split_at(zeros);
        let is_known = front.iter().all(|&object| object == 0) && self.entries.ends_with(rest);
        if is_known { &[] } else { objects }
    }

    /// Adds the objects of a call. There is room for them.
    pub(crate) fn add(&mut self, objects: &[u64], is_interpreted: bool) -> Pinned {
        let missing = self.missing(objects, is_interpreted);
        self.entries.extend_from_slice(missing);
        assert!(self.entries.len() <= self.capacity, "the list is full");
        if missing.is_empty() { Pinned::Known } else { Pinned::Added }
    }

    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.entries.len() + count <= self.capacity
    }

    /// Empties the list, and returns the objects that the engine gets.
    pub(crate) fn take(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.entries).into_iter().filter(|&object| object != 0).collect()
    }

    /// Adds the references that the list owns.
    pub(crate) fn count(&self, references: &mut HashMap<u64, u32>) {
        for &object in self.entries.iter().filter(|&&object| object != 0) {
            *references.entry(object).or_default() += 1;
        }
    }
}
