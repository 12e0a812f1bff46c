//! The function that a declaration text declares, and the types of one call of it.

use std::ffi::OsString;

use hotcall::declare::{Declarations, Item};
use hotcall::{Signature, Type};

use crate::argument;
use crate::failure::{Count, Failure};

/// The last function of a declaration text.
pub(crate) struct Function {
    pub(crate) symbol: String,
    pub(crate) signature: Signature,
    pub(crate) capture_errno: bool,
}

impl Function {
    /// Reads C text, or Deno's JSON form if it begins with a brace, which no C declaration does.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let declarations =
            if text.trim_start().starts_with('{') { Declarations::from_json(text)? } else { Declarations::from_c(text)? };
        let functions = declarations.iter().filter_map(|declaration| match &declaration.item {
            Item::Function(function) => Some(Self {
                symbol: declaration.symbol.to_string(),
                signature: function.signature.clone(),
                capture_errno: function.capture_errno,
            }),
            _ => None,
        });
        functions.last().ok_or(Failure::NoFunction)
    }

    /// The signature of a call with these arguments: what stands for `...` gets its type from how it is written.
    pub(crate) fn signature_of_call(&self, words: &[OsString]) -> Result<Signature, Failure> {
        let declared = self.signature.params();
        let wrong = |expected| Failure::Count { symbol: self.symbol.clone(), expected, given: words.len() };
        let Some(first) = self.signature.first_variadic() else {
            let count = declared.len();
            return if words.len() == count { Ok(self.signature.clone()) } else { Err(wrong(Count::Exactly(count))) };
        };
        let Some(inferred) = words.get(declared.len()..) else {
            return Err(wrong(Count::AtLeast(declared.len())));
        };
        let inferred = inferred.iter().map(|word| argument::infer(word));
        let variadic: Vec<Type> = declared.get(first..).unwrap_or_default().iter().cloned().chain(inferred).collect();
        let signature = self.signature.with_variadic(variadic);
        signature.map_err(|source| Failure::Signature { symbol: self.symbol.clone(), source })
    }
}
