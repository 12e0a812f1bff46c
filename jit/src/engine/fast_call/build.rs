//! Builders of models. Parts that later versions add have defaults, which keep the meaning of models without them.

use crate::c::definitions::Signature;
use crate::convention::abi::Abi;
use crate::engine::fast_call::model::{Exit, FastCallModel, FastCallRole, Handles, Small, Tag};
use crate::engine::number_object::NumberObjects;
use crate::engine::object::Object;

impl FastCallModel {
    /// Makes a model without handles, whose caller does not check for a waiting exception.
    pub fn new(abi: Abi, native: Signature, roles: impl IntoIterator<Item = FastCallRole>, exit: Exit) -> Self {
        Self { abi, native, roles: roles.into_iter().collect(), handles: Box::default(), exit, caller_looks: false }
    }

    /// Sets the handles that roles refer to by index.
    pub fn handles(self, handles: impl IntoIterator<Item = Handles>) -> Self {
        Self { handles: handles.into_iter().collect(), ..self }
    }

    /// Sets whether the caller checks for a waiting exception after each call; see [the
    /// field](Self#structfield.caller_looks).
    pub fn caller_looks(self, caller_looks: bool) -> Self {
        Self { caller_looks, ..self }
    }
}

impl Handles {
    /// Makes handles that are words themselves. All of them stand for objects, which the helper reads.
    ///
    /// ```
    /// use hotcall::engine::{Handles, Small, Tag};
    ///
    /// // Even words are integers of 63 bits, odd ones are objects.
    /// let handles = Handles::new(Tag { mask: 1, bits: 1 }).integers(Small::new(Tag { mask: 1, bits: 0 }, 1));
    /// assert!(!handles.indirect);
    /// ```
    pub fn new(tag: Tag) -> Self {
        Self {
            indirect: false,
            integers: None,
            null: None,
            booleans: None,
            tag,
            objects: Box::default(),
            numbers: None,
        }
    }

    /// Sets whether a handle is the address of its word.
    pub fn indirect(self, indirect: bool) -> Self {
        Self { indirect, ..self }
    }

    /// Sets the words that are integers.
    pub fn integers(self, integers: impl Into<Option<Small>>) -> Self {
        Self { integers: integers.into(), ..self }
    }

    /// Sets the word that stands for null.
    pub fn null(self, null: impl Into<Option<u64>>) -> Self {
        Self { null: null.into(), ..self }
    }

    /// Sets the words that stand for false and true.
    pub fn booleans(self, booleans: impl Into<Option<[u64; 2]>>) -> Self {
        Self { booleans: booleans.into(), ..self }
    }

    /// Sets the numbers that are objects.
    pub fn numbers(self, numbers: impl Into<Option<NumberObjects>>) -> Self {
        Self { numbers: numbers.into(), ..self }
    }

    /// Sets the kinds of objects that machine code reads by itself.
    pub fn objects(self, objects: impl IntoIterator<Item = Object>) -> Self {
        Self { objects: objects.into_iter().collect(), ..self }
    }
}

impl Small {
    /// Makes integers that are words without their lowest `shift` bits, 1 to 63. These bits match `tag`, which
    /// distinguishes integers from other words.
    pub const fn new(tag: Tag, shift: u8) -> Self {
        Self { tag, shift }
    }
}
