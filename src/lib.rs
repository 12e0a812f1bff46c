//! Calls C functions from language runtimes with almost no overhead over a direct call.
//!
//! A runtime describes a call as data, while it runs: a library, a symbol, and a [`Signature`] of C types. hotcall
//! compiles the signature to machine code, a *trampoline*. The trampoline moves the arguments from the runtime's buffer
//! to the registers and the stack, as the calling convention demands, and calls the function. Structs are passed by
//! value.
//!
//! ```
//! # #[cfg(target_os = "linux")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use hotcall::{Library, Signature, Type};
//!
//! // SAFETY: loading libm runs no code that could do harm.
//! let libm = unsafe { Library::open("libm.so.6") }?;
//! let pow = libm.function("pow", &Signature::new([Type::F64, Type::F64], Type::F64)?)?;
//!
//! // SAFETY: this is pow's signature.
//! let result = unsafe { pow.call(&[2.0.into(), 10.0.into()]) }?;
//! assert_eq!(f64::try_from(result)?, 1024.0);
//! # Ok(())
//! # }
//! # #[cfg(not(target_os = "linux"))]
//! # fn main() {}
//! ```
//!
//! # The parts
//!
//! | part | what for |
//! |---|---|
//! | [`Type`], [`Signature`] | C's types as data, made by builders |
//! | [`declare`] | whole libraries' declarations, also from C text and from JSON |
//! | [`resolve`], [`Library`] | finding and loading a library; symbols, [statics](Static), closing |
//! | [`Symbols`] | all declared symbols of a library at once |
//! | [`Function`] | calls: with types compared ([`call`](Function::call)), by slots ([`call_slots`](Function::call_slots)), unchecked |
//! | [`Callback`], [`LocalCallback`], [`RawCallback`] | function pointers for C, and the handlers behind them |
//! | [`Value`] | one argument or result with its C type |
//! | [`Slot`] | one argument or result for fast paths: eight bytes in canonical form, without a type |
//! | [`Member`] | structs' bytes, read and written by member |
//! | [`engine`] | native functions that a language's engine, or the code it compiles, calls itself |
//! | [`OwnedCall`] | a call to be made on another thread |
//! | [`stats`](stats()) | counts of code |
//! | [`describe`], [`debug`] | names for compiled code: in crash reports, profiles and debuggers |
//! | [`LibraryError`], [`CallError`], … | errors before C is called, for each part; [`Error`] is any of them |
//!
//! # What is unsafe
//!
//! * Loading a library, because its initialisers run.
//! * Calling through a declaration, because nothing can check that the declaration is true.
//! * Making a [`RawCallback`], because its context is the caller's.
//!
//! Everything else is safe. Declarations may come from untrusted scripts, and every fault in them is a clear error.
//! Before a call hotcall checks the number and the types of arguments, the sizes of structs, and that the library is
//! open. A symbol that is a variable is refused if the library's symbol table can be read.
//!
//! # Values and slots
//!
//! Methods with short names take and return a [`Value`], and compare its type with the declared one. Examples are
//! [`Function::call`], [`Function::prepare`], [`Call::arg`], [`Call::set`], [`Static::read`] and [`Member::write`]. Their
//! counterparts with `slot` in the name are the fast path. They take and return a [`Slot`], which does not know its type: a
//! wrong one is not noticed.
//!
//! # Callbacks
//!
//! A function pointer for C is a callback: a [`Thunk`] is compiled for its signature, and a stub in front of it leads to the
//! handler. [`Callback`] runs a closure on the thread that C calls on, and [`LocalCallback`] on the thread that made it.
//! [`RawCallback`] runs a function with a pointer. Handlers get their arguments as [values](Value) or as
//! [slots](Slot), and the memory for the result.
//!
//! # Closing
//!
//! [`Library::close`] makes later look-ups and calls fail, and does not wait. The library is unmapped when its last
//! [`Function`], [`Static`] and [`OwnedCall`] is dropped. So a running call never loses its code.
//!
//! Closing or dropping a callback does not wait either. If C still calls it, the call returns zeros, and [is
//! counted](retired_calls). After a drop the address is reused as late as possible. From then on such a call runs the
//! next callback, whose arguments may have other types.
//!
//! # Forks
//!
//! After a `fork`, parent and child may both use hotcall. So may children of raw forks (`_Fork`, the system calls
//! `fork` and `clone`), if no other thread was using hotcall when the process forked. A child that shares its parent's
//! memory (`vfork`, `CLONE_VM`) counts as one of its threads.
//!
//! # Platforms
//!
//! 64-bit little-endian targets. Calls and callbacks are compiled for System V x86-64 (Linux, the BSDs, macOS) so far.
//!
//! Calls and callbacks also work without generated code: if the feature `jit` is off, or the system refuses memory for
//! code. They then take two to four times as long as compiled ones. They share 2,048 addresses. Each shape of functions
//! takes one, and so does each callback.

#![warn(clippy::disallowed_types)]

// The guide's toy names this crate as any other program does.
#[cfg(feature = "conformance")]
extern crate self as hotcall;

mod callback;
pub mod declare;
pub mod engine;
mod error;
mod function;
#[cfg(doctest)]
mod growth;
mod library;
mod member;
mod slots;
mod stats;
mod symbols;

pub use hotcall_jit::debug;
pub use hotcall_jit::{
    Aggregate, AggregateKind, Array, Character, Direction, Extent, Field, FunctionType, JitError, Layout, LayoutError,
    Leaf, Length, MAX_ALIGN, MAX_NESTING, MAX_NODES, MAX_PARAMETERS, MAX_SIZE, Places, Pointee, Pointer, Scalar,
    Signature, SignatureError, Stats, Target, Type, TypeError, TypeKind,
};

pub use callback::{
    Call, Callback, CallbackError, Dispatch, ForeignCall, HandlerError, LocalCallback, LocalOptions, OnPanic, Payload,
    RawCallback, RawHandler, Thunk, UnwindingRawHandler, Wait,
};
pub use debug::describe;
pub use error::Error;
pub use function::{CallError, CompileError, Function, FunctionError, FunctionOptions, Outcome, OwnedCall};
pub use hotcall_jit::SlotsEntry as Entry;
pub use library::{
    Binding, ClosedError, ElfType, FileFormat, FloatEnvironment, Library, LibraryError, LibraryPath, OpenFlags,
    Resolved, SymbolKind, Unmapping, Visibility, resolve,
};
pub use member::{Member, MemberError};
pub use slots::{ConvertError, Slot, Value, ValueType};
pub use stats::{retired_calls, stats};
pub use symbols::{Static, StaticError, Symbol, SymbolError, Symbols};

/// The examples of the page about declarations.
#[cfg(all(doctest, target_os = "linux", feature = "c-text"))]
#[doc = include_str!("../docs/declarations.md")]
struct DeclarationsPage;

/// The README's example.
#[cfg(all(doctest, target_os = "linux"))]
#[doc = include_str!("../README.md")]
struct Readme;
