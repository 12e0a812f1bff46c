//! Structs, unions and enums (C11 6.7.2.1 to 6.7.2.3): their tags, members and enumerators.

use hotcall_jit::Scalar;

use super::annotation::is_note;
use super::attributes::Attributes;
use super::constant::Number;
use super::fault::Fault;
use super::layout::{DeclaredMember, InnerAttributes, Shape};
use super::lex::TokenKind;
use super::node::{QualType, Reason, reason};
use super::reader::Reader;
use super::specifier::{Context, Specifiers};
use super::tag::TagKind;

impl<'t> Reader<'t> {
    /// struct-or-union-specifier and enum-specifier (C11 6.7.2.1, 6.7.2.2). Returns the type, and true if a struct or
    /// union without a tag is defined.
    pub(super) fn tag_specifier(&mut self, kind: TagKind) -> Result<(QualType, bool), Fault> {
        self.deeper(|reader| {
            reader.at += 1;
            let attributes = reader.attributes()?;
            let token = reader.token();
            let name = reader.word();
            if token.kind == TokenKind::Macro {
                return Err(reader.fault(""));
            }
            reader.at += usize::from(!name.is_empty());
            let has_type = kind == TagKind::Enum && reader.is(b':') && reader.begins_type(1);
            let index = if name.is_empty() {
                reader.types.tag_without_name(kind)
            } else {
                let conflict = || Fault::conflict(token.start as usize, name);
                let has_body = has_type || reader.is(b'{');
                reader.names.tag(&mut reader.types, kind, name, has_body).ok_or_else(conflict)?
            };
            // An underlying type (C23 6.7.3.3).
            reader.at += usize::from(has_type);
            let fixed = if has_type { Some(reader.specifiers(Context::Parameter)?.ty) } else { None };
            let defined = reader.is(b'{');
            if defined {
                if std::mem::replace(&mut reader.types.tags[index].defined, true) {
                    return Err(Fault::conflict(token.start as usize, name));
                }
                // The tag's place is that of the body.
                if !name.is_empty() {
                    reader.types.tags[index].name = Some(name);
                }
                match kind {
                    TagKind::Enum => reader.enumerators(index, &attributes, fixed)?,
                    TagKind::Struct | TagKind::Union => reader.members(index, &attributes)?,
                }
            } else if name.is_empty() {
                return Err(reader.fault(&format!("a {} without a name and without a body", kind.word())));
            } else if fixed.is_some() && !reader.types.tags[index].defined {
                // An enum of a known type is complete before its body (C23 6.7.3.3).
                reader.types.complete_enum(index, (0, 0), fixed, &Shape::default());
            }
            let anonymous = defined && name.is_empty() && kind != TagKind::Enum;
            Ok((reader.types.tag_type(index), anonymous))
        })
    }

    /// The attributes of a struct, union or enum. Those after its body come next.
    fn shape(&mut self, before: &Attributes<'t>, open: usize) -> Result<Shape, Fault> {
        let close = self.at - 1;
        let attributes = before.and(&self.attributes()?);
        let pack = self.source.pragmas.pack_at(close + 1);
        let mut shape = Shape {
            packed: attributes.packed,
            pack,
            ms_struct: attributes.ms_struct || self.source.pragmas.ms_struct_at(close),
            align: None,
            unsupported: attributes.unsupported(),
        };
        match attributes.type_align() {
            Some(Ok(align)) => shape.align = Some(align),
            Some(Err(why)) => shape.unsupported = Some(why),
            None => {}
        }
        // Compilers differ about which of the two counts.
        if pack != self.source.pragmas.pack_at(open) {
            shape.unsupported = Some(reason("`#pragma pack` changes inside the struct"));
        }
        Ok(shape)
    }

    /// struct-declaration-list (C11 6.7.2.1).
    fn members(&mut self, index: usize, attributes: &Attributes<'t>) -> Result<(), Fault> {
        let (open, end) = (self.at, self.closing());
        self.at += 1;
        let mut members = Vec::new();
        let mut unreadable = None;
        while self.at < end {
            let start = self.at;
            let read = self.member_declaration(&mut members).and_then(|()| self.member_ends(end));
            if let Err(why) = self.or_skipped(read, start, b';') {
                unreadable.get_or_insert(why);
                self.at += usize::from(self.at < end);
            }
        }
        self.at = end + 1;
        let mut shape = self.shape(attributes, open)?;
        shape.unsupported = unreadable.clone().or(shape.unsupported);
        self.types.complete(index, members, &shape);
        if let (Some(_), Some(value)) = (unreadable, &mut self.types.tags[index].value) {
            value.extent = None;
        }
        Ok(())
    }

    fn member_ends(&mut self, end: usize) -> Result<(), Fault> {
        if self.eat(b';') || self.at == end { Ok(()) } else { Err(self.fault("this is not understood as a member")) }
    }

    /// struct-declaration (C11 6.7.2.1), up to its semicolon.
    fn member_declaration(&mut self, members: &mut Vec<DeclaredMember<'t>>) -> Result<(), Fault> {
        if self.is(b';') || self.static_assertion() {
            return Ok(());
        }
        let specifiers = self.specifiers(Context::Declaration)?;
        if self.is(b';') || self.is(b'}') {
            // A struct or union without a tag and without a name lends its members to the outer one (C11 6.7.2.1p13).
            if specifiers.anonymous {
                let ty = self.changed_type(specifiers.ty, &specifiers.attributes);
                let member = self.member(None, ty, &specifiers.attributes);
                members.push(member);
            }
            return Ok(());
        }
        loop {
            let member = self.struct_declarator(&specifiers)?;
            members.push(member);
            if !self.eat(b',') {
                return Ok(());
            }
        }
    }

    /// struct-declarator (C11 6.7.2.1): a declarator, the width of a bit-field, or both.
    fn struct_declarator(&mut self, specifiers: &Specifiers<'t>) -> Result<DeclaredMember<'t>, Fault> {
        let mut own = self.attributes()?;
        let mut name = None;
        let mut ty = specifiers.ty;
        let mut inside = InnerAttributes::default();
        if !self.is(b':') {
            let declarator = self.declarator(ty, Context::Declaration)?;
            name = declarator.name.map(|(name, _)| name);
            if name.is_none() {
                return Err(self.misread(specifiers, "this is not understood as a member"));
            }
            ty = declarator.ty;
            inside = declarator.inside;
            own = own.and(&declarator.attributes);
        }
        let bits = if self.eat(b':') {
            let width = self.integer_constant()?;
            Some(width.and_then(|width| {
                u64::try_from(width).map_err(|_| reason(format_args!("a bit-field of {width} bits")))
            }))
        } else {
            None
        };
        own = own.and(&self.attributes()?);
        // Linux writes the count of a flexible array behind it.
        while is_note(self.word(), self.ahead(1).is(b'(')) {
            self.note(&mut own.notes.pointer);
        }
        let attributes = specifiers.attributes.and(&own);
        let ty = self.changed_type(ty, &attributes);
        Ok(DeclaredMember { bits, inside, ..self.member(name, ty, &attributes) })
    }

    fn member(&mut self, name: Option<&'t str>, ty: QualType, attributes: &Attributes<'t>) -> DeclaredMember<'t> {
        let (align, ty) = match &attributes.align {
            Some(Ok(align)) => (Some(*align), ty),
            Some(Err(why)) => (None, self.types.opaque(why, None)),
            None => (None, ty),
        };
        let notes = attributes.notes.pointer.kept();
        DeclaredMember {
            name,
            ty,
            packed: attributes.packed,
            align,
            inside: InnerAttributes::default(),
            notes,
            bits: None,
        }
    }

    /// enumerator-list (C11 6.7.2.2).
    fn enumerators(&mut self, index: usize, attributes: &Attributes<'t>, fixed: Option<QualType>) -> Result<(), Fault> {
        let (open, end) = (self.at, self.closing());
        self.at += 1;
        let mut range = 0..0;
        let mut unknown = None;
        let mut next = Ok(0);
        while self.at < end {
            let (start, name) = (self.at, self.word());
            let value = self.enumerator(next, end);
            let value = self.or_skipped(value, start, b',').flatten();
            self.eat(b',');
            match &value {
                Ok(value) => range = range.start.min(*value)..range.end.max(*value),
                Err(why) => unknown = unknown.or_else(|| Some(why.clone())),
            }
            let constant = match (value.clone(), fixed) {
                (Ok(value), Some(ty)) => self.types.cast(self.types.operand(Scalar::I64, Ok(Number::Int(value))), ty),
                (Ok(value), None) => self.types.enumerator(value),
                (Err(why), _) => self.types.unknown_operand(why),
            };
            if !name.is_empty() {
                self.names.declare_constant(name, constant);
            }
            next = value.map(|value| value + 1);
        }
        self.at = end + 1;
        let mut shape = self.shape(attributes, open)?;
        if fixed.is_none() {
            shape.unsupported = shape.unsupported.or(unknown);
        }
        self.types.complete_enum(index, (range.start, range.end), fixed, &shape);
        Ok(())
    }

    /// enumerator (C11 6.7.2.2): its value is `next` if it gives none.
    fn enumerator(&mut self, next: Result<i128, Reason>, end: usize) -> Result<Result<i128, Reason>, Fault> {
        if self.word().is_empty() {
            return Err(self.fault("this is not understood as an enumerator"));
        }
        self.at += 1;
        self.attributes()?;
        let value = if self.eat(b'=') { self.integer_constant()? } else { next };
        if self.at == end || self.is(b',') {
            return Ok(value);
        }
        Err(self.fault("this is not understood as an enumerator"))
    }
}
