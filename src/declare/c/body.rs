//! The definitions of structs, unions and enums: their tags, members and enumerators.

use std::ops::Range;

use tree_sitter::Node;

use super::Fault;
use super::applied::Applied;
use super::attribute::Effect;
use super::complete::{Member, Shape};
use super::constant::Constant;
use super::declarator::Inside;
use super::syntax::{DeclarationOf, Reader, children};
use super::types::{CType, Kind, Reason, TagKind, reason};

impl<'t> Reader<'t> {
    /// The tag that a specifier names, or a new one; and whether its body is to be read.
    fn tag(&mut self, node: Node<'t>, kind: TagKind) -> Result<usize, Fault> {
        let Some(name) = node.child_by_field_name("name") else {
            return Ok(self.types.tag_without_name(kind));
        };
        self.refuse_macro(name)?;
        let text = self.text(name);
        let tag = self.types.tag_named(kind, text).ok_or_else(|| Fault::conflict(name.start_byte(), text))?;
        if node.child_by_field_name("body").is_some() && self.types.tag(tag).value.is_some() {
            return Err(Fault::conflict(name.start_byte(), text));
        }
        Ok(tag)
    }

    /// The attributes of a struct, union or enum itself: after its keyword, and after its body.
    fn shape(&mut self, node: Node<'t>, body: Node<'t>) -> Shape {
        let start = node.child_by_field_name("name").unwrap_or(body).start_byte();
        let before = self.claim(node.start_byte()..start);
        let between = self.claim(start..body.start_byte());
        let end = body.end_byte();
        let after = self.claim_while(
            end,
            |_, anchor| anchor <= end,
            |effect| !matches!(effect, Effect::AlignObject(_) | Effect::Symbol(_)),
        );
        let applied = before.and(between).and(after);
        let pack = self.clean.packs.at(end);
        let mut shape = Shape { packed: applied.packed, pack, ..Shape::default() };
        match applied.type_align() {
            Some(Ok(align)) => shape.align = Some(align),
            Some(Err(reason)) => shape.unsupported = Some(reason),
            None => {}
        }
        if let Some(what) = applied.ty {
            shape.unsupported = Some(reason(format!("{what} cannot be passed")));
        }
        if applied.mode.is_some() {
            shape.unsupported = Some(reason("compilers differ about the sign of a type that is defined with a mode"));
        }
        // Compilers differ in which of the two they go by.
        if pack != self.clean.packs.at(body.start_byte()) {
            shape.unsupported = Some(reason("`#pragma pack` changes inside the struct"));
        }
        shape
    }

    pub(super) fn aggregate(&mut self, node: Node<'t>, kind: TagKind) -> Result<CType, Fault> {
        let tag = self.tag(node, kind)?;
        if let Some(body) = node.child_by_field_name("body") {
            let members = self.members(body)?;
            // The name may have been completed inside its own body.
            if self.types.tag(tag).value.is_some() {
                let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
                return Err(Fault::conflict(node.start_byte(), name));
            }
            let shape = self.shape(node, body);
            self.types.complete(tag, members, &shape);
        }
        Ok(CType::new(Kind::Tag(tag)))
    }

    fn members(&mut self, body: Node<'t>) -> Result<Vec<Member>, Fault> {
        let mut members = Vec::new();
        let mut from = body.start_byte();
        for (_, child) in children(body) {
            match child.kind() {
                "field_declaration" => {
                    let declaration = self.declaration(child, from, child.end_byte())?;
                    self.member(child, declaration, &mut members);
                }
                "{" | "}" | ";" => {}
                _ => return Err(Fault::new(child.start_byte(), "this is not understood as a member")),
            }
            from = child.end_byte();
        }
        Ok(members)
    }

    fn member(&self, node: Node<'t>, declaration: DeclarationOf<'t>, members: &mut Vec<Member>) {
        let shared = declaration.shared;
        // A struct or union without a tag and without a name lends its members to the outer one (C11 6.7.2.1p13).
        let anonymous = node.child_by_field_name("type").is_some_and(|ty| {
            ty.child_by_field_name("name").is_none() && matches!(ty.kind(), "struct_specifier" | "union_specifier")
        });
        if declaration.declared.is_empty() && (anonymous || shared.bit_field) {
            members.push(member(None, declaration.base, shared, None));
            return;
        }
        for declared in declaration.declared {
            let name = declared.name.map(|(name, _)| name.into());
            let mut member = member(name, declared.ty, declared.applied, declared.inside);
            member.bit_field |= declared.bit_field;
            members.push(member);
        }
    }

    pub(super) fn enumeration(&mut self, node: Node<'t>) -> Result<CType, Fault> {
        let tag = self.tag(node, TagKind::Enum)?;
        if let Some(body) = node.child_by_field_name("body") {
            let (range, unknown) = self.enumerator_list(body)?;
            let fixed = match node.child_by_field_name("underlying_type") {
                Some(ty) => Some(self.type_specifier(Some(ty), node)?),
                None => None,
            };
            let mut shape = self.shape(node, body);
            if fixed.is_none() {
                shape.unsupported = shape.unsupported.or(unknown);
            }
            self.types.complete_enum(tag, range.start, range.end, fixed, &shape);
        }
        Ok(CType::new(Kind::Tag(tag)))
    }

    /// Declares enumerators; their smallest and greatest values, and why one of them is not known.
    fn enumerator_list(&mut self, body: Node<'t>) -> Result<(Range<i128>, Option<Reason>), Fault> {
        let mut range = 0..0;
        let mut unknown = None;
        let mut next = Ok(Constant::int(0));
        for (_, child) in children(body) {
            match child.kind() {
                "enumerator" => {
                    let (name, value) = (child.child_by_field_name("name"), child.child_by_field_name("value"));
                    let name = name.ok_or_else(|| Fault::new(child.start_byte(), "an enumerator without a name"))?;
                    self.refuse_macro(name)?;
                    let value = match value {
                        Some(value) => self.constant(value),
                        None => next,
                    };
                    match &value {
                        Ok(value) => range = range.start.min(value.value)..range.end.max(value.value),
                        Err(reason) => unknown = unknown.or_else(|| Some(reason.clone())),
                    }
                    next = value.clone().map(|value| Constant::enumerator(value.value + 1));
                    self.enumerators.insert(self.text(name), value);
                }
                "{" | "}" | "," => {}
                _ => return Err(Fault::new(child.start_byte(), "this is not understood as an enumerator")),
            }
        }
        Ok((range, unknown))
    }
}

fn member(name: Option<Box<str>>, ty: CType, applied: Applied, inside: Option<Inside>) -> Member {
    let (align, ty) = match applied.align {
        Some(Ok(align)) => (Some(align), ty),
        Some(Err(reason)) => (None, CType::new(Kind::Unsupported(reason))),
        None => (None, ty),
    };
    Member { name, ty, packed: applied.packed, align, inside, bit_field: applied.bit_field }
}
