//! Handles, read by the rules that machine code uses.

use crate::engine::fast_call::model::{Handles, Tag};
use crate::engine::object::{ResolvedHandle, find, load};
#[cfg(feature = "cranelift")]
use crate::engine::object::{Want, address};

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
        // SAFETY: the caller promises that the model describes the handle. So the word is an object's.
        unsafe { find(&self.objects, self.word(handle)?) }
    }

    /// Returns the address of the bytes that a handle stands for. `None` if machine code leaves it to the helper.
    ///
    /// # Safety
    ///
    /// The model describes this handle correctly, as far as reading memory goes.
    #[cfg(feature = "cranelift")]
    pub(crate) unsafe fn address(&self, handle: u64, want: Want) -> Option<u64> {
        // SAFETY: the caller promises that the model describes the handle. So the word is an object's.
        unsafe { address(&self.objects, self.word(handle)?, want) }
    }

    /// Returns the word of an object.
    ///
    /// # Safety
    ///
    /// An indirect handle is the address of a word.
    unsafe fn word(&self, handle: u64) -> Option<u64> {
        // SAFETY: the caller promises that an indirect handle is the address of a word.
        let word = if self.indirect { unsafe { load(handle) } } else { handle };
        (self.tag.holds(word) && self.null != Some(word)).then_some(word)
    }

    /// Returns these handles with only the objects that have bytes.
    #[cfg(feature = "cranelift")]
    pub(crate) fn with_bytes(&self) -> Self {
        let objects = self.objects.iter().filter(|object| object.length.is_some()).cloned().collect();
        Self { objects, ..self.clone() }
    }
}

impl Tag {
    /// No bits: every word matches.
    pub const NONE: Self = Self { mask: 0, bits: 0 };

    pub(crate) const fn holds(self, word: u64) -> bool {
        word & self.mask == self.bits
    }
}
