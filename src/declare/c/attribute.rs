//! GNU, C23 and Microsoft attributes: `__attribute__((…))`, `[[…]]`, `__declspec(…)` and `_Alignas(…)` (C11 6.7.5).
//!
//! Only attributes that change a layout, a type or a call are kept.

use super::attributes::{Attributes, Vector};
use super::extent::CExtent;
use super::fault::Fault;
use super::fault::is_macro;
use super::lex::TokenKind;
use super::node::{CFunction, QualType, Reason, TypeNode, reason};
use super::reader::Reader;

/// The greatest alignment, and the largest vector, in bytes: GCC's greatest alignment.
const MAX_ALIGNED: u64 = 1 << 28;

/// A name of an attribute or a mode without the underscores that it may have around it.
fn plain(name: &str) -> &str {
    name.strip_prefix("__").and_then(|name| name.strip_suffix("__")).unwrap_or(name)
}

impl<'t> Reader<'t> {
    /// Returns true if an attribute comes next, and not a specifier.
    fn is_attribute(&self) -> bool {
        self.is_bracketed_attribute(0)
            || self.ahead(1).is(b'(') && matches!(self.word(), "__attribute__" | "__attribute" | "__declspec")
    }

    /// Returns true if `[[` follows after `ahead` tokens.
    pub(super) fn is_bracketed_attribute(&self, ahead: usize) -> bool {
        self.ahead(ahead).is(b'[') && self.ahead(ahead + 1).is(b'[')
    }

    /// The attributes that come next.
    pub(super) fn attributes(&mut self) -> Result<Attributes<'t>, Fault> {
        let mut attributes = Attributes::default();
        while self.is_attribute() {
            self.attribute(&mut attributes)?;
        }
        Ok(attributes)
    }

    /// attribute-specifier (C23 6.7.13.2), `__attribute__((…))` or `__declspec(…)`.
    pub(super) fn attribute(&mut self, attributes: &mut Attributes<'t>) -> Result<(), Fault> {
        let place = self.token().start as usize;
        self.at += usize::from(self.token().kind == TokenKind::Word);
        let end = self.closing();
        while self.at < end {
            let token = self.token();
            if token.kind == TokenKind::Macro {
                return Err(Fault::new(place, is_macro(self.text(token))));
            }
            let is_word = token.kind == TokenKind::Word;
            if is_word && self.ahead(1).kind != TokenKind::Operator {
                self.one_attribute(place, attributes)?;
            } else {
                // The name of another vendor, `gnu::`, is skipped with its colons.
                self.at += 1 + usize::from(is_word);
            }
        }
        self.at = end + 1;
        Ok(())
    }

    /// `name` or `name(arguments)`; the name is a word, and may be a keyword.
    fn one_attribute(&mut self, place: usize, attributes: &mut Attributes<'t>) -> Result<(), Fault> {
        let name = self.word();
        self.at += 1;
        // An empty pair of parentheses has no effect.
        let (argument, end) = match self.is(b'(') {
            true => (self.closing() > self.at + 1, self.closing() + 1),
            false => (false, self.at),
        };
        self.at += usize::from(argument);
        match plain(name) {
            "packed" => attributes.packed = true,
            "aligned" | "align" if argument => attributes.add_align(self.alignment(place, end)?),
            "aligned" => attributes.add_align(Ok(self.types.target.max_align)),
            plain @ ("vector_size" | "ext_vector_type" | "neon_vector_type") if argument => {
                let vector = if plain == "vector_size" { Vector::Bytes } else { Vector::Elements };
                attributes.vector = Some(self.attribute_number(place, end)?.map(vector));
            }
            "neon_polyvector_type" | "vector_size" | "ext_vector_type" | "neon_vector_type" => {
                attributes.opaque = Some("vector types");
            }
            "mode" if argument => {
                let mode = self.token();
                if mode.kind == TokenKind::Macro {
                    return Err(Fault::new(mode.start as usize, is_macro(self.text(mode))));
                }
                attributes.align_before_mode |= attributes.align.is_some();
                attributes.mode = Some(plain(self.word()));
            }
            "mode" => attributes.opaque = Some("types of a mode without a name"),
            "scalar_storage_order" => attributes.opaque = Some("structs of another byte order"),
            "ms_struct" => attributes.ms_struct = true,
            "gcc_struct" => attributes.ms_struct = false,
            "pass_object_size" | "pass_dynamic_object_size" => {
                attributes.opaque = Some("arguments with their object's size");
            }
            "transparent_union" => attributes.opaque = Some("transparent unions"),
            "ms_abi" | "sysv_abi" | "vectorcall" | "pcs" | "aarch64_vector_pcs" | "preserve_most" | "preserve_all"
            | "preserve_none" | "intel_ocl_bicc" | "regcall" | "swiftcall" | "swiftasynccall" => {
                attributes.foreign_call = true;
            }
            "weak" | "weak_import" => attributes.notes.optional = true,
            plain if argument => self.note_attribute(plain, self.at, &mut attributes.notes),
            _ => {}
        }
        self.at = end;
        Ok(())
    }

    /// `_Alignas(…)` (C11 6.7.5).
    pub(super) fn alignas(&mut self, attributes: &mut Attributes<'t>) -> Result<(), Fault> {
        let place = self.token().start as usize;
        self.at += 1;
        let end = self.closing() + 1;
        self.at += 1;
        attributes.add_align(self.alignment(place, end)?);
        self.at = end;
        Ok(())
    }

    /// The alignment that an argument asks for: as that of a type, or in bytes. The argument ends before the token `end
    /// - 1`.
    fn alignment(&mut self, place: usize, end: usize) -> Result<Result<u64, Reason>, Fault> {
        if self.begins_type(0) {
            let ty = self.type_name()?;
            self.argument_ends(place, end)?;
            return Ok(self.types.extent(ty).map(|extent| extent.align));
        }
        let value = self.attribute_number(place, end)?;
        Ok(value.and_then(|value| match value {
            // `_Alignas(0)` has no effect.
            0 => Ok(1),
            _ if value.is_power_of_two() && value <= MAX_ALIGNED => Ok(value),
            _ => Err(reason(format_args!("an alignment of {value} bytes is not a power of two"))),
        }))
    }

    fn attribute_number(&mut self, place: usize, end: usize) -> Result<Result<u64, Reason>, Fault> {
        let value = self.integer_constant().map_err(|fault| Fault { at: place, ..fault })?;
        self.argument_ends(place, end)?;
        let number = |value| u64::try_from(value).map_err(|_| reason(format_args!("{value} in an attribute")));
        Ok(value.and_then(number))
    }

    fn argument_ends(&self, place: usize, end: usize) -> Result<(), Fault> {
        if self.at + 1 == end {
            return Ok(());
        }
        Err(Fault::new(place, "this is used as an expression and is not one"))
    }

    /// `__asm__("name")` after a declarator, which is the symbol's name; and attributes, before and after it.
    pub(super) fn attributes_and_name(&mut self) -> Result<Attributes<'t>, Fault> {
        let mut attributes = self.attributes()?;
        while matches!(self.word(), "__asm__" | "__asm" | "asm") && self.ahead(1).is(b'(') {
            let end = self.ahead(1).link as usize;
            let texts = self.source.tokens[self.at..end].iter().filter(|token| token.kind == TokenKind::Text);
            let name: String = texts.map(|&token| self.text(token).trim_matches('"')).collect();
            attributes.symbol = Some(name.into());
            self.at = end + 1;
            attributes = attributes.and(&self.attributes()?);
        }
        Ok(attributes)
    }

    /// The type that specifiers name, changed by the attributes among them that make another type. These are removed
    /// from the attributes. A mode stays, because it belongs to the declared name.
    pub(super) fn base_type(&mut self, ty: QualType, attributes: &mut Attributes<'t>) -> QualType {
        if attributes.opaque.is_none() && attributes.vector.is_none() {
            return ty;
        }
        let mode = attributes.mode.take();
        let changed = self.changed_type(ty, attributes);
        (attributes.opaque, attributes.vector, attributes.mode) = (None, None, mode);
        changed
    }

    /// The type, changed by the attributes after its declarator.
    pub(super) fn changed_type(&mut self, ty: QualType, attributes: &Attributes<'t>) -> QualType {
        let ty = match attributes.mode {
            Some(_) if attributes.align_before_mode => {
                self.types.opaque("compilers differ about an alignment before a mode", None)
            }
            Some(mode) => self.types.with_mode(ty, mode),
            None => ty,
        };
        let ty = match (attributes.opaque, &attributes.vector) {
            (Some("32-bit pointers"), _) => self.types.opaque("32-bit pointers cannot be passed", None),
            (None, Some(Err(why))) => self.types.unknown(why.clone()),
            (None, None) => ty,
            _ if self.types.is_unknown(ty) => ty,
            (what, vector) => {
                let extent = match vector {
                    // The attribute would apply to the result.
                    _ if self.types.as_function(ty).is_some() => None,
                    Some(Ok(vector)) if what.is_none() => self.vector_extent(ty, *vector),
                    _ => self.types.extent(ty).ok(),
                };
                self.types.opaque(format_args!("{} cannot be passed", what.unwrap_or("vector types")), extent)
            }
        };
        if attributes.foreign_call { self.foreign(ty) } else { ty }
    }

    fn vector_extent(&self, element: QualType, vector: Vector) -> Option<CExtent> {
        let size = match vector {
            Vector::Bytes(bytes) => bytes,
            Vector::Elements(count) => self.types.extent(element).ok()?.size.checked_mul(count)?,
        };
        let size = size.checked_next_power_of_two().filter(|&size| size <= MAX_ALIGNED)?;
        Some(CExtent::scalar(size))
    }

    /// Marks the type as unusable if it is a function, or points to one, because its calling convention is not
    /// supported.
    fn foreign(&mut self, ty: QualType) -> QualType {
        let Some(index) = self.types.called(ty) else { return ty };
        let unsupported = Some(reason("it is called by another calling convention"));
        let function = self.types.function(CFunction { unsupported, ..self.types.functions[index].clone() });
        if let TypeNode::Pointer(_) = self.types.node(ty) {
            return self.types.pointer(function).like(ty);
        }
        function
    }
}
