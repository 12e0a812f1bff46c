//! The expected list of pinned objects.

use std::collections::HashMap;

/// The largest number of objects that a call adds to the list. The objects of calls with more are left to the helper.
pub(crate) const MAX_PINNED: usize = 32;

/// A list of pinned objects as it should be: each object is there once.
#[derive(Clone)]
pub(crate) struct List {
    entries: Vec<u64>,
    capacity: usize,
}

/// A change of the list by a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pinned {
    /// Objects were added.
    Added,
    /// Nothing was added, because the objects are in the list.
    Known,
}

impl List {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: Vec::new(), capacity }
    }

    /// Adds the objects of a call that the list does not have, as long as there is room. A 0 stands for an argument that
    /// has no object.
    pub(crate) fn fill(&mut self, objects: &[u64]) -> Pinned {
        let before = self.entries.len();
        for &object in objects {
            if object != 0 && self.has_room(1) && !self.entries.contains(&object) {
                self.entries.push(object);
            }
        }
        if self.entries.len() == before { Pinned::Known } else { Pinned::Added }
    }

    /// Adds the objects of a call that the list does not have. There is room for them.
    pub(crate) fn add(&mut self, objects: &[u64]) -> Pinned {
        let pinned = self.fill(objects);
        assert!(objects.iter().all(|object| *object == 0 || self.entries.contains(object)), "the list is full");
        pinned
    }

    /// Returns true if these objects are the list's and then others, up to its capacity.
    pub(crate) fn is_filled_to(&self, objects: &[u64]) -> bool {
        objects.len() == self.capacity && objects.starts_with(&self.entries)
    }

    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.entries.len() + count <= self.capacity
    }

    /// Empties the list, and returns the objects that the engine gets.
    pub(crate) fn take(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.entries)
    }

    /// Adds the references that the list owns.
    pub(crate) fn count(&self, references: &mut HashMap<u64, u32>) {
        for &object in &self.entries {
            *references.entry(object).or_default() += 1;
        }
    }
}
