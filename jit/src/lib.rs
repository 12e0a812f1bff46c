//! The signature compiler of hotcall.
//!
//! A C [`Signature`] becomes a [`Plan`], which assigns each byte of each value to a register or stack place. The plan
//! becomes Cranelift's IR, and the IR becomes machine code: a trampoline that unpacks an argument buffer and calls a C
//! function. Without a code generator, or without memory for code, one universal trampoline reads the plan at each
//! call. `ARCHITECTURE.md` describes the rooms of the code.
//!
//! Runtimes link the crate `hotcall`, which adds libraries, declarations and safety. Public items here beyond types and
//! signatures (plans, entries, code) follow Cranelift and the code generator, and may change with every release.

#![warn(clippy::disallowed_types)]

mod arch;
mod c;
mod code;
#[cfg(feature = "cranelift")]
mod codegen;
mod convention;
pub mod debug;
pub mod engine;
mod entry;
mod error;
mod jit;
#[doc(hidden)]
pub mod lock;
mod os;
mod stubs;
mod sync;
mod universal;

#[doc(hidden)]
pub use arch::machine::ELF_MACHINE;
pub use c::definitions::Signature;
pub use c::definitions::{Aggregate, AggregateKind, Array, Field};
pub use c::definitions::{Direction, FunctionType, Length, Pointer, Target};
pub use c::definitions::{Type, TypeKind};
pub use c::form::Form;
pub use c::layout::{Extent, Layout, LayoutError, Leaf, MAX_SIZE, Places};
pub use c::limits::{MAX_ALIGN, MAX_NESTING, MAX_NODES, TypeError};
#[doc(hidden)]
pub use c::numbers;
pub use c::scalar::{Character, Pointee, Scalar};
pub use c::signature::{MAX_PARAMETERS, SignatureError};
#[cfg(feature = "disasm")]
pub use codegen::explanation::Explanation;
pub use convention::abi::Abi;
pub use convention::departure::{CCompiler, Departure};
pub use convention::plan::{Arg, Ext, Loc, MAX_STACK, Pass, Piece, Pieces, Plan, PlanError, Return, Which};
pub use convention::registers::{Convention, Order, Register, Sequences, Variadic};
pub use convention::verify::{Fault, FaultKind};
pub use entry::callback::thunk::{ThunkCode, Use};
pub use entry::engine_callback::interpreter::ScriptCall;
pub use entry::engine_values::function::{EngineFunction, EngineValues};
pub use entry::engine_values::policy::{CompileJob, CompilePolicy};
pub use entry::fast_call::function::{FastCall, FastCallFunction};
pub use entry::slots::key::Options;
pub use entry::slots::trampoline::{SlotsEntry, Trampoline};
pub use error::JitError;
pub use jit::{Jit, Stats};
#[doc(hidden)]
pub use os::{errno, fork, probe, thread};
pub use stubs::cell::{Handler, Stub, count_retired_call, retired_calls};
pub use stubs::pool::{REST, StubPool};
