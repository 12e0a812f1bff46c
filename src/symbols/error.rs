//! Errors of symbols: a library's symbol cannot be made a function or a variable, or a variable cannot be accessed.

use hotcall_jit::{LayoutError, Type};

use crate::function::error::FunctionError;
use crate::library::error::{ClosedError, LibraryError};
use crate::slots::value_type::ValueType;

/// The reason why a library's symbol cannot be made a function or a variable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum SymbolError {
    /// The symbol cannot be looked up.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The function cannot be made.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The variable's type exceeds a limit.
    #[error("{name:?}: {source}")]
    Layout { name: Box<str>, source: LayoutError },
}

/// The reason why a variable cannot be read or written.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum StaticError {
    /// An access after [`Library::close`](crate::Library::close).
    #[error(transparent)]
    Closed(#[from] ClosedError),
    /// An access by slot, where the variable is a struct, a union or an array.
    #[error("static {name:?} is {ty}: use read and write, or read_into and write_from")]
    Aggregate { name: Box<str>, ty: Type },
    /// A value of another type than the variable's.
    #[error("cannot write static {name:?} ({ty}): {}", given.is_given())]
    Type { name: Box<str>, ty: Type, given: ValueType },
    /// Bytes of another length than the variable's type has.
    #[error("static {name:?} is {ty} of {expected} bytes, not {given}")]
    Length { name: Box<str>, ty: Type, expected: usize, given: usize },
}
