//! From declarations to functions and statics.

use std::sync::Arc;

use super::error::SymbolError;
use super::statics::Static;
use crate::declare::declaration::{Declaration, Item};
use crate::function::function::Function;
use crate::function::options::FunctionOptions;
use crate::function::prototype::FoundPrototypes;
use crate::library::library::Library;
use crate::library::mapping::Mapping;

/// The symbol of a declaration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Symbol {
    /// A function.
    Function(Function),
    /// A variable.
    Static(Static),
}

impl Symbol {
    /// The function, if it is one.
    pub const fn as_function(&self) -> Option<&Function> {
        match self {
            Self::Function(function) => Some(function),
            Self::Static(_) => None,
        }
    }

    /// The variable, if it is one.
    pub const fn as_static(&self) -> Option<&Static> {
        match self {
            Self::Static(variable) => Some(variable),
            Self::Function(_) => None,
        }
    }
}

impl Library {
    /// The function or variable of a declaration, looked up under the declaration's symbol name. `None` if it is optional
    /// and missing.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::declare::Declaration;
    /// use hotcall::{Library, Signature, Symbol, Type};
    ///
    /// // SAFETY: loading libm runs no code that could do harm.
    /// let libm = unsafe { Library::open("libm.so.6") }?;
    /// let power = Declaration::function("power", Signature::new([Type::F64, Type::F64], Type::F64)?).symbol("pow");
    /// assert!(matches!(libm.declared(&power)?, Some(Symbol::Function(pow)) if pow.name() == "pow"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(target_os = "linux"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`Library::function_with`] and [`Library::static_`].
    pub fn declared(&self, declaration: &Declaration) -> Result<Option<Symbol>, SymbolError> {
        let (mapping, _restore) = self.look_up()?;
        mapping.declared(declaration, &Arc::from(declaration.symbol_name()), false, &mut FoundPrototypes::default())
    }
}

impl Mapping {
    /// The function or variable of a declaration. `key` shares its memory with the symbol's name if both are equal.
    pub(super) fn declared<'d>(
        self: &Arc<Self>,
        declaration: &'d Declaration,
        key: &Arc<str>,
        lazy: bool,
        prototypes: &mut FoundPrototypes<'d>,
    ) -> Result<Option<Symbol>, SymbolError> {
        let name = declaration.symbol_name();
        let name = if **key == *name { Arc::clone(key) } else { Arc::from(name) };
        let address = if declaration.optional { self.optional(&name)? } else { Some(self.require(&name)?) };
        let Some(address) = address else { return Ok(None) };
        let library = Arc::clone(self);
        Ok(Some(match &declaration.item {
            Item::Function(function) => {
                self.check_function(&name, address)?;
                let options = FunctionOptions::new().capture_errno(function.capture_errno).lazy(lazy);
                let prototype = prototypes.get(&name, &function.signature)?;
                Symbol::Function(Function::of_prototype(
                    name,
                    address,
                    (prototype, &function.signature),
                    options,
                    Some(library),
                )?)
            }
            Item::Static(item) => Symbol::Static(Static::new(name, address, &item.ty, library)?),
        }))
    }
}
