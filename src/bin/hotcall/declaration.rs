//! The function that declarations declare, and the types of one call of it.

use std::ffi::OsString;
use std::sync::Arc;

use hotcall::declare::{Declaration, DeclarationError, Declarations};
use hotcall::{Signature, Type};

use crate::failure::{Count, Failure};
use crate::fault::Fault;
use crate::header::Headers;
use crate::nearest::Nearest;
use crate::quote::shorten;
use crate::source::Source;
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
    pub(crate) fn function(&self) -> Result<Function, Fault> {
        let word = self.declaration.trim();
        match (self.headers.is_empty(), is_name(word)) {
            (true, false) => {
                let source = Source::new(&*self.declaration);
                Function::read(&source, self.function.as_deref(), "name one with --function NAME")
            }
            (true, true) => {
                let name = shorten(word);
                Err(Fault::unfound(format!(
                    "`{name}` is a name, not a declaration: give its prototype, or --header FILE before it"
                )))
            }
            (false, true) => Function::read(&self.headers.source().map_err(Fault::Unread)?, Some(word), ""),
            (false, false) => {
                let hint = name_in(word).map(|name| format!(": {name}")).unwrap_or_default();
                let word = shorten(word);
                Err(Fault::unfound(format!("with --header the function's name alone is given, not `{word}`{hint}")))
            }
        }
    }
}

/// A function that is declared.
pub(crate) struct Function {
    pub(crate) symbol: String,
    pub(crate) signature: Signature,
    pub(crate) capture_errno: bool,
    parameter_names: Arc<[Option<Box<str>>]>,
    /// All that the text declares.
    pub(crate) declarations: Arc<Declarations>,
}

impl Function {
    /// Reads the function of this name from a text, or its only one. `hint` tells how one of several is chosen.
    pub(crate) fn read(source: &Source, name: Option<&str>, hint: &str) -> Result<Self, Fault> {
        let declarations = source.read()?;
        let found = match name {
            Some(name) => named(&declarations, name)?,
            None => only(&declarations, hint)?,
        };
        let declaration = found.map_err(|error| source.fault(&error))?;
        let function = declaration.as_function().ok_or_else(|| not_a_function(&declaration.key, "a variable"))?;
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

/// A declaration, or the reason why it cannot be used.
type Found<'a> = Result<&'a Declaration, DeclarationError>;

/// The function of this name. A name of something else is told apart from one that is not declared.
fn named<'a>(declarations: &'a Declarations, name: &str) -> Result<Found<'a>, Fault> {
    let is_type = || {
        let kinds = ["", "struct ", "union ", "enum "];
        kinds.iter().any(|kind| declarations.type_named(&format!("{kind}{name}")).is_some())
    };
    match declarations.get(name) {
        Ok(declaration) => Ok(Ok(declaration)),
        Err(_) if declarations.constants().any(|(known, _)| known == name) => Err(not_a_function(name, "a constant")),
        Err(DeclarationError::Missing { .. }) if is_type() => Err(not_a_function(name, "a type")),
        Err(DeclarationError::Missing { .. }) => Err(missing(declarations, name)),
        Err(error) => Ok(Err(error)),
    }
}

/// The function of a text that declares one.
fn only<'a>(declarations: &'a Declarations, hint: &str) -> Result<Found<'a>, Fault> {
    let count = declarations.functions().count();
    if count < 2 {
        return Ok(declarations.last_function());
    }
    let shown: Vec<String> = declarations.functions().take(MAX_LISTED).map(shorten).collect();
    let rest = if count > MAX_LISTED { ", …" } else { "" };
    Err(Fault::unfound(format!("the text declares {count} functions ({}{rest}): {hint}", shown.join(", "))))
}

/// The number of functions that a message lists.
const MAX_LISTED: usize = 12;

fn not_a_function(name: &str, kind: &str) -> Fault {
    Fault::unfound(format!("`{}` is {kind}, not a function", shorten(name)))
}

/// The message for a name that is not declared, with the nearest one that is.
fn missing(declarations: &Declarations, name: &str) -> Fault {
    let mut nearest = Nearest::to(name);
    declarations.functions().for_each(|function| nearest.see(function.as_bytes()));
    let hint = nearest.found().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Fault::unfound(format!("`{}` is not declared{hint}", shorten(name)))
}

/// Returns whether a text is one of C's identifiers, with the dollar sign that compilers allow.
fn is_name(text: &str) -> bool {
    let begins = text.starts_with(|first: char| !first.is_ascii_digit());
    begins && text.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '$'))
}

/// The name of the function that a prototype declares.
fn name_in(prototype: &str) -> Option<String> {
    let declarations = Declarations::from_c(prototype).ok()?;
    let mut names = declarations.functions();
    names.next().filter(|_| names.next().is_none()).map(shorten)
}
