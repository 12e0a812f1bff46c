//! Engines' values as data, for the engine-values entry: its trampoline is the engine's native function itself.
//!
//! A [`ValueModel`] describes the engine's calls of native functions and the layout of its values in memory. Machine
//! code made from it (`entry/engine_values/`) unpacks numbers, booleans and null, and packs such results.
//! [`pack`](ValueModel::pack) and [`unpack`](ValueModel::unpack) make these conversions without machine code.
//! [`EngineHelpers`] convert all other values.

mod build;
mod check;
mod check_make;
mod check_parts;
mod convert;
mod error;
pub(crate) mod info;
pub(crate) mod make;
pub(crate) mod model;

pub use crate::engine::call::{EngineHelpers, Failure, NativeCall, Words};
pub use crate::engine::callback::{EngineCallbackHelpers, EngineCallbackRecord, EngineCallbackTarget};
pub use crate::engine::number_object::{DoubleObject, NumberObjects, WideObject};
pub use crate::engine::pins::PinList;
pub use crate::engine::record::{Pending, RecordHead};
pub use crate::engine::test::Test;
pub use error::ModelError;
pub use info::CallInfo;
pub use make::{MakeFunction, MakeFunctions, MakeRole};
pub use model::{
    Boolean, CallFunction, CallOutcome, CallRole, Double, EngineAbi, Integer, NumberClass, ObjectClass, ResultPath,
    Role, Singleton, ValueModel,
};
