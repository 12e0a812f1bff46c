//! Calls C functions from language runtimes with almost no overhead over a direct call.
//!
//! A runtime says what it wants to call as data, while it runs: a library, a symbol, a [`Signature`] of C types. hotcall
//! compiles the signature to machine code (a *trampoline*) that unpacks the runtime's argument buffer into the registers
//! and the stack that the calling convention asks for, structs by value included, and calls the function.
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
//! | [`resolve`], [`Library`] | what would be loaded; loading it; symbols, [statics](Static), closing |
//! | [`Symbols`] | all declared symbols of a library at once |
//! | [`Function`] | calls: with types compared ([`call`](Function::call)), by slots ([`call_slots`](Function::call_slots)), unchecked |
//! | [`Callback`], [`LocalCallback`], [`RawCallback`] | function pointers for C, and the handlers behind them |
//! | [`Value`] | one argument or result with its C type |
//! | [`Slot`] | one argument or result for fast paths: eight bytes in canonical form, without a type |
//! | [`Member`] | structs' bytes, read and written by member |
//! | [`engine`] | native functions that a language's engine, or the code it compiles, calls itself |
//! | [`OwnedCall`] | a call to be made on another thread |
//! | [`stats`](stats()) | how much code there is |
//! | [`describe`], [`debug`] | names for compiled code: in crash reports, profiles and debuggers |
//! | [`LibraryError`], [`CallError`], … | what can go wrong before C is called, for each part; [`Error`] is any of them |
//!
//! # What is unsafe
//!
//! * Loading a library, because its initialisers run.
//! * Calling through a declaration, because nothing can check that the declaration is true.
//! * Making a [`RawCallback`], because its context is the caller's.
//!
//! Everything else is safe: declarations may come from untrusted scripts, and get a clear error whatever they hold. Before
//! a call hotcall checks the number and the types of arguments, the sizes of structs, and that the library was not closed. A
//! symbol that is a variable is refused where the library's symbol table can be read.
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
//! [`Library::close`] makes later look-ups and calls fail, and waits for nothing. The library is unmapped when the last
//! [`Function`], [`Static`] and [`OwnedCall`] of it is gone, so a running call never loses the code under it.
//!
//! Closing or dropping a callback waits for nothing either. C may go on calling it: the call returns zeros, and
//! [is counted](retired_calls). After a drop the address is used again, as late as possible. From then on such a call runs the next
//! callback, whose arguments may have other types.
//!
//! # Forks
//!
//! After a `fork` parent and child both go on. So do children of raw forks (`_Fork`, the system calls `fork` and `clone`), if no
//! other thread was using hotcall when the process forked. A child that shares its parent's memory (`vfork`, `CLONE_VM`) counts
//! as one of its threads.
//!
//! # Platforms
//!
//! 64-bit little-endian targets. Calls and callbacks are compiled for System V x86-64 (Linux, the BSDs, macOS) so far.
//!
//! Where no code can be generated, because the feature `jit` is off or the system refuses memory for code, calls and callbacks
//! work all the same, two to four times as slow as compiled ones. There are 2,048 addresses for them then, of which each shape of
//! functions takes one, and each callback.

#![warn(clippy::disallowed_types)]

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
    Aggregate, AggregateKind, Array, Direction, Extent, Field, FunctionType, JitError, Layout, LayoutError, Leaf,
    Length, MAX_ALIGN, MAX_NESTING, MAX_NODES, MAX_PARAMETERS, MAX_SIZE, Places, Pointee, Pointer, Scalar, Signature,
    SignatureError, Stats, Target, Type, TypeError, TypeKind,
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
    Resolved, SymbolKind, Visibility, resolve,
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
