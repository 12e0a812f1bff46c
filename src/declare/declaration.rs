//! One symbol of a library, and its builders.

use std::sync::Arc;

use hotcall_jit::{Signature, Type};

/// One symbol of a library.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Declaration {
    /// The name that it is exposed under.
    pub key: Box<str>,
    /// The name that is looked up in the library, where it is another than the key.
    pub symbol: Option<Box<str>>,
    /// The library may lack it.
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
    /// Its type.
    pub ty: Type,
    /// It is `const`: writing to it may end the process.
    pub is_const: bool,
}

/// A function.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct FunctionDeclaration {
    /// Its type.
    pub signature: Signature,
    /// The runtime shall call it on another thread.
    pub nonblocking: bool,
    /// `errno` is read straight after each call.
    pub capture_errno: bool,
    /// The parameters' names, as far as the declaration gives them: by index, or empty.
    pub parameter_names: Arc<[Option<Box<str>>]>,
}

impl Declaration {
    /// A function.
    pub fn function(key: impl Into<Box<str>>, signature: Signature) -> Self {
        let function = FunctionDeclaration {
            signature,
            nonblocking: false,
            capture_errno: false,
            parameter_names: Arc::default(),
        };
        Self { key: key.into(), symbol: None, optional: false, item: Item::Function(function) }
    }

    /// A variable.
    pub fn static_(key: impl Into<Box<str>>, ty: Type) -> Self {
        let item = Item::Static(StaticDeclaration { ty, is_const: false });
        Self { key: key.into(), symbol: None, optional: false, item }
    }

    /// Looked up in the library under another name.
    pub fn symbol(self, symbol: impl Into<Box<str>>) -> Self {
        Self { symbol: Some(symbol.into()), ..self }
    }

    /// The library may lack it.
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// To be called on another thread; without effect on a variable.
    pub fn nonblocking(self) -> Self {
        self.with_function(|function| function.nonblocking = true)
    }

    /// `errno` is read after each call; without effect on a variable.
    pub fn capture_errno(self) -> Self {
        self.with_function(|function| function.capture_errno = true)
    }

    /// The parameters' names, by index; without effect on a variable.
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
