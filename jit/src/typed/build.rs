//! Models step by step: a part that is added to them later has a value that changes nothing for those that leave it out.

use super::{Check, Exit, Handles, Object, Path, Role, Small, Tag, TypedModel};
use crate::abi::Abi;
use crate::signature::Signature;

impl TypedModel {
    /// A model without handles, whose caller does not look for exceptions.
    pub fn new(abi: Abi, native: Signature, roles: impl IntoIterator<Item = Role>, exit: Exit) -> Self {
        Self { abi, native, roles: roles.into_iter().collect(), handles: Box::default(), exit, caller_looks: false }
    }

    /// What the handles are that roles refer to by index.
    pub fn handles(self, handles: impl IntoIterator<Item = Handles>) -> Self {
        Self { handles: handles.into_iter().collect(), ..self }
    }

    /// Whether the caller looks after each call whether an exception waits; see
    /// [`caller_looks`](Self#structfield.caller_looks).
    pub fn caller_looks(self, caller_looks: bool) -> Self {
        Self { caller_looks, ..self }
    }
}

impl Handles {
    /// Handles that are words themselves, and that all stand for objects which the helper reads.
    ///
    /// ```
    /// use hotcall::engine::{Handles, Small, Tag};
    ///
    /// // Even words are integers of 63 bits, odd ones are objects.
    /// let handles = Handles::new(Tag { mask: 1, bits: 1 }).integers(Small::new(Tag { mask: 1, bits: 0 }, 1));
    /// assert!(!handles.indirect);
    /// ```
    pub fn new(tag: Tag) -> Self {
        Self { indirect: false, integers: None, null: None, booleans: None, tag, objects: Box::default() }
    }

    /// Whether a handle is the address of the word.
    pub fn indirect(self, indirect: bool) -> Self {
        Self { indirect, ..self }
    }

    /// The words that are integers.
    pub fn integers(self, integers: impl Into<Option<Small>>) -> Self {
        Self { integers: integers.into(), ..self }
    }

    /// The word that stands for null.
    pub fn null(self, null: impl Into<Option<u64>>) -> Self {
        Self { null: null.into(), ..self }
    }

    /// The words that stand for false and true.
    pub fn booleans(self, booleans: impl Into<Option<[u64; 2]>>) -> Self {
        Self { booleans: booleans.into(), ..self }
    }

    /// Kinds of objects that machine code reads by itself.
    pub fn objects(self, objects: impl IntoIterator<Item = Object>) -> Self {
        Self { objects: objects.into_iter().collect(), ..self }
    }
}

impl Small {
    /// Integers that are words without their lowest `shift` bits, 1 to 63, of which `tag` tells them from other words.
    pub const fn new(tag: Tag, shift: u8) -> Self {
        Self { tag, shift }
    }
}

impl Object {
    /// Pointers whose address is the sum of these words.
    pub fn new(address: impl IntoIterator<Item = Path>) -> Self {
        Self { checks: Box::default(), address: address.into_iter().collect(), length: None }
    }

    /// What holds for these objects alone, one after the other.
    pub fn checks(self, checks: impl IntoIterator<Item = Check>) -> Self {
        Self { checks: checks.into_iter().collect(), ..self }
    }

    /// Where the number of bytes is, which makes the objects bytes.
    pub fn length(self, length: impl Into<Option<Path>>) -> Self {
        Self { length: length.into(), ..self }
    }
}
