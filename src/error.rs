//! All errors in one type, for callers that use several parts of hotcall.

use hotcall_jit::{SignatureError, TypeError};

use crate::callback::error::{CallbackError, HandlerError};
use crate::declare::error::DeclarationError;
use crate::engine::error::RecordError;
use crate::function::error::{CallError, CompileError, FunctionError};
use crate::library::error::LibraryError;
use crate::member::error::MemberError;
use crate::slots::error::ConvertError;
use crate::symbols::error::{StaticError, SymbolError};

/// Any error that a function of hotcall returns. The operator `?` converts each of them to this type.
///
/// It is for callers that use several parts of hotcall. The functions here return the error of their own part. Message and
/// source are those of the error inside.
///
/// ```
/// use hotcall::{Error, LibraryError, resolve};
///
/// fn find(name: &str) -> Result<String, Error> {
///     Ok(resolve(name)?.to_string())
/// }
///
/// assert!(matches!(find(""), Err(Error::Library(LibraryError::EmptyName))));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A type cannot be made.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// A signature cannot be made.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A declaration cannot be read or used.
    #[error(transparent)]
    Declaration(#[from] DeclarationError),
    /// A value does not have the type that it is converted to.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// A library cannot be found or loaded, or a symbol cannot be looked up.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A function cannot be made.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// A function cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A call cannot be made.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A library's symbol cannot be made a function or a variable.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// A variable cannot be read or written.
    #[error(transparent)]
    Static(#[from] StaticError),
    /// A member cannot be found, read or written.
    #[error(transparent)]
    Member(#[from] MemberError),
    /// A callback cannot be made.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// A handler asks its call for something that the call does not have.
    #[error(transparent)]
    Handler(#[from] HandlerError),
    /// A record of a function cannot be made.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl Error {
    /// Returns true if the cause is that the library was [closed](crate::Library::close).
    pub const fn is_closed(&self) -> bool {
        matches!(
            self,
            Self::Library(LibraryError::Closed(_))
                | Self::Symbol(SymbolError::Library(LibraryError::Closed(_)))
                | Self::Static(StaticError::Closed(_))
                | Self::Call(CallError::Closed(_))
        )
    }
}
