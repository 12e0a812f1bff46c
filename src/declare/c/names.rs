//! Scopes of names (C11 6.2.1p4): a text's own, and one for each function prototype in it.
//!
//! Typedefs and symbols belong to the text. A prototype's scope holds the names of its parameters, and the tags and
//! enumerators that it declares. When it ends, the names that it hid are visible again.

use super::constant::Operand;
use super::scope::Scoped;
use super::tag::{TagKind, TagScope};
use super::types::TypeTable;

/// The names of parameters, tags and constants in scope.
#[derive(Default)]
pub(super) struct Names<'t> {
    parameters: Scoped<'t, ()>,
    tags: Scoped<'t, usize>,
    /// Enumerators, and objects declared with `constexpr`, by their indices in `all_constants`.
    constants: Scoped<'t, usize>,
    all_constants: Vec<NamedConstant<'t>>,
}

struct NamedConstant<'t> {
    name: &'t str,
    value: Operand,
    /// True if it belongs to the text's own scope.
    is_outermost: bool,
}

impl<'t> Names<'t> {
    /// Begins a prototype's scope.
    pub(super) fn enter_prototype(&mut self) {
        self.parameters.enter();
        self.tags.enter();
        self.constants.enter();
    }

    /// Ends a prototype's scope.
    pub(super) fn leave_prototype(&mut self, types: &mut TypeTable<'t>) {
        self.parameters.leave(|_, ()| ());
        self.constants.leave(|_, _| ());
        let mut gone = Vec::new();
        self.tags.leave(|name, index| gone.push((name, index)));
        for (name, index) in gone {
            let tag = &mut types.tags[index];
            if !tag.defined {
                (tag.scope.depth, tag.scope.left) = (self.tags.depth(), true);
                self.show_tag(types, name, index);
            }
        }
    }

    /// Begins the scope of a parameter's name.
    pub(super) fn hide(&mut self, name: &'t str) {
        self.parameters.declare(name, ());
    }

    /// Returns true if a parameter in scope has this name.
    pub(super) fn is_hidden(&self, word: &str) -> bool {
        self.parameters.get(word).is_some()
    }

    /// Declares a constant's name.
    pub(super) fn declare_constant(&mut self, name: &'t str, value: Operand) {
        let is_outermost = self.constants.depth() == 0;
        let before = self.constants.declare(name, self.all_constants.len());
        if let Some(before) = before.filter(|_| is_outermost) {
            // Declared twice, which C does not allow. The last declaration counts.
            self.all_constants[before].is_outermost = false;
        }
        self.all_constants.push(NamedConstant { name, value, is_outermost });
    }

    /// The constant of this name in scope.
    pub(super) fn constant(&self, name: &str) -> Option<&Operand> {
        self.constants.get(name).map(|index| &self.all_constants[index].value)
    }

    /// The constants of the text's own scope, in order.
    pub(super) fn outermost_constants(&self) -> impl Iterator<Item = (&'t str, &Operand)> {
        let outermost = self.all_constants.iter().filter(|constant| constant.is_outermost);
        outermost.map(|constant| (constant.name, &constant.value))
    }

    /// The tag of this name (C11 6.7.2.3), made if it is new; `None` if it is of another kind. A body defines a tag of
    /// the innermost scope.
    pub(super) fn tag(
        &mut self,
        types: &mut TypeTable<'t>,
        kind: TagKind,
        name: &'t str,
        has_body: bool,
    ) -> Option<usize> {
        let depth = self.tags.depth();
        if let Some(index) = self.tags.get(name) {
            let tag = &types.tags[index];
            let is_meant = !has_body || tag.scope.depth == depth;
            if is_meant && tag.kind == kind {
                return Some(index);
            }
            if is_meant && !tag.scope.left {
                return None;
            }
        }
        let index = types.tag_without_name(kind);
        let tag = &mut types.tags[index];
        tag.name = Some(name);
        tag.scope = TagScope { is_tagged: true, depth, left: false };
        self.show_tag(types, name, index);
        Some(index)
    }

    /// Makes a tag's name visible in the present scope.
    fn show_tag(&mut self, types: &mut TypeTable<'t>, name: &'t str, index: usize) {
        self.tags.declare(name, index);
        if self.tags.depth() == 0 {
            let ty = types.tag_type(index);
            types.tag_types.push((index, ty));
        }
    }
}
