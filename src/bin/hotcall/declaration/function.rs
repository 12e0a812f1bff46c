//! The function that declarations declare.

use std::sync::Arc;

use hotcall::Signature;
use hotcall::declare::{Declaration, DeclarationError, Declarations};

use crate::declaration::error::SourceError;
use crate::declaration::source::Source;
use crate::text::quote::shorten;
use crate::text::suggestion::suggestion;

/// A function that is declared.
pub(crate) struct DeclaredFunction {
    pub(crate) symbol: String,
    pub(crate) signature: Signature,
    pub(crate) capture_errno: bool,
    parameter_names: Arc<[Option<Box<str>>]>,
    /// All that the text declares.
    pub(crate) declarations: Arc<Declarations>,
}

impl DeclaredFunction {
    /// Reads the function of this name from a text, or its only one. `hint` says how to choose one of several.
    pub(crate) fn read(source: &Source, name: Option<&str>, hint: &str) -> Result<Self, SourceError> {
        let declarations = source.read()?;
        let found = match name {
            Some(name) => named(&declarations, name)?,
            None => only(&declarations, hint)?,
        };
        let declaration = found.map_err(|error| source.error(&error))?;
        let function = declaration.as_function().ok_or_else(|| not_a_function(&declaration.key, "a variable"))?;
        Ok(Self {
            symbol: declaration.symbol_name().to_owned(),
            signature: function.signature.clone(),
            capture_errno: function.capture_errno,
            parameter_names: function.parameter_names.clone(),
            declarations: Arc::new(declarations),
        })
    }

    /// The name of a parameter, if the declaration gives it.
    pub(crate) fn parameter_name(&self, index: usize) -> Option<&str> {
        self.parameter_names.get(index)?.as_deref()
    }
}

/// A declaration, or the reason why it cannot be used.
type Found<'a> = Result<&'a Declaration, DeclarationError>;

/// The function of this name. The error says if the name is declared as something else.
fn named<'a>(declarations: &'a Declarations, name: &str) -> Result<Found<'a>, SourceError> {
    let is_type = || {
        let kinds = ["", "struct ", "union ", "enum "];
        kinds.iter().any(|kind| declarations.type_named(&format!("{kind}{name}")).is_some())
    };
    match declarations.get(name) {
        Ok(declaration) => Ok(Ok(declaration)),
        Err(_) if declarations.constants().any(|(known, _)| known == name) => Err(not_a_function(name, "a constant")),
        Err(DeclarationError::Missing { .. }) if is_type() => Err(not_a_function(name, "a type")),
        Err(DeclarationError::Missing { .. }) => {
            let hint = suggestion(name, declarations.functions());
            let hint = hint.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            Err(SourceError::no_function(format!("`{}` is not declared{hint}", shorten(name))))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// The function of a text that declares one.
fn only<'a>(declarations: &'a Declarations, hint: &str) -> Result<Found<'a>, SourceError> {
    let count = declarations.functions().count();
    if count < 2 {
        return Ok(declarations.last_function());
    }
    let shown: Vec<String> = declarations.functions().take(MAX_LISTED).map(shorten).collect();
    let rest = if count > MAX_LISTED { ", …" } else { "" };
    Err(SourceError::no_function(format!("the text declares {count} functions ({}{rest}): {hint}", shown.join(", "))))
}

/// The number of functions that a message lists.
const MAX_LISTED: usize = 12;

fn not_a_function(name: &str, kind: &str) -> SourceError {
    SourceError::no_function(format!("`{}` is {kind}, not a function", shorten(name)))
}
