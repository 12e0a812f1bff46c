//! The tree of a text to declarations: what each declaration declares, in the order of the text.

use std::collections::HashMap;

use tree_sitter::Node;

use super::applied::Applied;
use super::clean::Clean;
use super::constant::Constant;
use super::declarator::Inside;
use super::directive::is_macro;
use super::symbol::Symbol;
use super::target::DataModel;
use super::types::{CType, Kind, Reason, TagKind, Types, reason};
use super::{Fault, line_starts};
use crate::declare::Declarations;
use crate::declare::error::Quoted;

/// The deepest recursion over the tree.
pub(super) const MAX_DEPTH: u32 = 200;

/// The most expressions evaluated where macros and attributes are used: macros that use macros grow without end.
const MAX_EXPANDED: u32 = 1 << 20;

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
        line_starts: line_starts(&clean.text),
        types: Types::new(target),
        enumerators: HashMap::new(),
        expressions: Vec::new(),
        claimed: vec![false; clean.attributes.len()],
        symbols: Vec::new(),
        by_name: HashMap::new(),
        last_function: None,
        depth: 0,
        used_at: None,
        expanded: 0,
    };
    reader.unit(root)?;
    reader.check_attributes()?;
    reader.finish()
}

/// A reader of one text.
pub(super) struct Reader<'t> {
    pub(super) clean: &'t Clean,
    line_starts: Vec<usize>,
    pub(super) types: Types,
    pub(super) enumerators: HashMap<&'t str, Result<Constant, Reason>>,
    /// The expressions appended to the text, by number.
    pub(super) expressions: Vec<Node<'t>>,
    /// Which attributes belong to something.
    pub(super) claimed: Vec<bool>,
    pub(super) symbols: Vec<Symbol<'t>>,
    pub(super) by_name: HashMap<&'t str, usize>,
    pub(super) last_function: Option<usize>,
    depth: u32,
    used_at: Option<usize>,
    /// How many expressions were evaluated in macros and attributes.
    expanded: u32,
}

/// One declaration: several declarators may follow one type.
pub(super) struct DeclarationOf<'t> {
    pub(super) storage: Storage,
    /// The type that the declarators start from.
    pub(super) base: CType,
    /// Its attributes.
    pub(super) shared: Applied,
    pub(super) declared: Vec<Declared<'t>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Symbol,
    Typedef,
    /// `static`: not seen outside of its text.
    Hidden,
}

pub(super) struct Declared<'t> {
    pub(super) name: Option<(&'t str, usize)>,
    pub(super) ty: CType,
    pub(super) applied: Applied,
    pub(super) inside: Option<Inside>,
    pub(super) bit_field: bool,
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
        reason(fault.error_in(&self.clean.text, &self.line_starts).to_string())
    }

    /// Counts an expression that is evaluated.
    pub(super) fn count_expanded(&mut self) -> Result<(), Reason> {
        self.expanded += u32::from(self.used_at.is_some() && self.expanded < MAX_EXPANDED);
        if self.expanded < MAX_EXPANDED { Ok(()) } else { Err(reason("the macros stand for too much")) }
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
        if declarators.is_empty() {
            base = shared.with_mode(base, &self.types);
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
            let applied = shared.and(own);
            let ty = applied.with_mode(ty, &self.types);
            all.push(Declared { name, ty, applied, inside: declarator.inside, bit_field });
        }
        Ok(all)
    }

    /// The type that a specifier names or defines.
    pub(super) fn type_specifier(&mut self, node: Option<Node<'t>>, parent: Node<'t>) -> Result<CType, Fault> {
        let Some(node) = node else {
            return Err(Fault::new(parent.start_byte(), "a declaration without a type"));
        };
        match node.kind() {
            "primitive_type" | "type_identifier" => {
                let name = self.text(node);
                if let Some(macro_) = self.macro_for_type(node) {
                    return Ok(macro_);
                }
                let unknown = || {
                    let fault = Fault::new(node.start_byte(), format!("unknown type {}", Quoted(name)));
                    CType::new(Kind::Unknown(self.reason_of(fault)))
                };
                Ok(self.types.named(name).unwrap_or_else(unknown))
            }
            "sized_type_specifier" => {
                let words = children(node);
                let defined = words.into_iter().find_map(|(_, word)| self.macro_for_type(word));
                Ok(defined.unwrap_or_else(|| self.sized(node)))
            }
            "struct_specifier" => self.deeper(node, |reader| reader.aggregate(node, TagKind::Struct)),
            "union_specifier" => self.deeper(node, |reader| reader.aggregate(node, TagKind::Union)),
            "enum_specifier" => self.deeper(node, |reader| reader.enumeration(node)),
            // The grammar takes `type (name);` for a macro. Read on, the member would be lost.
            "macro_type_specifier" => {
                Err(Fault::new(node.start_byte(), "a declared name in parentheses is not supported here"))
            }
            _ => {
                let fault = Fault::new(node.start_byte(), "this way to name a type is not supported");
                Ok(CType::new(Kind::Unknown(self.reason_of(fault))))
            }
        }
    }

    /// What a type's name is, if it is a macro here: only the preprocessor knows what it stands for.
    fn macro_for_type(&self, name: Node<'t>) -> Option<CType> {
        let fault = self.refuse_macro(name).err()?;
        Some(CType::new(Kind::Unknown(self.reason_of(fault))))
    }

    /// A name that is a macro is not what the text shows.
    pub(super) fn refuse_macro(&self, name: Node<'t>) -> Result<(), Fault> {
        let text = self.text(name);
        match self.clean.macro_at(text, self.place_of(name)) {
            Some(_) => Err(Fault::new(name.start_byte(), is_macro(text))),
            None => Ok(()),
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
                let fault = Fault::new(node.start_byte(), format!("{} is no type", Quoted(self.text(node))));
                CType::new(Kind::Unknown(self.reason_of(fault)))
            }
        }
    }
}
