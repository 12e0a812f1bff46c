//! Attributes, put together for what they apply to: each belongs to exactly one declaration, declarator or body.

use std::ops::Range;

use super::Fault;
use super::attribute::Effect;
use super::syntax::Reader;
use super::types::{CType, Reason, Types, reason};

/// Attributes put together.
#[derive(Clone, Default)]
pub(super) struct Applied {
    pub(super) packed: bool,
    pub(super) align: Option<Result<u64, Reason>>,
    /// An alignment follows a greater one: of a type, GCC takes the later and clang the greater.
    pub(super) lowered: bool,
    pub(super) ty: Option<&'static str>,
    pub(super) mode: Option<Box<str>>,
    /// An alignment precedes a mode: GCC forgets it and clang does not.
    pub(super) align_before_mode: bool,
    pub(super) call: Option<&'static str>,
    pub(super) symbol: Option<Box<str>>,
    pub(super) bit_field: bool,
}

impl Applied {
    fn add_align(&mut self, align: Result<u64, Reason>) {
        self.lowered |= matches!((&self.align, &align), (Some(Ok(old)), Ok(new)) if new < old);
        self.align = Some(match (self.align.take(), align) {
            (Some(Err(reason)), _) | (_, Err(reason)) => Err(reason),
            (Some(Ok(old)), Ok(new)) => Ok(old.max(new)),
            (None, Ok(new)) => Ok(new),
        });
    }

    /// Both together.
    pub(super) fn and(&self, other: Self) -> Self {
        let mut both = Self {
            packed: self.packed || other.packed,
            align: self.align.clone(),
            lowered: self.lowered || other.lowered,
            ty: self.ty.or(other.ty),
            align_before_mode: self.align_before_mode
                || other.align_before_mode
                || (self.align.is_some() && other.mode.is_some()),
            mode: other.mode.or_else(|| self.mode.clone()),
            call: self.call.or(other.call),
            symbol: other.symbol.or_else(|| self.symbol.clone()),
            bit_field: self.bit_field || other.bit_field,
        };
        if let Some(align) = other.align {
            both.add_align(align);
        }
        both
    }
}

impl Applied {
    /// The type that the mode makes of the declared one, or why it cannot be passed.
    pub(super) fn with_mode(&self, ty: CType, types: &Types) -> CType {
        match &self.mode {
            None => ty,
            Some(_) if self.align_before_mode => {
                CType::unsupported("compilers differ about an alignment before a mode")
            }
            Some(mode) => types.with_mode(ty, mode),
        }
    }

    /// The alignment of a type that is defined here.
    pub(super) fn type_align(&self) -> Option<Result<u64, Reason>> {
        if self.lowered {
            return Some(Err(reason("compilers differ about a type's second, smaller alignment")));
        }
        self.align.clone()
    }
}

impl Reader<'_> {
    /// The attributes in a part of the text that belong to nothing yet, put together.
    pub(super) fn claim(&mut self, range: Range<usize>) -> Applied {
        self.claim_while(range.start, |at, _| at < range.end, |_| true)
    }

    pub(super) fn claim_while(
        &mut self,
        from: usize,
        within: impl Fn(usize, usize) -> bool,
        wanted: impl Fn(&Effect) -> bool,
    ) -> Applied {
        let clean = self.clean;
        let first = clean.attributes.partition_point(|attribute| attribute.at < from);
        let mut applied = Applied::default();
        for (index, attribute) in clean.attributes.iter().enumerate().skip(first) {
            if !within(attribute.at, attribute.anchor) {
                break;
            }
            if self.claimed[index] || !wanted(&attribute.effect) {
                continue;
            }
            self.claimed[index] = true;
            match &attribute.effect {
                Effect::Packed => applied.packed = true,
                Effect::AlignMax => applied.add_align(Ok(self.types.target.max_align)),
                Effect::Align(expression) | Effect::AlignObject(expression) => {
                    let align = self.used_at(attribute.at, |reader| reader.alignment(*expression));
                    applied.add_align(align);
                }
                Effect::Type(what) => applied.ty = Some(what),
                Effect::Mode(mode) => {
                    applied.align_before_mode |= applied.align.is_some();
                    applied.mode = Some(mode.clone());
                }
                Effect::Call(what) => applied.call = Some(what),
                Effect::Symbol(name) => applied.symbol = Some(name.clone()),
                Effect::BitField => applied.bit_field = true,
            }
        }
        applied
    }

    /// An attribute that nothing took would be ignored in silence.
    pub(super) fn check_attributes(&self) -> Result<(), Fault> {
        for (attribute, claimed) in self.clean.attributes.iter().zip(&self.claimed) {
            if !claimed && !matches!(attribute.effect, Effect::Symbol(_)) {
                return Err(Fault::new(attribute.at, "an attribute in a place that is not supported"));
            }
        }
        Ok(())
    }
}
