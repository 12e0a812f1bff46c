//! One symbol of a library, and its builders.

use std::sync::Arc;

use hotcall_jit::{Signature, Type};

/// One symbol of a library.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Declaration {
    /// The name that it is exposed under.
    pub key: Box<str>,
    /// The name that is looked up in the library, if it differs from the key.
    pub symbol: Option<Box<str>>,
    /// True if the library may lack the symbol.
    pub optional: bool,
    /// The function or variable.
    pub item: Item,
}

/// The kind of a symbol.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Item {
    /// A function.
    Function(FunctionDeclaration),
    /// A variable.
    Static(StaticDeclaration),
}

/// A variable.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct StaticDeclaration {
    /// The variable's type.
    pub ty: Type,
    /// True if it is `const`: writing to it may end the process.
    pub is_const: bool,
}

/// A function.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct FunctionDeclaration {
    /// The function's type.
    pub signature: Signature,
    /// True if the runtime should call it on another thread.
    pub nonblocking: bool,
    /// True if `errno` is read straight after each call.
    pub capture_errno: bool,
    /// The parameters' names by index. Names that the declaration does not give are `None` or missing.
    pub parameter_names: Arc<[Option<Box<str>>]>,
}

impl Declaration {
    /// Declares a function.
    pub fn function(key: impl Into<Box<str>>, signature: Signature) -> Self {
        let function = FunctionDeclaration {
            signature,
            nonblocking: false,
            capture_errno: false,
            parameter_names: Arc::default(),
        };
        Self { key: key.into(), symbol: None, optional: false, item: Item::Function(function) }
    }

    /// Declares a variable.
    pub fn static_(key: impl Into<Box<str>>, ty: Type) -> Self {
        let item = Item::Static(StaticDeclaration { ty, is_const: false });
        Self { key: key.into(), symbol: None, optional: false, item }
    }

    /// Sets another name to look up in the library.
    pub fn symbol(self, symbol: impl Into<Box<str>>) -> Self {
        Self { symbol: Some(symbol.into()), ..self }
    }

    /// Marks a symbol that the library may lack.
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Marks a function to be called on another thread. Has no effect on a variable.
    pub fn nonblocking(self) -> Self {
        self.with_function(|function| function.nonblocking = true)
    }

    /// Marks a function after whose calls `errno` is read. Has no effect on a variable.
    pub fn capture_errno(self) -> Self {
        self.with_function(|function| function.capture_errno = true)
    }

    /// Sets the parameters' names, by index. Has no effect on a variable.
    pub fn parameter_names(self, names: impl IntoIterator<Item = Option<Box<str>>>) -> Self {
        self.with_function(|function| function.parameter_names = names.into_iter().collect())
    }

    fn with_function(mut self, change: impl FnOnce(&mut FunctionDeclaration)) -> Self {
        if let Item::Function(function) = &mut self.item {
            change(function);
        }
        self
    }

    /// The name that is looked up in the library.
    pub fn symbol_name(&self) -> &str {
        self.symbol.as_deref().unwrap_or(&self.key)
    }

    /// The function, if it is one.
    pub const fn as_function(&self) -> Option<&FunctionDeclaration> {
        match &self.item {
            Item::Function(function) => Some(function),
            Item::Static(_) => None,
        }
    }

    /// The variable, if it is one.
    pub const fn as_static(&self) -> Option<&StaticDeclaration> {
        match &self.item {
            Item::Static(variable) => Some(variable),
            Item::Function(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builders_set_what_they_say() {
        let signature = Signature::new([], None).unwrap();
        let declaration = Declaration::function("f", signature).symbol("g").optional().nonblocking().capture_errno();
        assert_eq!(declaration.symbol_name(), "g");
        assert!(declaration.optional);
        let function = declaration.as_function().unwrap();
        assert!(function.nonblocking && function.capture_errno);
    }
}
