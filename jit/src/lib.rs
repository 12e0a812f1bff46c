//! The signature compiler of hotcall.
//!
//! A C [`Signature`] becomes a [`Plan`] (which bytes of which value live in which register), the plan Cranelift's IR, and
//! that machine code: a trampoline that unpacks an argument buffer and calls a C function. Where there is no code generator,
//! or no memory for code, one universal trampoline reads the plan at each call. Each module imports only from
//! those before it: `numbers`, `types`, `signature`, `layout`, `plan`, `abi`, `values`, `shape`, `typed`, `universal`, `lower`,
//! `compile`, `debug`, `memory`, `generator`, `stub`, `pool`, `thunk`, `cache`, `native`.
//!
//! Runtimes link the crate `hotcall`, which adds libraries, declarations and safety. What is public here beyond types and
//! signatures (plans, entries, code) follows Cranelift and the code generator, and may change with every release.

mod abi;
mod cache;
#[cfg(feature = "cranelift")]
mod compile;
pub mod debug;
mod errno;
mod error;
#[cfg(feature = "disasm")]
mod explain;
mod file_size;
#[doc(hidden)]
pub mod fork;
#[cfg_attr(not(feature = "cranelift"), path = "no_generator.rs")]
mod generator;
mod layout;
#[cfg(feature = "cranelift")]
mod lower;
#[cfg(feature = "cranelift")]
mod memory;
mod native;
#[doc(hidden)]
pub mod numbers;
mod plan;
mod pool;
mod shape;
mod shared;
mod signature;
mod stub;
mod thunk;
pub mod typed;
mod types;
mod universal;
pub mod values;

pub use abi::{Abi, CCompiler, Departure};
pub use cache::{Jit, SlotsEntry, Stats, Trampoline};
pub use error::JitError;
#[cfg(feature = "disasm")]
pub use explain::Explanation;
pub use layout::{Extent, Layout, LayoutError, Leaf, MAX_SIZE, Places};
pub use native::{Native, Natives, Typed, TypedNative, Values};
pub use plan::{
    Arg, Ext, Fault, FaultKind, Loc, MAX_STACK, Pass, Piece, Pieces, Plan, PlanError, ResultForm, Return, Which,
};
pub use pool::{REST, StubPool};
pub use shape::Options;
pub use signature::{MAX_PARAMETERS, Signature, SignatureError};
pub use stub::{Handler, Stub, count_retired_call, retired_calls};
pub use thunk::{Thunk, Use};
pub use types::{
    Aggregate, AggregateKind, Array, Direction, Field, FunctionType, Length, MAX_ALIGN, MAX_NESTING, MAX_NODES,
    Pointee, Pointer, Scalar, Target, Type, TypeError, TypeKind,
};
