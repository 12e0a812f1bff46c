//! Names with a meaning that inner scopes may hide (C11 6.2.1p4).

use std::collections::HashMap;

/// Names in a text's own scope and in the scopes inside it.
#[derive(Default)]
pub(super) struct Scoped<'t, T> {
    visible: HashMap<&'t str, T>,
    /// Names that inner scopes have declared, each with its meaning outside.
    hidden: Vec<(&'t str, Option<T>)>,
    /// The index in `hidden` at which each inner scope begins.
    inner: Vec<usize>,
}

impl<'t, T: Copy> Scoped<'t, T> {
    pub(super) fn get(&self, name: &str) -> Option<T> {
        self.visible.get(name).copied()
    }

    /// The number of inner scopes that are open.
    pub(super) const fn depth(&self) -> usize {
        self.inner.len()
    }

    /// Declares a name in the innermost scope, and returns its meaning before.
    pub(super) fn declare(&mut self, name: &'t str, meaning: T) -> Option<T> {
        let before = self.visible.insert(name, meaning);
        if self.depth() > 0 {
            self.hidden.push((name, before));
        }
        before
    }

    /// Begins a scope.
    pub(super) fn enter(&mut self) {
        self.inner.push(self.hidden.len());
    }

    /// Ends the innermost scope. Passes names that do not have a meaning outside to `gone`.
    pub(super) fn leave(&mut self, mut gone: impl FnMut(&'t str, T)) {
        let first = self.inner.pop().unwrap_or_default();
        for (name, before) in self.hidden.drain(first..).rev() {
            if let Some(before) = before {
                self.visible.insert(name, before);
            } else if let Some(meaning) = self.visible.remove(name) {
                gone(name, meaning);
            }
        }
    }
}
