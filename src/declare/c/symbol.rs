//! The meaning of declarations: typedefs, and the functions and variables of the library.

use std::collections::HashMap;
use std::sync::Arc;

use super::attribute::Attributes;
use super::declarator::InnerAttributes;
use super::layout::differently_aligned;
use super::reader::Reader;
use super::specifier::{Specifiers, Storage};
use super::types::{QualType, Reason, Tag, TypeNode, TypeTable, Warning, reason};
use super::{Fault, line_starts, position};
use crate::declare::error::Quoted;
use crate::declare::{Constant, Declaration, Declarations, Item, Mention, NamedType};

/// A name with its type, as a declarator gives them.
pub(super) struct Declared<'t> {
    pub(super) name: &'t str,
    /// The name's offset in the text.
    pub(super) at: usize,
    pub(super) ty: QualType,
    pub(super) attributes: Attributes<'t>,
    pub(super) inside: InnerAttributes,
}

/// A function or variable of the library.
pub(super) struct DeclaredSymbol<'t> {
    name: &'t str,
    at: usize,
    pub(super) ty: QualType,
    is_function: bool,
    attributes: Attributes<'t>,
}

impl<'t> Reader<'t> {
    pub(super) fn declare(&mut self, specifiers: &Specifiers<'t>, declared: Declared<'t>) -> Result<(), Fault> {
        match specifiers.storage {
            Storage::Typedef => self.declare_typedef(declared),
            Storage::Symbol => self.declare_symbol(declared),
            Storage::Hidden | Storage::Constexpr => {
                let why = || reason("it is `static`, and so not a symbol of the library");
                self.others.entry(declared.name).or_insert_with(why);
                Ok(())
            }
        }
    }

    fn declare_typedef(&mut self, declared: Declared<'t>) -> Result<(), Fault> {
        // `packed` on a typedef is without effect, as GCC warns; only a struct's definition can be packed.
        let mut ty = declared.ty;
        match declared.attributes.type_align() {
            Some(Ok(align)) => ty = ty.aligned(align as u32),
            Some(Err(why)) => ty = self.types.opaque(why, None),
            None => {}
        }
        if declared.inside.is_written() {
            self.warn_of_typedef(&declared, ty);
        }
        if self.types.declare(declared.name, ty) { Ok(()) } else { Err(Fault::conflict(declared.at, declared.name)) }
    }

    fn warn_of_typedef(&mut self, declared: &Declared<'t>, ty: QualType) {
        let Some(natural) = self.types.value(ty).extent.map(|extent| extent.align) else { return };
        let InnerAttributes { align, plain, .. } = declared.inside;
        let outside = declared.attributes.align.clone().and_then(Result::ok).unwrap_or(0);
        let by_clang = match align.max(outside) {
            0 => plain.map_or(natural, Into::into),
            asked => asked,
        };
        let by_gcc = ty.align.map_or(natural, Into::into);
        if by_clang != by_gcc {
            let what = differently_aligned(by_clang, by_gcc).into();
            self.types.warnings.push(Warning { tag: None, name: Some(declared.name), what });
        }
    }

    fn declare_symbol(&mut self, declared: Declared<'t>) -> Result<(), Fault> {
        let Declared { name, at, ty, attributes, .. } = declared;
        let is_function = matches!(self.types.node(ty), TypeNode::Function(_));
        let index = match self.by_name.get(name) {
            Some(&index) => {
                let old = &mut self.symbols[index];
                old.ty = self.types.composite(old.ty, ty).ok_or_else(|| Fault::conflict(at, name))?;
                old.attributes = old.attributes.and(&attributes);
                index
            }
            None => self.add_symbol(DeclaredSymbol { name, at, ty, is_function, attributes }),
        };
        if is_function {
            self.last_function = Some(index);
        }
        Ok(())
    }

    fn add_symbol(&mut self, symbol: DeclaredSymbol<'t>) -> usize {
        self.by_name.insert(symbol.name, self.symbols.len());
        self.symbols.push(symbol);
        self.symbols.len() - 1
    }

    /// Declares a symbol whose declaration cannot be read, unless the text has it elsewhere.
    pub(super) fn declare_unusable(&mut self, name: &'t str, at: usize, why: Reason, is_function: bool) {
        let index = match self.by_name.get(name) {
            Some(&index) => index,
            None => {
                let ty = self.types.unknown(why);
                self.add_symbol(DeclaredSymbol { name, at, ty, is_function, attributes: Attributes::default() })
            }
        };
        if is_function {
            self.last_function = Some(index);
        }
    }

    /// Everything is declared: structs that were incomplete may be complete now.
    pub(super) fn finish(mut self) -> Result<Declarations, Fault> {
        self.types.tell();
        let constants = self.all_constants();
        let mut declarations = Declarations::new();
        for warning in &self.types.warnings {
            let name = Quoted(warning.name.unwrap_or("without a name"));
            declarations.warn(match warning.tag {
                Some(tag) => format!("member {name} of `{}`: {}", self.types.title(tag), warning.what),
                None => format!("type {name}: {}", warning.what),
            });
        }
        for symbol in &self.symbols {
            let conflict = |_| Fault::conflict(symbol.at, symbol.name);
            match self.resolve(symbol) {
                Ok(declaration) => declarations.insert(declaration).map_err(conflict)?,
                Err(reason) => {
                    let name = symbol.name.into();
                    declarations.insert_unsupported(name, (*reason).into(), symbol.is_function).map_err(conflict)?;
                }
            }
        }
        declarations.set_last_function(self.last_function.map(|index| self.symbols[index].name));
        for name in self.source.macros.with_parameters() {
            declarations.insert_other(name, "it is a macro with parameters");
        }
        for (name, why) in &self.others {
            declarations.insert_other(name, why);
        }
        declarations.set_types(self.types.all());
        declarations.names = self.mentions(&constants);
        declarations.constants = constants.into_iter().map(|(name, constant)| (name.into(), constant)).collect();
        declarations.skipped = self.skipped;
        Ok(declarations)
    }

    /// The names of symbols, types and constants, each with its place in the text.
    fn mentions(&self, constants: &[(&'t str, Constant)]) -> HashMap<Box<str>, Mention> {
        let line_starts = line_starts(self.source.text);
        let mut mentions = HashMap::with_capacity(self.symbols.len() + self.types.count_names() + constants.len());
        let mut add = |name: Box<str>, written: &str, constant| {
            if let Some(place) = self.source.place_of(written) {
                mentions.insert(name, Mention { at: position(&line_starts, place), constant });
            }
        };
        self.symbols.iter().for_each(|symbol| add(symbol.name.into(), symbol.name, None));
        self.types.names().for_each(|(name, written, _)| add(name, written, None));
        constants.iter().enumerate().for_each(|(index, (name, _))| add((*name).into(), name, Some(index)));
        mentions
    }

    /// The enumerators, and the macros that stand for a constant.
    fn all_constants(&mut self) -> Vec<(&'t str, Constant)> {
        // A macro takes the place of an enumerator of its name.
        let enumerators =
            self.names.outermost_constants().filter(|(name, _)| self.source.macros.current(name).is_none());
        let known = enumerators.filter_map(|(name, value)| Some((name, value.as_ref().ok()?.constant()?)));
        let mut all: Vec<_> = known.collect();
        for (name, body) in self.source.macros.bodies_in_order() {
            let constant = self.macro_value(body);
            all.extend(constant.map(|constant| (name, constant)));
        }
        self.check_expansions();
        all
    }

    fn resolve(&self, symbol: &DeclaredSymbol<'t>) -> Result<Declaration, Reason> {
        let mut declaration = match self.types.as_function(symbol.ty) {
            Some(index) => {
                let told = match symbol.attributes.is_empty() {
                    true => self.types.told_function(index)?,
                    false => self.types.noted_function(index, &symbol.attributes.notes)?,
                };
                let mut declaration = Declaration::function(symbol.name, told.signature().clone());
                if let Item::Function(item) = &mut declaration.item {
                    item.parameter_names = Arc::clone(told.parameter_names());
                }
                declaration
            }
            None => {
                let ty = symbol.attributes.notes.on(self.types.object(symbol.ty)?);
                let mut declaration = Declaration::static_(symbol.name, ty);
                if let Item::Static(item) = &mut declaration.item {
                    item.is_const = self.types.is_const(symbol.ty);
                }
                declaration
            }
        };
        declaration.optional = symbol.attributes.notes.optional;
        let renamed = symbol.attributes.symbol.as_deref().filter(|&name| name != symbol.name);
        declaration.symbol = renamed.map(Into::into);
        Ok(declaration)
    }
}

impl<'t> TypeTable<'t> {
    /// The types with names: each as users have it, and as the text has it.
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

    fn all(&self) -> Vec<NamedType> {
        let named = |(name, _, ty): (Box<str>, &str, QualType)| {
            let extent = self.extent(ty).ok().map(|extent| (extent.size, extent.align));
            let (pointee, target) = (self.pointee(ty), self.target(ty));
            let is_const = self.is_const(ty);
            NamedType { name, ty: self.told(ty).map_err(|why| (*why).into()), extent, pointee, target, is_const }
        };
        self.names().map(named).collect()
    }

    /// The type of a variable. What lies at the address of one of incomplete type is not known, so it has no members.
    fn object(&self, ty: QualType) -> Result<hotcall_jit::Type, Reason> {
        let opaque = |name: &str| {
            let ty = hotcall_jit::Type::structure::<hotcall_jit::Type>([]);
            ty.map(|ty| ty.named(name)).map_err(|error| reason(error.to_string()))
        };
        match self.tag(ty) {
            Some(Tag { value: None, name, .. }) => opaque(name.unwrap_or_default()),
            _ if matches!(self.node(ty), TypeNode::Void) => opaque("void"),
            _ => self.told(ty),
        }
    }
}
