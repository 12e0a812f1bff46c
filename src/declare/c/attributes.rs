//! The meaning of attributes, combined for each declared type or name.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::node::{Reason, reason};
use super::notes::Notes;

/// The meaning of attributes.
#[derive(Clone, Default)]
pub(super) struct AttributeSet<'t> {
    pub(super) packed: bool,
    pub(super) align: Option<Result<u64, Reason>>,
    /// An alignment follows a greater one. For a type, GCC takes the later one and Clang the greater.
    pub(super) lowered: bool,
    /// The declared type becomes another one, which cannot be passed.
    pub(super) opaque: Option<&'static str>,
    /// A vector: its number of bytes, or of elements.
    pub(super) vector: Option<Result<Vector, Reason>>,
    /// GNU's `mode`: its name without underscores around it.
    pub(super) mode: Option<&'t str>,
    /// An alignment precedes a mode. GCC drops it, and Clang does not.
    pub(super) align_before_mode: bool,
    /// The function has another calling convention, which is not supported.
    pub(super) foreign_call: bool,
    /// `__asm__("name")`: the symbol's name.
    pub(super) symbol: Option<Rc<str>>,
    pub(super) ms_struct: bool,
    pub(super) notes: Notes,
}

/// Attributes, combined for a declared type or name. Nearly all declarations lack attributes.
#[derive(Clone, Default)]
pub(super) struct Attributes<'t>(Option<Rc<AttributeSet<'t>>>);

impl<'t> Deref for Attributes<'t> {
    type Target = AttributeSet<'t>;

    fn deref(&self) -> &AttributeSet<'t> {
        const NONE: &AttributeSet<'static> = &AttributeSet::NONE;
        self.0.as_deref().unwrap_or(NONE)
    }
}

impl<'t> DerefMut for Attributes<'t> {
    fn deref_mut(&mut self) -> &mut AttributeSet<'t> {
        Rc::make_mut(self.0.get_or_insert_default())
    }
}

#[derive(Clone, Copy)]
pub(super) enum Vector {
    Bytes(u64),
    Elements(u64),
}

impl Attributes<'_> {
    /// Returns true if no attribute was given.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Combines both.
    pub(super) fn and(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (_, None) => self.clone(),
            (None, Some(_)) => other.clone(),
            (Some(first), Some(second)) => Self(Some(Rc::new(first.and(second)))),
        }
    }
}

impl<'t> AttributeSet<'t> {
    const NONE: Self = Self {
        packed: false,
        align: None,
        lowered: false,
        opaque: None,
        vector: None,
        mode: None,
        align_before_mode: false,
        foreign_call: false,
        symbol: None,
        ms_struct: false,
        notes: Notes::NONE,
    };

    pub(super) fn add_align(&mut self, align: Result<u64, Reason>) {
        self.lowered |= matches!((&self.align, &align), (Some(Ok(old)), Ok(new)) if new < old);
        self.align = Some(match (self.align.take(), align) {
            (Some(Err(reason)), _) | (_, Err(reason)) => Err(reason),
            (Some(Ok(old)), Ok(new)) => Ok(old.max(new)),
            (None, Ok(new)) => Ok(new),
        });
    }

    fn and(&self, other: &Self) -> Self {
        let mut both = Self {
            packed: self.packed || other.packed,
            align: self.align.clone(),
            lowered: self.lowered || other.lowered,
            opaque: self.opaque.or(other.opaque),
            vector: self.vector.clone().or_else(|| other.vector.clone()),
            align_before_mode: self.align_before_mode
                || other.align_before_mode
                || (self.align.is_some() && other.mode.is_some()),
            mode: other.mode.or(self.mode),
            foreign_call: self.foreign_call || other.foreign_call,
            symbol: other.symbol.clone().or_else(|| self.symbol.clone()),
            ms_struct: self.ms_struct || other.ms_struct,
            notes: self.notes.clone(),
        };
        both.notes.add(&other.notes);
        if let Some(align) = &other.align {
            both.add_align(align.clone());
        }
        both
    }

    /// The alignment of a type that is defined here.
    pub(super) fn type_align(&self) -> Option<Result<u64, Reason>> {
        if self.lowered {
            return Some(Err(reason("compilers differ about a type's second, smaller alignment")));
        }
        self.align.clone()
    }

    /// Takes the alignment of a type that is defined here out of the attributes.
    pub(super) fn take_type_align(&mut self) -> Option<Result<u64, Reason>> {
        let align = self.type_align();
        (self.align, self.lowered) = (None, false);
        align
    }

    /// The reason why a struct, union or enum with these attributes cannot be passed.
    pub(super) fn unsupported(&self) -> Option<Reason> {
        let what = match (self.opaque, self.mode, &self.vector) {
            (Some(what), ..) => what,
            (_, Some(_), _) => {
                return Some(reason("compilers differ about the sign of a type that is defined with a mode"));
            }
            (_, _, Some(_)) => "vector types",
            _ => return None,
        };
        Some(reason(format_args!("{what} cannot be passed")))
    }
}
