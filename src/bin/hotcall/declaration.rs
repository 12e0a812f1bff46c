//! The function that declarations declare, and the types of one call of it.

use std::ffi::OsString;
use std::sync::Arc;

use hotcall::declare::{Declaration, DeclarationError, Declarations};
use hotcall::{Signature, Type};

use crate::failure::{Count, Failure};
use crate::header::Headers;
use crate::nearest::Nearest;
use crate::quote::shorten;
use crate::source::{Source, Unread};
use crate::{options, word};

/// Where a function is declared, as the command line says it.
#[derive(clap::Args)]
pub(crate) struct Declared {
    /// C declarations, or Deno's JSON form; with --header the function's name alone
    #[arg(value_name = "DECLARATION|NAME")]
    declaration: String,
    #[command(flatten)]
    headers: Headers,
    /// The function, where DECLARATION declares several
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    function: Option<String>,
}

impl Declared {
    /// Reads the declarations and finds the function.
    pub(crate) fn function(&self) -> Result<Function, Unread> {
        if self.headers.is_empty() {
            Function::read(&Source::new(&*self.declaration), self.function.as_deref(), "name one with --function NAME")
        } else {
            Function::read(&self.headers.source()?, Some(&self.declaration), "")
        }
    }
}

/// A function that is declared.
pub(crate) struct Function {
    pub(crate) symbol: String,
    pub(crate) signature: Signature,
    pub(crate) capture_errno: bool,
    parameter_names: Box<[Option<Box<str>>]>,
    /// All that the text declares.
    pub(crate) declarations: Arc<Declarations>,
}

impl Function {
    /// Reads the function of this name from a text, or its only one. `hint` tells how one of several is chosen.
    pub(crate) fn read(source: &Source, name: Option<&str>, hint: &str) -> Result<Self, Unread> {
        let declarations = source.read()?;
        let found = match name {
            Some(name) => declarations.get(name),
            None => only(&declarations, hint)?,
        };
        let declaration = found.map_err(|error| match name {
            Some(name) if error == (DeclarationError::Missing { key: name.into() }) => missing(&declarations, name),
            _ => source.unread(&error),
        })?;
        let not_a_function = || Unread::new(format!("`{}` is a variable, not a function", declaration.key));
        let function = declaration.as_function().ok_or_else(not_a_function)?;
        Ok(Self {
            symbol: declaration.symbol_name().to_owned(),
            signature: function.signature.clone(),
            capture_errno: function.capture_errno,
            parameter_names: function.parameter_names.clone(),
            declarations: Arc::new(declarations),
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

/// The function of a text that declares one.
fn only<'a>(declarations: &'a Declarations, hint: &str) -> Result<Result<&'a Declaration, DeclarationError>, Unread> {
    let count = declarations.functions().count();
    if count < 2 {
        return Ok(declarations.last_function());
    }
    let shown: Vec<String> = declarations.functions().take(MAX_LISTED).map(shorten).collect();
    let rest = if count > MAX_LISTED { ", …" } else { "" };
    Err(Unread::new(format!("the text declares {count} functions ({}{rest}): {hint}", shown.join(", "))))
}

/// How many functions a message lists.
const MAX_LISTED: usize = 12;

/// The message for a name that is not declared, with the nearest one that is.
fn missing(declarations: &Declarations, name: &str) -> Unread {
    let mut nearest = Nearest::to(name);
    declarations.functions().for_each(|function| nearest.see(function.as_bytes()));
    let hint = nearest.found().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Unread::new(format!("`{}` is not declared{hint}", shorten(name)))
}
