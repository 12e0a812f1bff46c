//! Native functions for JavaScript engines and similar runtimes, called by the engine itself.
//!
//! In other parts of hotcall a runtime fills an array of [slots](crate::Slot) and calls. Here it describes once, as
//! data, how its values lie in memory. Then it gets a native function of its own engine for each C function. Machine
//! code checks and unpacks the arguments, calls C, and packs the result.
//!
//! | part | what for |
//! |---|---|
//! | [`ValueModel`] | how the engine calls native functions, and how numbers, booleans and null lie in memory |
//! | [`quickjs`], [`nanbox`] | models of engines |
//! | [`javascript_core`], [`spider_monkey`] | objects of engines |
//! | [`Engine`] | all other values, pins, and throwing: the part that the engine's author writes |
//! | [`Realm`] | one instance of an engine: makes records, keeps the exception that waits for C to return |
//! | [`EngineThunk`], [`EngineCallback`] | functions of script as C function pointers |
//! | [`CompilePolicy`] | when functions are compiled, and where; calls are interpreted until then |
//! | [`Record`] | a C function for the engine: an address, and the pointer to register it with |
//! | [`FastCallModel`], [`Handles`] | how an engine's compiled code calls a function, with the arguments in registers |
//! | [`FastCallRecord`], [`FastCallShape`] | a C function for such calls, and the part that functions of one signature share |
//! | [`v8`] | fast calls and ordinary callbacks of V8 |
//!
//! A type takes only values that it can hold: 128 is not an `i8`, 1.5 is not an integer, 0 is not a `bool`. A wrong
//! argument never reaches C. The engine throws an [`EngineError`] that names the function, the argument and the type.
//! Missing arguments are undefined, and extra ones are ignored.
//!
//! A `float` is rounded in the thread's rounding mode. Nothing else depends on the thread's floating-point environment:
//! FTZ and DAZ do not change denormal numbers. A refused number never signals FE_INVALID, which may be unmasked. A
//! number with a fraction may signal FE_INEXACT if C takes an integer.
//!
//! | C type | takes | becomes |
//! |---|---|---|
//! | integers of up to 32 bits | whole numbers in range | a number |
//! | integers of 64 bits | whole numbers in range; of BigInts the low 64 bits | `wide`, or a value that the engine makes |
//! | `float`, `double` | numbers | a number; every NaN becomes the engine's where that matters |
//! | `bool` | booleans | a boolean |
//! | pointers, function pointers | null, [pointer objects](View::Pointer) | null, or a value that the engine makes |
//! | [`BUFFER`](crate::Type::BUFFER) | null, [bytes](View::Bytes) | as other pointers |
//! | [`TEXT`](crate::Type::TEXT) | null, pointer objects, bytes, strings that the engine [copies](Engine::text) | as other pointers |
//! | structs and unions | enough bytes | a copy of the bytes, or bytes in a [buffer](Realm::record_into) of script |
//!
//! Engines of two kinds are served. An interpreter passes its own values in memory: its [`ValueModel`] makes a
//! [`Realm`] with [`Realm::new`], and functions are [records](Realm::record). A compiler passes numbers and *handles*
//! in registers: its realm is one [of handles](Realm::of_handles), and functions are [fast calls](Realm::fast_call).
//! Each fast call has its own model. The engine's ordinary callback serves the calls that it refuses. It may be a record: a
//! realm whose model is [indirect](ValueModel::indirect) serves both, because its values are handles.
//! [`FastCallRecord`] has an example.
//!
//! [`guide`] builds all of this for a toy interpreter, step by step. The feature `conformance` adds a kit that tries an
//! engine with every type.

mod callback;
mod callback_helpers;
#[cfg(feature = "conformance")]
pub mod conformance;
mod convert;
#[expect(clippy::module_inception, reason = "the file of the trait `Engine`")]
mod engine;
pub(crate) mod error;
mod fast_call;
pub mod guide;
mod helpers;
mod known_values;
mod models;
mod output;
pub(crate) mod problem;
mod realm;
mod realm_state;
mod record;
mod record_memory;
mod samples;
mod script_function;
mod site;
mod text;
mod view;

pub use hotcall_jit::engine::fast_call::{
    ByteLength, Check, ElementSize, Exit, FastCallError, FastCallModel, FastCallRole, Handles,
    MAX_FAST_CALL_PARAMETERS, Object, Path, Reading, ResolvedHandle, Small, Tag,
};
pub use hotcall_jit::engine::values::{
    Boolean, CallFunction, CallInfo, CallOutcome, CallRole, Double, DoubleObject, Integer, MakeFunction, MakeFunctions,
    MakeRole, ModelError, NumberClass, NumberObjects, ObjectClass, PinList, ResultPath, Role, Singleton, Test,
    ValueModel, WideObject, Words,
};
pub use hotcall_jit::{Abi, CompileJob, CompilePolicy};

pub use callback::{EngineCallback, EngineThunk};
pub use engine::Engine;
pub use error::{EngineError, RecordError};
pub use fast_call::{FastCallRecord, FastCallShape};
pub use models::{javascript_core, nanbox, quickjs, spider_monkey, v8};
pub use output::Output;
pub use problem::{Kind, Problem};
pub use realm::{Realm, RunningCalls};
pub use record::Record;
pub use script_function::Catch;
pub use site::Site;
pub use text::Text;
pub use view::View;
