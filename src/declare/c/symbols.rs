//! The functions and variables that a text declares.

use std::collections::HashMap;

use super::attributes::Attributes;
use super::fault::Fault;
use super::node::{QualType, Reason};
use super::types::TypeTable;

/// A function or variable of the library.
pub(super) struct DeclaredSymbol<'t> {
    pub(super) name: &'t str,
    pub(super) at: usize,
    pub(super) ty: QualType,
    pub(super) is_function: bool,
    pub(super) attributes: Attributes<'t>,
}

/// The symbols of a text, in order.
#[derive(Default)]
pub(super) struct SymbolTable<'t> {
    pub(super) all: Vec<DeclaredSymbol<'t>>,
    by_name: HashMap<&'t str, usize>,
    last_function: Option<usize>,
    /// Names in the text that are not symbols of the library, each with its reason.
    pub(super) others: HashMap<&'t str, Reason>,
}

impl<'t> SymbolTable<'t> {
    pub(super) fn get(&self, name: &str) -> Option<&DeclaredSymbol<'t>> {
        self.by_name.get(name).map(|&index| &self.all[index])
    }

    /// The name of the function that was declared last.
    pub(super) fn last_function(&self) -> Option<&'t str> {
        self.last_function.map(|index| self.all[index].name)
    }

    /// Declares a symbol, for the first time or again.
    pub(super) fn declare(&mut self, types: &TypeTable<'t>, new: DeclaredSymbol<'t>) -> Result<(), Fault> {
        let is_function = new.is_function;
        let index = match self.by_name.get(new.name) {
            Some(&index) => {
                let old = &mut self.all[index];
                old.ty = types.composite(old.ty, new.ty).ok_or_else(|| Fault::conflict(new.at, new.name))?;
                old.attributes = old.attributes.and(&new.attributes);
                index
            }
            None => self.add(new),
        };
        self.set_last(index, is_function);
        Ok(())
    }

    /// Declares a symbol whose declaration cannot be read, unless the text also declares it elsewhere.
    pub(super) fn declare_unusable(
        &mut self,
        types: &mut TypeTable<'t>,
        (name, at): (&'t str, usize),
        why: Reason,
        is_function: bool,
    ) {
        let index = match self.by_name.get(name) {
            Some(&index) => index,
            None => {
                let ty = types.unknown(why);
                self.add(DeclaredSymbol { name, at, ty, is_function, attributes: Attributes::default() })
            }
        };
        self.set_last(index, is_function);
    }

    /// Gives the reason why a name is not a symbol, unless it already has one.
    pub(super) fn exclude(&mut self, name: &'t str, why: impl FnOnce() -> Reason) {
        self.others.entry(name).or_insert_with(why);
    }

    fn add(&mut self, symbol: DeclaredSymbol<'t>) -> usize {
        self.by_name.insert(symbol.name, self.all.len());
        self.all.push(symbol);
        self.all.len() - 1
    }

    const fn set_last(&mut self, index: usize, is_function: bool) {
        if is_function {
            self.last_function = Some(index);
        }
    }
}
