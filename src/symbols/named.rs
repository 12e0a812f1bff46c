//! The functions and statics of a library, by name.

use hotcall_jit::{Signature, Type};

use super::error::SymbolError;
use super::statics::Static;
use crate::function::function::Function;
use crate::function::options::FunctionOptions;
use crate::library::library::Library;

impl Library {
    /// The function with this name and signature.
    ///
    /// Nothing can check that the symbol is a function with this signature, so calls are unsafe. Variables are refused
    /// if the library's symbol table can be read, which is the case on Linux with glibc.
    ///
    /// # Errors
    ///
    /// * The errors of [`Library::symbol`], and those of making code for the signature.
    /// * The symbol is a variable, or a function that returns twice, such as `setjmp` and `vfork`.
    pub fn function(&self, name: &str, signature: &Signature) -> Result<Function, SymbolError> {
        self.function_with(name, signature, FunctionOptions::default())
    }

    /// The function with this name and signature.
    ///
    /// # Errors
    ///
    /// The errors of [`Library::function`].
    pub fn function_with(
        &self,
        name: &str,
        signature: &Signature,
        options: FunctionOptions,
    ) -> Result<Function, SymbolError> {
        let (mapping, _restore) = self.look_up()?;
        let address = mapping.require(name)?;
        mapping.check_function(name, address)?;
        Ok(Function::new(name.into(), address, signature, options, Some(mapping))?)
    }

    /// A function that may be missing; `None` if it is.
    ///
    /// # Errors
    ///
    /// The errors of [`Library::function`], except for a missing symbol.
    pub fn optional_function(
        &self,
        name: &str,
        signature: &Signature,
        options: FunctionOptions,
    ) -> Result<Option<Function>, SymbolError> {
        let (mapping, _restore) = self.look_up()?;
        let Some(address) = mapping.optional(name)? else { return Ok(None) };
        mapping.check_function(name, address)?;
        Ok(Some(Function::new(name.into(), address, signature, options, Some(mapping))?))
    }

    /// The variable with this name and type.
    ///
    /// A function is accepted as a variable too, because its bytes can be read.
    ///
    /// # Errors
    ///
    /// The errors of [`Library::symbol`], and a type that exceeds a limit.
    pub fn static_(&self, name: &str, ty: &Type) -> Result<Static, SymbolError> {
        let (mapping, _restore) = self.look_up()?;
        let address = mapping.require(name)?;
        Static::new(name.into(), address, ty, mapping)
    }

    /// A variable that may be missing; `None` if it is.
    ///
    /// # Errors
    ///
    /// The errors of [`Library::static_`], except for a missing symbol.
    pub fn optional_static(&self, name: &str, ty: &Type) -> Result<Option<Static>, SymbolError> {
        let (mapping, _restore) = self.look_up()?;
        let Some(address) = mapping.optional(name)? else { return Ok(None) };
        Static::new(name.into(), address, ty, mapping).map(Some)
    }
}
