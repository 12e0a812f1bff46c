//! The signature of one call of a declared function.

use std::ffi::OsString;

use hotcall::{Signature, Type};

use crate::argument::variadic;
use crate::command::error::{ArgumentCount, CommandError};
use crate::command::options;
use crate::declaration::function::DeclaredFunction;

/// The signature of a call with these arguments. An argument for `...` gets its type from its form.
pub(crate) fn of_call(function: &DeclaredFunction, words: &[OsString]) -> Result<Signature, CommandError> {
    let declared = function.signature.params();
    let wrong = |expected| {
        let option = options::among(words);
        CommandError::Count { symbol: function.symbol.clone(), expected, given: words.len(), option }
    };
    let Some(first) = function.signature.first_variadic() else {
        let expected = ArgumentCount::Exactly(declared.len());
        return if words.len() == declared.len() { Ok(function.signature.clone()) } else { Err(wrong(expected)) };
    };
    let inferred = words.get(declared.len()..).ok_or_else(|| wrong(ArgumentCount::AtLeast(declared.len())))?;
    let inferred = inferred.iter().map(|word| variadic::type_of(word));
    let variadic: Vec<Type> = declared.get(first..).unwrap_or_default().iter().cloned().chain(inferred).collect();
    let signature = function.signature.with_variadic(variadic);
    signature.map_err(|source| CommandError::Signature { symbol: function.symbol.clone(), source })
}
