//! The tree of a text to declarations: what each declaration declares, in the order of the text.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::Fault;
use super::attribute::Effect;
use super::clean::Clean;
use super::constant::Constant;
use super::target::DataModel;
use super::types::{CType, FunctionType, Kind, Member, Reason, Shape, TagKind, Types, reason};
use crate::declare::{Declaration, Declarations, Item};

/// The deepest recursion over the tree.
const MAX_DEPTH: u32 = 200;

/// The node's children with the names of their fields.
pub(super) fn children<'t>(node: Node<'t>) -> Vec<(Option<&'t str>, Node<'t>)> {
    let mut cursor = node.walk();
    let mut children = Vec::new();
    let mut more = cursor.goto_first_child();
    while more {
        children.push((cursor.field_name(), cursor.node()));
        more = cursor.goto_next_sibling();
    }
    children
}

/// Reads a tree that has no errors.
pub(super) fn read(clean: &Clean, root: Node<'_>, target: DataModel) -> Result<Declarations, Fault> {
    let mut reader = Reader {
        clean,
        types: Types::new(target),
        enumerators: HashMap::new(),
        expressions: Vec::new(),
        claimed: vec![false; clean.attributes.len()],
        symbols: Vec::new(),
        by_name: HashMap::new(),
        last_function: None,
        depth: 0,
        used_at: None,
    };
    reader.unit(root)?;
    reader.check_attributes()?;
    reader.finish()
}

/// A reader of one text.
pub(super) struct Reader<'t> {
    pub(super) clean: &'t Clean,
    pub(super) types: Types,
    pub(super) enumerators: HashMap<&'t str, Result<Constant, Reason>>,
    /// The expressions appended to the text, by number.
    pub(super) expressions: Vec<Node<'t>>,
    /// Which attributes belong to something.
    claimed: Vec<bool>,
    symbols: Vec<Symbol<'t>>,
    by_name: HashMap<&'t str, usize>,
    last_function: Option<usize>,
    depth: u32,
    used_at: Option<usize>,
}

/// A function or variable of the library.
struct Symbol<'t> {
    name: &'t str,
    at: usize,
    /// The name in the library, where it is another.
    symbol: Option<Box<str>>,
    ty: CType,
}

/// One declaration: several declarators may follow one type.
pub(super) struct DeclarationOf<'t> {
    storage: Storage,
    /// The type that the declarators start from.
    pub(super) base: CType,
    /// Its attributes.
    shared: Applied,
    pub(super) declared: Vec<Declared<'t>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    Symbol,
    Typedef,
    /// `static`: not seen outside of its text.
    Hidden,
}

pub(super) struct Declared<'t> {
    pub(super) name: Option<(&'t str, usize)>,
    pub(super) ty: CType,
    applied: Applied,
    bit_field: bool,
}

/// Attributes put together.
#[derive(Clone, Default)]
struct Applied {
    packed: bool,
    align: Option<Result<u64, Reason>>,
    ty: Option<&'static str>,
    call: Option<&'static str>,
    symbol: Option<Box<str>>,
    bit_field: bool,
}

impl Applied {
    fn add_align(&mut self, align: Result<u64, Reason>) {
        self.align = Some(match (self.align.take(), align) {
            (Some(Err(reason)), _) | (_, Err(reason)) => Err(reason),
            (Some(Ok(old)), Ok(new)) => Ok(old.max(new)),
            (None, Ok(new)) => Ok(new),
        });
    }

    /// Both together.
    fn and(&self, other: Self) -> Self {
        let mut both = Self {
            packed: self.packed || other.packed,
            align: self.align.clone(),
            ty: self.ty.or(other.ty),
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

fn unsupported_type(what: &str) -> CType {
    CType::unsupported(format!("{what} cannot be passed"))
}

impl<'t> Reader<'t> {
    /// A node's text, as it was before cleaning.
    pub(super) fn text(&self, node: Node<'t>) -> &'t str {
        self.clean.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Where a node stands in the text, or where what was appended is used: this decides which macros hold.
    pub(super) fn place_of(&self, node: Node<'t>) -> usize {
        self.used_at.unwrap_or_else(|| node.start_byte())
    }

    /// Evaluates what was appended to the text as if it stood where it is used.
    pub(super) fn used_at<T>(&mut self, place: usize, evaluate: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.used_at.replace(place);
        let value = evaluate(self);
        self.used_at = outer;
        value
    }

    pub(super) fn reason_of(&self, fault: Fault) -> Reason {
        reason(fault.error(&self.clean.text).to_string())
    }

    /// Runs `read` one level deeper, if that is not too deep.
    pub(super) fn deeper<T>(
        &mut self,
        node: Node<'t>,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::new(node.start_byte(), format!("this nests deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// The value of a macro's body, used at `place`.
    pub(super) fn expanded(&mut self, expression: usize, place: usize) -> Result<Constant, Reason> {
        match self.expressions.get(expression) {
            Some(&node) => self.used_at(place, |reader| reader.constant(node)),
            None => Err(reason("a macro that is no expression")),
        }
    }

    fn unit(&mut self, root: Node<'t>) -> Result<(), Fault> {
        let children = children(root);
        let end = children.partition_point(|(_, child)| child.start_byte() < self.clean.appended_at);
        for &(_, child) in &children[end..] {
            let size = child.child_by_field_name("declarator").and_then(|array| array.child_by_field_name("size"));
            self.expressions.extend(size);
        }
        if self.expressions.len() != self.clean.origins.len() {
            return Err(Fault::new(self.clean.appended_at, "an attribute or macro does not hold one expression"));
        }
        self.items(&children[..end], 0)
    }

    fn items(&mut self, items: &[(Option<&str>, Node<'t>)], mut from: usize) -> Result<(), Fault> {
        for &(_, item) in items {
            self.item(item, from)?;
            from = item.end_byte();
        }
        Ok(())
    }

    fn item(&mut self, node: Node<'t>, from: usize) -> Result<(), Fault> {
        match node.kind() {
            "declaration" | "type_definition" => {
                let declaration = self.declaration(node, from, node.end_byte())?;
                self.declare_all(declaration)
            }
            "struct_specifier" | "union_specifier" | "enum_specifier" => {
                self.type_specifier(Some(node), node)?;
                // What stands before and after belongs to no object.
                self.claim(from..node.end_byte());
                Ok(())
            }
            "linkage_specification" => self.deeper(node, |reader| reader.linkage(node)),
            ";" | "{" | "}" | "comment" => Ok(()),
            "expression_statement" if node.child_count() == 1 => Ok(()),
            _ => Err(Fault::new(node.start_byte(), "this is not understood as a C declaration")),
        }
    }

    fn linkage(&mut self, node: Node<'t>) -> Result<(), Fault> {
        let value = node.child_by_field_name("value").map(|value| self.text(value));
        if value != Some("\"C\"") {
            return Err(Fault::new(node.start_byte(), "a linkage other than \"C\""));
        }
        match node.child_by_field_name("body") {
            Some(body) if body.kind() == "declaration_list" => self.items(&children(body), body.start_byte()),
            Some(body) => self.item(body, node.start_byte()),
            None => Ok(()),
        }
    }

    /// Reads one declaration; its attributes lie between `from` and `to`.
    pub(super) fn declaration(&mut self, node: Node<'t>, from: usize, to: usize) -> Result<DeclarationOf<'t>, Fault> {
        self.deeper(node, |reader| reader.declaration_inside(node, from, to))
    }

    fn declaration_inside(&mut self, node: Node<'t>, from: usize, to: usize) -> Result<DeclarationOf<'t>, Fault> {
        let parts = children(node);
        let first = parts.iter().position(|&(field, _)| field == Some("declarator")).unwrap_or(parts.len());
        let (specifiers, declarators) = parts.split_at(first);
        let mut storage = match node.kind() {
            "type_definition" => Storage::Typedef,
            _ => Storage::Symbol,
        };
        let mut specifier = None;
        for &(field, part) in specifiers {
            match part.kind() {
                _ if field == Some("type") => specifier = Some(part),
                "storage_class_specifier" if self.text(part) == "static" => storage = Storage::Hidden,
                _ => {}
            }
        }
        let mut base = self.type_specifier(specifier, node)?;
        let shared = self.claim(from..declarators.first().map_or(to, |(_, first)| first.start_byte()));
        if let Some(what) = shared.ty {
            base = unsupported_type(what);
        }
        let declared = self.declarators(declarators, &base, &shared, to)?;
        Ok(DeclarationOf { storage, base, shared, declared })
    }

    /// Reads `declarator, declarator: width, …;`.
    fn declarators(
        &mut self,
        parts: &[(Option<&str>, Node<'t>)],
        base: &CType,
        shared: &Applied,
        to: usize,
    ) -> Result<Vec<Declared<'t>>, Fault> {
        let mut all = Vec::new();
        let mut from = parts.first().map_or(to, |(_, first)| first.start_byte());
        for list in parts.split(|(_, part)| matches!(part.kind(), "," | ";")) {
            let Some(&(_, first)) = list.first() else { continue };
            // The zone of a declarator's attributes reaches from separator to separator.
            let end = list.last().map_or(first, |&(_, last)| last).end_byte();
            let next = parts.partition_point(|(_, part)| part.start_byte() < end);
            let until = parts.get(next).map_or(to, |(_, separator)| separator.start_byte());
            let declarator = self.declarator(first, base.clone())?;
            let own = self.claim(from..until);
            from = parts.get(next).map_or(to, |(_, separator)| separator.end_byte());
            let bit_field = list.iter().any(|(_, part)| part.kind() == "bitfield_clause");
            let mut ty = declarator.ty;
            if let Some(what) = own.ty {
                ty = unsupported_type(what);
            }
            let name = declarator.name.map(|name| (self.text(name), name.start_byte()));
            all.push(Declared { name, ty, applied: shared.and(own), bit_field });
        }
        Ok(all)
    }

    /// The attributes in a part of the text that belong to nothing yet, put together.
    fn claim(&mut self, range: Range<usize>) -> Applied {
        self.claim_while(range.start, |at, _| at < range.end, |_| true)
    }

    fn claim_while(
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
                Effect::Call(what) => applied.call = Some(what),
                Effect::Symbol(name) => applied.symbol = Some(name.clone()),
                Effect::BitField => applied.bit_field = true,
            }
        }
        applied
    }

    /// An attribute that nothing took would be ignored in silence.
    fn check_attributes(&self) -> Result<(), Fault> {
        for (attribute, claimed) in self.clean.attributes.iter().zip(&self.claimed) {
            if !claimed && !matches!(attribute.effect, Effect::Symbol(_)) {
                return Err(Fault::new(attribute.at, "an attribute in a place that is not supported"));
            }
        }
        Ok(())
    }

    /// The type that a specifier names or defines.
    pub(super) fn type_specifier(&mut self, node: Option<Node<'t>>, parent: Node<'t>) -> Result<CType, Fault> {
        let Some(node) = node else {
            return Err(Fault::new(parent.start_byte(), "a declaration without a type"));
        };
        match node.kind() {
            "primitive_type" | "type_identifier" => {
                let name = self.text(node);
                let unknown = || {
                    let fault = Fault::new(node.start_byte(), format!("unknown type `{name}`"));
                    CType::new(Kind::Unknown(self.reason_of(fault)))
                };
                Ok(self.types.named(name).unwrap_or_else(unknown))
            }
            "sized_type_specifier" => Ok(self.sized(node)),
            "struct_specifier" => self.deeper(node, |reader| reader.aggregate(node, TagKind::Struct)),
            "union_specifier" => self.deeper(node, |reader| reader.aggregate(node, TagKind::Union)),
            "enum_specifier" => self.deeper(node, |reader| reader.enumeration(node)),
            _ => {
                let fault = Fault::new(node.start_byte(), "this way to name a type is not supported");
                Ok(CType::new(Kind::Unknown(self.reason_of(fault))))
            }
        }
    }

    /// `unsigned long int` and its kin, in any order.
    fn sized(&self, node: Node<'t>) -> CType {
        use hotcall_jit::Scalar;
        let (mut signed, mut unsigned, mut long, mut short) = (0, 0, 0, 0);
        let mut base = None;
        for (_, word) in children(node) {
            match self.text(word) {
                "signed" | "__signed__" | "__signed" => signed += 1,
                "unsigned" => unsigned += 1,
                "long" => long += 1,
                "short" => short += 1,
                other => base = Some(other),
            }
        }
        let sign = unsigned == 0;
        let scalar = |signed_one, unsigned_one| CType::scalar(if sign { signed_one } else { unsigned_one });
        match (signed + unsigned, short, long, base) {
            (0 | 1, 0, 0, Some("char")) => {
                let scalar = if sign { Scalar::I8 } else { Scalar::U8 };
                CType::new(Kind::Scalar { scalar, character: true })
            }
            (0 | 1, 1, 0, None | Some("int")) => scalar(Scalar::I16, Scalar::U16),
            (0 | 1, 0, 0, None | Some("int")) => scalar(Scalar::I32, Scalar::U32),
            (0 | 1, 0, 1, None | Some("int")) => CType::scalar(self.types.target.long(sign)),
            (0 | 1, 0, 2, None | Some("int")) => scalar(Scalar::I64, Scalar::U64),
            (0, 0, 1, Some("double")) if self.types.target.short_long_double => CType::scalar(Scalar::F64),
            (0, 0, 1, Some("double")) => CType::unsupported("`long double` cannot be passed"),
            (_, 0, 0, Some("__int128")) => CType::unsupported("128-bit integers cannot be passed"),
            _ => {
                let fault = Fault::new(node.start_byte(), format!("`{}` is no type", self.text(node)));
                CType::new(Kind::Unknown(self.reason_of(fault)))
            }
        }
    }

    /// The tag that a specifier names, or a new one; and whether its body is to be read.
    fn tag(&mut self, node: Node<'t>, kind: TagKind) -> Result<usize, Fault> {
        let Some(name) = node.child_by_field_name("name") else {
            return Ok(self.types.tag_without_name(kind));
        };
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
        match applied.align {
            Some(Ok(align)) => shape.align = Some(align),
            Some(Err(reason)) => shape.unsupported = Some(reason),
            None => {}
        }
        if let Some(what) = applied.ty {
            shape.unsupported = Some(reason(format!("{what} cannot be passed")));
        }
        // Compilers differ in which of the two they go by.
        if pack != self.clean.packs.at(body.start_byte()) {
            shape.unsupported = Some(reason("`#pragma pack` changes inside the struct"));
        }
        shape
    }

    fn aggregate(&mut self, node: Node<'t>, kind: TagKind) -> Result<CType, Fault> {
        let tag = self.tag(node, kind)?;
        if let Some(body) = node.child_by_field_name("body") {
            let members = self.members(body)?;
            // The name may have been completed inside its own body.
            if self.types.tag(tag).value.is_some() {
                return Err(Fault::conflict(node.start_byte(), self.text(node)));
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
            members.push(member(None, declaration.base, shared));
            return;
        }
        for declared in declaration.declared {
            let name = declared.name.map(|(name, _)| name.into());
            let mut member = member(name, declared.ty, declared.applied);
            member.bit_field |= declared.bit_field;
            members.push(member);
        }
    }

    fn enumeration(&mut self, node: Node<'t>) -> Result<CType, Fault> {
        let tag = self.tag(node, TagKind::Enum)?;
        if let Some(body) = node.child_by_field_name("body") {
            let range = self.enumerator_list(body)?;
            let fixed = match node.child_by_field_name("underlying_type") {
                Some(ty) => Some(self.type_specifier(Some(ty), node)?),
                None => None,
            };
            let shape = self.shape(node, body);
            self.types.complete_enum(tag, range.start, range.end, fixed, &shape);
        }
        Ok(CType::new(Kind::Tag(tag)))
    }

    /// Declares enumerators; their smallest and greatest values.
    fn enumerator_list(&mut self, body: Node<'t>) -> Result<Range<i128>, Fault> {
        let mut range = 0..0;
        let mut next = Ok(Constant::int(0));
        for (_, child) in children(body) {
            match child.kind() {
                "enumerator" => {
                    let (name, value) = (child.child_by_field_name("name"), child.child_by_field_name("value"));
                    let name = name.ok_or_else(|| Fault::new(child.start_byte(), "an enumerator without a name"))?;
                    let value = match value {
                        Some(value) => self.constant(value),
                        None => next,
                    };
                    if let Ok(value) = value {
                        range = range.start.min(value.value)..range.end.max(value.value);
                    }
                    next = value.clone().map(|value| Constant::enumerator(value.value + 1));
                    self.enumerators.insert(self.text(name), value);
                }
                "{" | "}" | "," => {}
                _ => return Err(Fault::new(child.start_byte(), "this is not understood as an enumerator")),
            }
        }
        Ok(range)
    }

    fn declare_all(&mut self, declaration: DeclarationOf<'t>) -> Result<(), Fault> {
        for declared in declaration.declared {
            let Some((name, at)) = declared.name else { continue };
            if self.clean.macro_at(name, at).is_some() {
                let problem = format!("`{name}` is a macro; give the preprocessor's output instead (cc -E -P)");
                return Err(Fault::new(at, problem));
            }
            match declaration.storage {
                Storage::Typedef => self.declare_typedef(name, at, declared)?,
                Storage::Symbol => self.declare_symbol(name, at, declared)?,
                Storage::Hidden => {}
            }
        }
        Ok(())
    }

    fn declare_typedef(&mut self, name: &str, at: usize, declared: Declared<'t>) -> Result<(), Fault> {
        // `packed` on a typedef is without effect, as GCC warns; only a struct's definition can be packed.
        let mut ty = declared.ty;
        match declared.applied.align {
            Some(Ok(align)) => ty.align = Some(align),
            Some(Err(reason)) => ty = CType::new(Kind::Unsupported(reason)),
            None => {}
        }
        if self.types.declare(name, ty) { Ok(()) } else { Err(Fault::conflict(at, name)) }
    }

    fn declare_symbol(&mut self, name: &'t str, at: usize, declared: Declared<'t>) -> Result<(), Fault> {
        let mut ty = declared.ty;
        if let (Kind::Function(function), Some(what)) = (&ty.kind, declared.applied.call) {
            let function = FunctionType {
                params: Vec::new(),
                result: function.result.clone(),
                variadic: false,
                unspecified: false,
                unsupported: Some(reason(format!("it is called by {what}"))),
            };
            ty = CType::new(Kind::Function(Rc::new(function)));
        }
        let is_function = matches!(ty.kind, Kind::Function(_));
        let symbol = declared.applied.symbol;
        let index = match self.by_name.get(name) {
            Some(&index) => {
                let old = &mut self.symbols[index];
                if !redeclare(&mut old.ty, ty) {
                    return Err(Fault::conflict(at, name));
                }
                old.symbol = symbol.or(old.symbol.take());
                index
            }
            None => {
                self.symbols.push(Symbol { name, at, symbol, ty });
                self.by_name.insert(name, self.symbols.len() - 1);
                self.symbols.len() - 1
            }
        };
        if is_function {
            self.last_function = Some(index);
        }
        Ok(())
    }

    /// Everything is declared: structs that were incomplete may be complete now.
    fn finish(self) -> Result<Declarations, Fault> {
        let mut declarations = Declarations::new();
        for symbol in &self.symbols {
            let conflict = |_| Fault::conflict(symbol.at, symbol.name);
            match self.resolve(symbol) {
                Ok(declaration) => declarations.insert(declaration).map_err(conflict)?,
                Err(reason) => {
                    let function = matches!(symbol.ty.kind, Kind::Function(_));
                    declarations
                        .insert_unsupported(symbol.name.into(), (*reason).into(), function)
                        .map_err(conflict)?;
                }
            }
        }
        declarations.set_last_function(self.last_function.map(|index| self.symbols[index].name));
        Ok(declarations)
    }

    fn resolve(&self, symbol: &Symbol<'t>) -> Result<Declaration, Reason> {
        let mut declaration = match &symbol.ty.kind {
            Kind::Function(function) => {
                let mut declaration = Declaration::function(symbol.name, self.types.signature(function)?);
                if let Item::Function(item) = &mut declaration.item {
                    item.parameter_names = function.params.iter().map(|parameter| parameter.name.clone()).collect();
                }
                declaration
            }
            Kind::Array(array) if array.open => return Err(reason("an array without a length")),
            _ => Declaration::static_(symbol.name, self.types.value(&symbol.ty).ty?),
        };
        declaration.symbol = symbol.symbol.clone().filter(|name| **name != *symbol.name);
        Ok(declaration)
    }
}

fn member(name: Option<Box<str>>, ty: CType, applied: Applied) -> Member {
    let (align, ty) = match applied.align {
        Some(Ok(align)) => (Some(align), ty),
        Some(Err(reason)) => (None, CType::new(Kind::Unsupported(reason))),
        None => (None, ty),
    };
    Member { name, ty, packed: applied.packed, align, bit_field: applied.bit_field }
}

/// Declares a symbol again; `false` if it is something else.
fn redeclare(old: &mut CType, new: CType) -> bool {
    match (&old.kind, &new.kind) {
        // What cannot be used is not compared.
        (Kind::Unsupported(_) | Kind::Unknown(_), _) | (_, Kind::Unsupported(_) | Kind::Unknown(_)) => true,
        (Kind::Function(a), Kind::Function(b)) if a.unspecified || b.unspecified => {
            let agrees = a.result == b.result;
            if a.unspecified {
                *old = new;
            }
            agrees
        }
        (Kind::Array(a), Kind::Array(b)) if a.open || b.open => {
            if a.open {
                *old = new;
            }
            true
        }
        _ => *old == new,
    }
}
