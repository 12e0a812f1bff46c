//! The function that a declaration text declares, and the types of one call of it.

use std::ffi::OsString;

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Signature, Type};

use crate::failure::{Count, Failure};
use crate::{options, word};

/// The last function of a declaration text.
pub(crate) struct Function {
    pub(crate) symbol: String,
    pub(crate) signature: Signature,
    pub(crate) capture_errno: bool,
    parameter_names: Box<[Option<Box<str>>]>,
    /// The warnings about the whole text.
    pub(crate) warnings: Vec<String>,
}

impl Function {
    /// Reads C text, or Deno's JSON form if it begins with a brace, which no C declaration does.
    pub(crate) fn read(text: &str) -> Result<Self, DeclarationError> {
        let declarations = if text.trim_start().starts_with('{') {
            Declarations::from_json(text)?
        } else {
            Declarations::from_c(text)?
        };
        let declaration = declarations.last_function()?;
        let function = declaration.as_function().ok_or(DeclarationError::NoFunction)?;
        Ok(Self {
            symbol: declaration.symbol_name().to_owned(),
            signature: function.signature.clone(),
            capture_errno: function.capture_errno,
            parameter_names: function.parameter_names.clone(),
            warnings: declarations.warnings().map(str::to_owned).collect(),
        })
    }

    /// The signature of a call with these arguments: what stands for `...` gets its type from how it is written.
    pub(crate) fn signature_of_call(&self, words: &[OsString]) -> Result<Signature, Failure> {
        let declared = self.signature.params();
        let wrong = |expected| {
            let option = options::among(words);
            Failure::Count { symbol: self.symbol.clone(), expected, given: words.len(), option }
        };
        let Some(first) = self.signature.first_variadic() else {
            let count = declared.len();
            return if words.len() == count { Ok(self.signature.clone()) } else { Err(wrong(Count::Exactly(count))) };
        };
        let Some(inferred) = words.get(declared.len()..) else {
            return Err(wrong(Count::AtLeast(declared.len())));
        };
        let inferred = inferred.iter().map(|word| word::infer(word));
        let variadic: Vec<Type> = declared.get(first..).unwrap_or_default().iter().cloned().chain(inferred).collect();
        let signature = self.signature.with_variadic(variadic);
        signature.map_err(|source| Failure::Signature { symbol: self.symbol.clone(), source })
    }

    /// The name of a parameter, if the declaration gives it.
    pub(crate) fn parameter_name(&self, index: usize) -> Option<&str> {
        self.parameter_names.get(index)?.as_deref()
    }
}
