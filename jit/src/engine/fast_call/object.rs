//! Objects' memory, read by the rules that machine code uses.

use crate::engine::fast_call::model::{Check, Handles, Object, Path, ResolvedHandle, Tag};
use crate::engine::values::model::Test;

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
        let object = self.objects.iter().find(|object| unsafe { object.is_kind_of(word) })?;
        // SAFETY: the object's checks hold, and the caller promises that the model describes the handle.
        Some(unsafe { object.read(word) })
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

impl Object {
    /// # Safety
    ///
    /// The word belongs to an object, and each check may be read if those before it hold.
    unsafe fn is_kind_of(&self, word: u64) -> bool {
        // SAFETY: the caller promises that each check may be read if those before it hold, and `all` runs them in
        // order.
        self.checks.iter().all(|check| unsafe { check.holds(word) })
    }

    /// # Safety
    ///
    /// The word belongs to an object of this kind.
    unsafe fn read(&self, word: u64) -> ResolvedHandle {
        // SAFETY: the caller promises that the word belongs to an object of this kind, whose fields can be read.
        let field = |path: &Path| unsafe { load(path.follow(word)) };
        let slot = self.address.iter().map(field).fold(0, u64::wrapping_add);
        ResolvedHandle { slot, len: self.length.as_ref().map_or(u64::MAX, field) }
    }
}

impl Check {
    /// # Safety
    ///
    /// The field can be read.
    unsafe fn holds(&self, word: u64) -> bool {
        let Test { offset, len, mask, low, high } = self.test;
        // SAFETY: the caller promises that the field can be read, so all words on the path can be too.
        let at = unsafe { self.at.follow(word) }.wrapping_add(offset.into());
        let mut bytes = [0; 8];
        for (index, byte) in (0..).zip(bytes.iter_mut().take(len.into())) {
            // SAFETY: the caller promises that the field can be read.
            *byte = unsafe { pointer(at.wrapping_add(index)).cast::<u8>().read() };
        }
        (low..=high).contains(&(u64::from_le_bytes(bytes) & mask))
    }
}

impl Path {
    /// Returns the address of the field.
    ///
    /// # Safety
    ///
    /// All words on the path can be read.
    unsafe fn follow(&self, word: u64) -> u64 {
        let Some((last, through)) = self.0.split_last() else { return word };
        let mut at = word;
        for &offset in through {
            // SAFETY: the caller promises that all words on the path can be read.
            at = unsafe { load(at.wrapping_add_signed(offset.into())) };
        }
        at.wrapping_add_signed((*last).into())
    }
}

fn pointer(address: u64) -> *const u64 {
    std::ptr::with_exposed_provenance(address as usize)
}

/// # Safety
///
/// A word can be read at the address.
unsafe fn load(address: u64) -> u64 {
    // SAFETY: the caller promises that a word can be read at the address.
    unsafe { pointer(address).read_unaligned() }
}
