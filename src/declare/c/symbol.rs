//! What declarations declare: typedefs, and the functions and variables of the library.

use std::rc::Rc;

use super::Fault;
use super::complete::differently_aligned;
use super::declarator::Inside;
use super::syntax::{DeclarationOf, Declared, Reader, Storage};
use super::types::{CType, FunctionType, Kind, Reason, Warning, reason};
use crate::declare::error::Quoted;
use crate::declare::{Declaration, Declarations, Item};

/// A function or variable of the library.
pub(super) struct Symbol<'t> {
    name: &'t str,
    at: usize,
    /// The name in the library, where it is another.
    symbol: Option<Box<str>>,
    ty: CType,
}

impl<'t> Reader<'t> {
    pub(super) fn declare_all(&mut self, declaration: DeclarationOf<'t>) -> Result<(), Fault> {
        for declared in declaration.declared {
            let Some((name, at)) = declared.name else { continue };
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
        let mut ty = called_by(declared.ty, declared.applied.call);
        match declared.applied.type_align() {
            Some(Ok(align)) => ty.align = Some(align),
            Some(Err(reason)) => ty = CType::new(Kind::Unsupported(reason)),
            None => {}
        }
        if let Some(inside) = declared.inside {
            self.warn_of_typedef(name, &ty, inside, declared.applied.align);
        }
        if self.types.declare(name, ty) { Ok(()) } else { Err(Fault::conflict(at, name)) }
    }

    fn warn_of_typedef(&mut self, name: &str, ty: &CType, inside: Inside, asked: Option<Result<u64, Reason>>) {
        let Some(natural) = self.types.value(ty).extent.map(|extent| extent.align) else { return };
        let outside = asked.and_then(Result::ok).unwrap_or(0);
        let by_clang = match inside.align.max(outside) {
            0 => inside.plain.unwrap_or(natural),
            asked => asked,
        };
        let by_gcc = ty.align.unwrap_or(natural);
        if by_clang != by_gcc {
            let what = differently_aligned(by_clang, by_gcc).into();
            self.types.warnings.push(Warning { tag: None, name: Some(name.into()), what });
        }
    }

    fn declare_symbol(&mut self, name: &'t str, at: usize, declared: Declared<'t>) -> Result<(), Fault> {
        let ty = called_by(declared.ty, declared.applied.call);
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
    pub(super) fn finish(self) -> Result<Declarations, Fault> {
        let mut declarations = Declarations::new();
        for warning in &self.types.warnings {
            let name = Quoted(warning.name.as_deref().unwrap_or("without a name"));
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

/// The type, which cannot be used if it is a function that is called by other rules.
fn called_by(ty: CType, rules: Option<&str>) -> CType {
    let (Kind::Function(function), Some(what)) = (&ty.kind, rules) else { return ty };
    let function = FunctionType {
        params: Vec::new(),
        result: function.result.clone(),
        variadic: false,
        unspecified: false,
        unsupported: Some(reason(format!("it is called by {what}"))),
    };
    CType::new(Kind::Function(Rc::new(function)))
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
