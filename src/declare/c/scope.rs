//! Scopes of names (C11 6.2.1p4): a text's own, and one for each function prototype in it.
//!
//! Typedefs and symbols belong to the text. A prototype's scope holds the names of its parameters, and the tags and
//! enumerators that it declares. When it ends, the names that it hid are visible again.

use std::collections::HashMap;

use super::constant::Operand;
use super::reader::Reader;
use super::types::{Reason, TagKind, TypeTable};

/// The state that is restored when a prototype ends.
pub(super) struct PrototypeScope {
    parameters: usize,
    tags: usize,
    constants: usize,
}

/// Names that an inner scope has declared, each with its meaning outside.
type Hidden<'t, T> = Vec<(&'t str, Option<T>)>;

/// The names of parameters and constants in scope.
#[derive(Default)]
pub(super) struct Names<'t> {
    /// The names of parameters, with repetition.
    parameters: Vec<&'t str>,
    hidden_by_parameters: HashMap<&'t str, u32>,
    /// Enumerators, and objects declared with `constexpr`: their places in `all_constants`.
    constants: HashMap<&'t str, usize>,
    all_constants: Vec<NamedConstant<'t>>,
    hidden_constants: Hidden<'t, usize>,
}

struct NamedConstant<'t> {
    name: &'t str,
    value: Result<Operand, Reason>,
    /// It belongs to the text's own scope.
    is_outermost: bool,
}

impl<'t> Names<'t> {
    /// The constant of this name in scope.
    pub(super) fn constant(&self, name: &str) -> Option<&Result<Operand, Reason>> {
        self.constants.get(name).map(|&index| &self.all_constants[index].value)
    }

    /// The constants of the text's own scope, in order.
    pub(super) fn outermost_constants(&self) -> impl Iterator<Item = (&'t str, &Result<Operand, Reason>)> {
        let outermost = self.all_constants.iter().filter(|constant| constant.is_outermost);
        outermost.map(|constant| (constant.name, &constant.value))
    }
}

/// The names of structs, unions and enums in scope.
#[derive(Default)]
pub(super) struct TagNames<'t> {
    visible: HashMap<&'t str, usize>,
    /// The number of prototypes around the reader's place.
    depth: u32,
    hidden: Hidden<'t, usize>,
}

/// Where a tag is declared.
#[derive(Clone, Copy, Default)]
pub(super) struct TagScope {
    /// Its name is a tag, and not that of a typedef.
    pub(super) is_tagged: bool,
    depth: u32,
    /// It is known from a prototype that has ended and did not define it. C cannot name it any more. It is kept, because
    /// texts that go on to define it mean this type; a tag of another kind takes its place.
    left: bool,
}

impl TagScope {
    /// Returns whether the name belongs to the text's own scope.
    pub(super) const fn is_outermost(self) -> bool {
        self.depth == 0
    }
}

impl<'t> Reader<'t> {
    pub(super) fn enter_prototype(&mut self) -> PrototypeScope {
        self.types.tag_names.depth += 1;
        PrototypeScope {
            parameters: self.names.parameters.len(),
            tags: self.types.tag_names.hidden.len(),
            constants: self.names.hidden_constants.len(),
        }
    }

    pub(super) fn leave_prototype(&mut self, scope: &PrototypeScope) {
        let names = &mut self.names;
        for name in names.parameters.drain(scope.parameters..) {
            if let Some(count) = names.hidden_by_parameters.get_mut(name) {
                *count -= 1;
            }
        }
        for (name, before) in names.hidden_constants.drain(scope.constants..).rev() {
            restore(&mut names.constants, name, before);
        }
        self.types.leave_prototype(scope);
    }

    /// Declares a constant's name.
    pub(super) fn declare_constant(&mut self, name: &'t str, value: Result<Operand, Reason>) {
        let is_outermost = self.types.tag_names.depth == 0;
        let names = &mut self.names;
        let before = names.constants.insert(name, names.all_constants.len());
        if !is_outermost {
            names.hidden_constants.push((name, before));
        } else if let Some(before) = before {
            // Declared twice, which C does not allow: the last one counts.
            names.all_constants[before].is_outermost = false;
        }
        names.all_constants.push(NamedConstant { name, value, is_outermost });
    }

    /// Returns whether a parameter in scope bears the name.
    pub(super) fn is_hidden(&self, word: &str) -> bool {
        self.names.hidden_by_parameters.get(word).is_some_and(|&count| count > 0)
    }

    /// Begins the scope of a parameter's name.
    pub(super) fn hide(&mut self, name: &'t str) {
        self.names.parameters.push(name);
        *self.names.hidden_by_parameters.entry(name).or_default() += 1;
    }
}

impl<'t> TypeTable<'t> {
    /// The tag of this name (C11 6.7.2.3), which is made if it is new; `None` if it is of another kind. A body defines a tag of
    /// the innermost scope.
    pub(super) fn tag_named(&mut self, kind: TagKind, name: &'t str, has_body: bool) -> Option<usize> {
        let depth = self.tag_names.depth;
        if let Some(&index) = self.tag_names.visible.get(name) {
            let tag = &mut self.tags[index];
            let is_meant = !has_body || tag.scope.depth == depth;
            if is_meant && tag.kind == kind {
                return Some(index);
            }
            if is_meant && !tag.scope.left {
                return None;
            }
        }
        let index = self.tag_without_name(kind);
        let tag = &mut self.tags[index];
        tag.name = Some(name);
        tag.scope = TagScope { is_tagged: true, depth, left: false };
        self.show_tag(name, index);
        Some(index)
    }

    /// Makes a tag's name visible in the present scope.
    fn show_tag(&mut self, name: &'t str, index: usize) {
        let before = self.tag_names.visible.insert(name, index);
        if self.tag_names.depth > 0 {
            self.tag_names.hidden.push((name, before));
        } else {
            let ty = self.tag_type(index);
            self.tag_types.push((index, ty));
        }
    }

    fn leave_prototype(&mut self, scope: &PrototypeScope) {
        self.tag_names.depth -= 1;
        let ended = self.tag_names.hidden.split_off(scope.tags);
        for (name, before) in ended.into_iter().rev() {
            let inner = self.tag_names.visible.get(name).copied();
            restore(&mut self.tag_names.visible, name, before);
            if let Some(index) = inner.filter(|&index| before.is_none() && !self.tags[index].defined) {
                let scope = &mut self.tags[index].scope;
                (scope.depth, scope.left) = (self.tag_names.depth, true);
                self.show_tag(name, index);
            }
        }
    }
}

/// Gives a name the meaning that it had before.
fn restore<'t, T>(names: &mut HashMap<&'t str, T>, name: &'t str, before: Option<T>) {
    match before {
        Some(before) => names.insert(name, before),
        None => names.remove(name),
    };
}
