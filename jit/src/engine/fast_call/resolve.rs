//! Handles, read by the rules that machine code uses.

use crate::engine::fast_call::model::{Handles, Tag};
use crate::engine::object::{ResolvedHandle, find, load};

impl Handles {
    /// Resolves a handle of bytes or of a pointer by the rules that machine code uses. `None` if machine code leaves it
    /// to the helper.
    ///
    /// Authors of models compare the result with their engine's answer, before they trust a model with the layout of
    /// its objects.
    ///
    /// # Safety
    ///
    /// The model describes this handle correctly, as far as reading memory goes.
    pub unsafe fn resolve(&self, handle: u64) -> Option<ResolvedHandle> {
        // SAFETY: the caller promises that the model describes the handle, so an indirect handle is the address of a
        // word.
        let word = if self.indirect { unsafe { load(handle) } } else { handle };
        if !self.tag.holds(word) || self.null == Some(word) {
            return None;
        }
        // SAFETY: the tag says that the word is an object's, and the caller promises that the model describes the
        // handle.
        unsafe { find(&self.objects, word) }
    }

    /// Returns these handles with only the objects that have bytes.
    #[cfg(feature = "cranelift")]
    pub(crate) fn with_bytes(&self) -> Self {
        let objects = self.objects.iter().filter(|object| object.length.is_some()).cloned().collect();
        Self { objects, ..self.clone() }
    }

    /// Returns these handles with only the objects whose bytes may change.
    #[cfg(feature = "cranelift")]
    pub(crate) fn for_writing(&self) -> Self {
        Self { objects: self.objects.iter().map(|object| object.for_writing()).collect(), ..self.clone() }
    }
}

impl Tag {
    /// No bits: every word matches.
    pub const NONE: Self = Self { mask: 0, bits: 0 };

    pub(crate) const fn holds(self, word: u64) -> bool {
        word & self.mask == self.bits
    }
}
