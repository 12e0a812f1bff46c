//! The words of a command that say where its function is declared.

use hotcall::declare::Declarations;

use crate::declaration::error::SourceError;
use crate::declaration::function::DeclaredFunction;
use crate::declaration::header::HeaderArguments;
use crate::declaration::source::Source;
use crate::text::quote::shorten;

/// The source of a function's declaration, from the command line.
#[derive(clap::Args)]
pub(crate) struct DeclarationArguments {
    /// C declarations, or Deno's JSON form; with --header the function's name alone
    #[arg(value_name = "DECLARATION|NAME")]
    declaration: String,
    #[command(flatten)]
    headers: HeaderArguments,
    /// The function, where DECLARATION declares several
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    function: Option<String>,
}

impl DeclarationArguments {
    /// Reads the declarations and finds the function.
    pub(crate) fn function(&self) -> Result<DeclaredFunction, SourceError> {
        let word = self.declaration.trim();
        match (self.headers.is_empty(), is_name(word)) {
            (true, false) => {
                let source = Source::new(&*self.declaration);
                DeclaredFunction::read(&source, self.function.as_deref(), "name one with --function NAME")
            }
            (true, true) => {
                let name = shorten(word);
                Err(SourceError::no_function(format!(
                    "`{name}` is a name, not a declaration: give its prototype, or --header FILE before it"
                )))
            }
            (false, true) => {
                let source = self.headers.source().map_err(SourceError::Unreadable)?;
                DeclaredFunction::read(&source, Some(word), "")
            }
            (false, false) => {
                let hint = name_in(word).map(|name| format!(": {name}")).unwrap_or_default();
                let word = shorten(word);
                Err(SourceError::no_function(format!(
                    "with --header the function's name alone is given, not `{word}`{hint}"
                )))
            }
        }
    }
}

/// Returns true if a text is one of C's identifiers, with the dollar sign that compilers allow.
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
