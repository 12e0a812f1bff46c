//! Engines' values as data, for the engine-values entry: a trampoline that is the engine's native function itself.
//!
//! A [`ValueModel`] says how an engine calls native functions and how its values lie in memory. Machine code made from
//! it (`entry/engine_values/`) unpacks numbers, booleans and null, and packs such results; [`pack`](ValueModel::pack) and
//! [`unpack`](ValueModel::unpack) do the same without code. What they leave over goes to [`EngineHelpers`].

mod build;
mod check;
mod convert;
pub(crate) mod model;

pub use crate::engine::call::{EngineHelpers, Failure, NativeCall, Words};
pub use crate::engine::record::{Pending, RecordHead};
pub use check::ModelError;
pub use model::{Boolean, Double, EngineAbi, Integer, ResultPath, Role, Singleton, Test, ValueModel};
