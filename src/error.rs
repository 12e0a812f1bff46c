//! The failures before a call: one public error, whose variants name the failed step and carry its data.

use std::ffi::OsString;
use std::fs::FileType;
use std::io;
use std::path::PathBuf;

use hotcall_jit::{JitError, LayoutError, Signature, SignatureError, Type, TypeError};

use crate::declare::error::DeclarationError;
use crate::engine::problem::Problem;
use crate::library::format::FileFormat;
use crate::library::resolved::Resolved;
use crate::library::symbol_kind::SymbolKind;
use crate::slots::value_type::ValueType;

/// Why a library, a symbol, a function or a member cannot be had, or a call cannot be made.
///
/// Indices of arguments count from 0 in the data and from 1 in the messages.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum Error {
    /// A library without a name; the process itself is [`Library::this_process`](crate::Library::this_process).
    #[error("the name of the library is empty")]
    EmptyName,
    /// A name that the loader would cut short.
    #[error("the name of the library, {name:?}, has a zero byte in it")]
    NulInName { name: OsString },
    /// The file system has no such path, or does not show it.
    #[error("cannot find library {}: {source}", path.display())]
    Resolve { path: PathBuf, source: io::Error },
    /// A directory, a device or the like.
    #[error("library {} is {}, not a file", path.display(), describe(file_type))]
    NotAFile { path: PathBuf, file_type: FileType },
    /// A path that the loader reads differently: glibc replaces `$ORIGIN`, `$LIB` and `$PLATFORM`, Windows adds `.dll` to
    /// names without an extension.
    #[error("library {} cannot be loaded by this path: the loader would read another file", path.display())]
    Rewritten { path: PathBuf },
    /// A [`Resolved`] that [`resolve`](crate::resolve) would not have made: a bare name that is empty or a path.
    #[error("{library} is not a resolved library")]
    NotResolved { library: Resolved },
    /// The loader's refusal, in its own words.
    #[error("cannot load {library}: {message}")]
    Load { library: Resolved, message: Box<str> },
    /// The library, or one that it needs, is a file that the loader cannot load. `message` is the loader's refusal.
    #[error("cannot load {library}: {} is {format}, not a shared library for this machine ({message})", file.display())]
    NotALibrary { library: Resolved, file: PathBuf, format: FileFormat, message: Box<str> },
    /// A look-up or a call after [`Library::close`](crate::Library::close).
    #[error("{library} is closed")]
    Closed { library: Resolved },
    /// A symbol without a name.
    #[error("the name of a symbol of {library} is empty")]
    EmptySymbol { library: Resolved },
    /// A name that the loader would cut short.
    #[error("the name of symbol {symbol:?} of {library} has a zero byte in it")]
    NulInSymbol { library: Resolved, symbol: Box<str> },
    /// The loader's refusal, in its own words, and the nearest name that the library has.
    #[error("{library} has no symbol {symbol:?}: {message}{}", suggestion(nearest.as_deref()))]
    Symbol { library: Resolved, symbol: Box<str>, message: Box<str>, nearest: Option<Box<str>> },
    /// The symbol exists and has no address: an indirect function that was not resolved, or an absolute 0.
    #[error("symbol {symbol:?} of {library} has the null address")]
    NullSymbol { library: Resolved, symbol: Box<str> },
    /// A variable that would be called as a function.
    #[error("symbol {symbol:?} of {library} is {kind}, not a function")]
    NotAFunction { library: Resolved, symbol: Box<str>, kind: SymbolKind },
    /// A function that returns again after its caller has returned: `setjmp`, `getcontext`, `vfork` and the like.
    #[error("function {symbol:?} of {library} cannot be called: it returns twice")]
    ReturnsTwice { library: Resolved, symbol: Box<str> },
    /// A function made from the null pointer.
    #[error("the address of function {function:?} is null")]
    NullFunction { function: Box<str> },
    /// A type that cannot be made.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// A signature that cannot be made.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A declaration that cannot be read or used.
    #[error(transparent)]
    Declaration(#[from] DeclarationError),
    /// A type exceeds a limit.
    #[error("{name:?}: {source}")]
    Layout { name: Box<str>, source: LayoutError },
    /// Nothing could be made that calls functions of the signature.
    #[error("cannot compile the call of {function:?}: {source}")]
    Compile { function: Box<str>, source: Box<JitError> },

    /// More or fewer arguments than parameters.
    #[error("function {function:?} takes {expected} arguments, not {given}")]
    ArgumentCount { function: Box<str>, expected: usize, given: usize },
    /// An argument of another type than the parameter's.
    #[error("cannot call {function:?}: argument {} ({ty}): {}", index + 1, is_given(*given))]
    ArgumentType { function: Box<str>, index: usize, ty: Type, given: ValueType },
    /// The slot of a struct or union holds no address.
    #[error("argument {} of function {function:?} is {ty}, and its slot is null", index + 1)]
    NullAggregate { function: Box<str>, index: usize, ty: Type },
    /// Bytes for a parameter that is no struct or union, or does not exist.
    #[error("argument {} of function {function:?} is not a struct or union", index.saturating_add(1))]
    NotAggregate { function: Box<str>, index: usize },
    /// Bytes of another length than the parameter's type has.
    #[error("argument {} of function {function:?} is {ty} of {expected} bytes, not {given}", index + 1)]
    AggregateLength { function: Box<str>, index: usize, ty: Type, expected: usize, given: usize },
    /// The result is a struct or union, which has no slot.
    #[error("function {function:?} returns {ty}: use call_slots_into")]
    AggregateResult { function: Box<str>, ty: Type },
    /// The result is not a struct or union.
    #[error("function {function:?} does not return a struct or union: use call_slots")]
    ScalarResult { function: Box<str> },
    /// Result bytes of another length than the result's type has.
    #[error("function {function:?} returns {ty} of {expected} bytes, not {given}")]
    ResultLength { function: Box<str>, ty: Type, expected: usize, given: usize },

    /// A value that an engine passed, and that the parameter's type does not take.
    #[error("cannot call {function:?}: argument {} ({ty}): {problem}", index + 1)]
    Argument { function: Box<str>, index: usize, ty: Type, problem: Problem },
    /// The engine's values are handles, of which no machine code can make arguments.
    #[error("cannot make {function} a native function: the engine's values are handles")]
    Handles { function: Box<str> },
    /// A result that the engine does not make a value of; see [`Output`](crate::engine::Output).
    #[error("the engine has no value for {output}")]
    NoValue { output: &'static str },
    /// A value that script returned from a callback, and that is none of the result's type.
    #[error("a callback returned what is no {ty}: {problem}")]
    CallbackResult { ty: Type, problem: Problem },

    /// Nothing could be made that answers callbacks of the signature.
    #[error("cannot compile callbacks of type {signature}: {source}")]
    Thunk { signature: Signature, source: Box<JitError> },
    /// A type that does not say what a callback of it is called with.
    #[error("cannot compile callbacks for a {ty}: {reason}")]
    CallbackType { ty: Type, reason: Box<str> },
    /// There is no memory for a callback.
    #[error("cannot make a callback: {source}")]
    Stub { source: Box<JitError> },
    /// The bytes of a callback's argument that is no struct or union, or does not exist.
    #[error("parameter {} of the callback is not a struct or union", index.saturating_add(1))]
    NotAggregateParameter { index: usize },
    /// A callback's argument that does not exist.
    #[error("the callback has {count} arguments: there is no argument {}", index.saturating_add(1))]
    NoCallbackArgument { index: usize, count: usize },
    /// A result of another type than the callback's.
    #[error("cannot set the result of the callback ({}): {}", declared(*expected), is_given(*given))]
    CallbackResultType { expected: ValueType, given: ValueType },
    /// A result for a callback that has none.
    #[error("the callback returns nothing")]
    CallbackReturnsVoid,
    /// A slot for a result that is a struct or union.
    #[error("the callback returns a struct or union: use result_bytes")]
    CallbackReturnsAggregate,
    /// Bytes for a result that is a scalar.
    #[error("the callback does not return a struct or union: use set_slot")]
    CallbackReturnsScalar,
    /// A callback that nobody waits for, and that returns something.
    #[error("a callback that is not waited for returns nothing")]
    NoWaitResult,
    /// A callback that nobody waits for, and that takes what may be gone when it runs.
    #[error("parameter {} of a callback that is not waited for is a pointer or holds one", index + 1)]
    NoWaitPointer { index: usize },

    /// A read or write of a slot where a static is a struct, a union or an array.
    #[error("static {name:?} is {ty}: use read and write, or read_into and write_from")]
    AggregateStatic { name: Box<str>, ty: Type },
    /// A value of another type than the static's.
    #[error("cannot write static {name:?} ({ty}): {}", is_given(*given))]
    StaticType { name: Box<str>, ty: Type, given: ValueType },
    /// Bytes of another length than the static's type has.
    #[error("static {name:?} is {ty} of {expected} bytes, not {given}")]
    StaticLength { name: Box<str>, ty: Type, expected: usize, given: usize },

    /// The type has no member of that name.
    #[error("{ty} has no member {member:?}")]
    NoMember { ty: Type, member: Box<str> },
    /// The type has fewer members or elements.
    #[error("{ty} has {len} members, and none with index {index}")]
    NoIndex { ty: Type, index: usize, len: usize },
    /// A path that is not names, dots and indices in brackets.
    #[error("{path:?} is no path to a member: byte {at} is unexpected")]
    MemberPath { path: Box<str>, at: usize },
    /// A read or write of a slot where a member is a struct, a union or an array.
    #[error("the member at byte {offset} is {ty}, which has no slot")]
    AggregateMember { ty: Type, offset: usize },
    /// A value of another type than the member's.
    #[error("cannot write the member at byte {offset} ({ty}): {}", is_given(*given))]
    MemberType { ty: Type, offset: usize, given: ValueType },
    /// Bytes of another length than the member's type has.
    #[error("the member at byte {offset} is {ty} of {expected} bytes, not {given}")]
    MemberLength { ty: Type, offset: usize, expected: usize, given: usize },
    /// The bytes end before the member does.
    #[error("the member at byte {offset} is {ty} and ends at byte {end}, and there are {given} bytes")]
    MemberBounds { ty: Type, offset: usize, end: usize, given: usize },

    /// A value whose C type does not match the requested Rust type.
    #[error("cannot convert a value to {to}: it is {given}")]
    Convert { to: &'static str, given: ValueType },
}

impl Error {
    pub(crate) fn stub(source: JitError) -> Self {
        Self::Stub { source: Box::new(source) }
    }
}

fn declared(ty: ValueType) -> String {
    match ty {
        ValueType::Scalar(scalar) => scalar.name().into(),
        ValueType::Bytes(_) => ty.to_string(),
        ValueType::Void => "void".into(),
    }
}

fn is_given(given: ValueType) -> String {
    let plural = matches!(given, ValueType::Bytes(len) if len != 1);
    format!("{given} {} given", if plural { "are" } else { "is" })
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

fn describe(file_type: &FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a pipe";
        }
        if file_type.is_socket() {
            return "a socket";
        }
        if file_type.is_block_device() || file_type.is_char_device() {
            return "a device";
        }
    }
    if file_type.is_dir() { "a directory" } else { "a special file" }
}
