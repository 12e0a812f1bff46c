//! Makes declarations of everything that was read.

use std::collections::HashMap;
use std::sync::Arc;

use hotcall_jit::Type;

use super::attributes::AttributeSet;
use super::fault::{Fault, position};
use super::lex::TokenKind;
use super::literal;
use super::node::{QualType, Reason, TypeNode, reason};
use super::reader::{Reader, TOO_MUCH};
use super::symbols::DeclaredSymbol;
use super::tag::Tag;
use super::told::Told;
use super::types::TypeTable;
use crate::declare::declaration::{Declaration, FunctionDeclaration, Item, StaticDeclaration};
use crate::declare::declarations::{Declarations, Mention};
use crate::declare::error::Quoted;
use crate::declare::named::{Constant, NamedType};

impl<'t> Reader<'t> {
    /// Runs after everything is declared: structs that were incomplete may be complete now.
    pub(super) fn finish(mut self) -> Result<Declarations, Fault> {
        let constants = self.all_constants();
        let mut told = Told::new(&self.types);
        told.tell_members();
        let mut declarations = Declarations::new();
        for warning in &self.types.warnings {
            let name = Quoted(warning.name.unwrap_or("without a name"));
            declarations.warn(match warning.tag {
                Some(tag) => format!("member {name} of `{}`: {}", self.types.title(tag), warning.what),
                None => format!("type {name}: {}", warning.what),
            });
        }
        for symbol in &self.symbols.all {
            let added = match told.declaration(symbol) {
                Ok(declaration) => declarations.insert(declaration),
                Err(why) => declarations.insert_unsupported(symbol.name.into(), (*why).into(), symbol.is_function),
            };
            added.map_err(|_| Fault::conflict(symbol.at, symbol.name))?;
        }
        declarations.set_last_function(self.symbols.last_function());
        for name in self.source.macros.with_parameters() {
            declarations.insert_other(name, "it is a macro with parameters");
        }
        for (name, why) in &self.symbols.others {
            declarations.insert_other(name, why);
        }
        declarations.set_types(self.types.names().map(|(name, _, ty)| told.named(name, ty)).collect());
        declarations.names = self.mentions(&constants);
        declarations.constants = constants.into_iter().map(|(name, constant)| (name.into(), constant)).collect();
        declarations.skipped = self.skipped;
        Ok(declarations)
    }

    /// The names of symbols, types and constants, each with its place in the text.
    fn mentions(&self, constants: &[(&'t str, Constant)]) -> HashMap<Box<str>, Mention> {
        let mut mentions = HashMap::with_capacity(self.symbols.all.len() + self.types.count_names() + constants.len());
        let mut add = |name: Box<str>, written: &str, constant| {
            if let Some(place) = self.source.place_of(written) {
                mentions.insert(name, Mention { at: position(self.line_starts(), place), constant });
            }
        };
        self.symbols.all.iter().for_each(|symbol| add(symbol.name.into(), symbol.name, None));
        self.types.names().for_each(|(name, written, _)| add(name, written, None));
        constants.iter().enumerate().for_each(|(index, (name, _))| add((*name).into(), name, Some(index)));
        mentions
    }

    /// The enumerators, and the macros whose bodies are constants.
    fn all_constants(&mut self) -> Vec<(&'t str, Constant)> {
        // A macro replaces an enumerator of its name.
        let enumerators =
            self.names.outermost_constants().filter(|(name, _)| self.source.macros.current(name).is_none());
        let known = enumerators.filter_map(|(name, value)| Some((name, value.constant()?)));
        let mut all: Vec<_> = known.collect();
        for (name, body) in self.source.macros.bodies_in_order() {
            let constant = self.macro_value(body);
            all.extend(constant.map(|constant| (name, constant)));
        }
        if self.expansions == 0 {
            self.skipped(Fault::new(self.source.text.len(), TOO_MUCH));
        }
        all
    }

    /// The value of a macro's body, at the end of the text: a number, or the bytes of string literals (C11 6.4.5).
    fn macro_value(&mut self, body: usize) -> Option<Constant> {
        (self.at, self.used_at) = (self.text_end, self.source.text.len());
        // A second end follows the body.
        self.source.tokens.push(self.token());
        let mut read = || {
            self.enter(body)?;
            self.expand()?;
            Ok::<_, Fault>(match self.token().kind == TokenKind::Text {
                true => self.strings().map(Constant::Text),
                false => self.conditional()?.constant(),
            })
        };
        let value = read();
        let is_whole = self.at == self.text_end + 1;
        self.at = self.text_end;
        self.leave_macros();
        value.ok().filter(|_| is_whole).flatten()
    }

    /// The bytes of the string literals that come next, through macros.
    fn strings(&mut self) -> Option<Box<[u8]>> {
        let mut bytes = Vec::new();
        while self.token().kind == TokenKind::Text {
            let text = self.text(self.token());
            literal::string(text.strip_prefix('"')?.strip_suffix('"')?, &mut bytes)?;
            self.at += 1;
            self.expand().ok()?;
        }
        Some(bytes.into())
    }
}

impl<'t> TypeTable<'t> {
    /// The types with names, each with its public name and its name in the text.
    fn names(&self) -> impl Iterator<Item = (Box<str>, &'t str, QualType)> {
        let tags = self.tag_types.iter().filter_map(|&(index, ty)| {
            let tag = &self.tags[index];
            Some((format!("{} {}", tag.kind.word(), tag.name?).into(), tag.name?, ty))
        });
        tags.chain(self.typedefs_in_order.iter().map(|&(name, ty)| (name.into(), name, ty)))
    }

    fn count_names(&self) -> usize {
        self.tag_types.len() + self.typedefs_in_order.len()
    }
}

impl<'t> Told<'_, 't> {
    fn declaration(&mut self, symbol: &DeclaredSymbol<'t>) -> Result<Declaration, Reason> {
        let AttributeSet { notes, symbol: renamed, .. } = &*symbol.attributes;
        let item = match self.types.as_function(symbol.ty) {
            Some(index) => {
                let told = match symbol.attributes.is_empty() {
                    true => self.function(index)?,
                    false => self.noted_function(index, notes)?,
                };
                Item::Function(FunctionDeclaration {
                    signature: told.signature().clone(),
                    nonblocking: false,
                    capture_errno: false,
                    parameter_names: Arc::clone(told.parameter_names()),
                })
            }
            None => Item::Static(StaticDeclaration {
                ty: notes.pointer.on(self.object(symbol.ty)?),
                is_const: self.types.is_const(symbol.ty),
            }),
        };
        let renamed = renamed.as_deref().filter(|&name| name != symbol.name).map(Into::into);
        Ok(Declaration { key: symbol.name.into(), symbol: renamed, optional: notes.optional, item })
    }

    /// The type of a variable. If it is incomplete, the contents are not known, so it has no members.
    fn object(&mut self, ty: QualType) -> Result<Type, Reason> {
        let opaque = |name: &str| Type::structure::<Type>([]).map(|ty| ty.named(name)).map_err(reason);
        match self.types.tag(ty) {
            Some(Tag { value: None, name, .. }) => opaque(name.unwrap_or_default()),
            _ if matches!(self.types.node(ty), TypeNode::Void) => opaque("void"),
            _ => self.value(ty),
        }
    }

    fn named(&mut self, name: Box<str>, ty: QualType) -> NamedType {
        NamedType {
            name,
            ty: self.value(ty).map_err(|why| (*why).into()),
            extent: self.types.extent(ty).ok().map(|extent| (extent.size, extent.align)),
            pointee: self.types.pointee(ty),
            target: self.target(ty),
            is_const: self.types.is_const(ty),
        }
    }
}
