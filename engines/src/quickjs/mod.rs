//! QuickJS-ng behind hotcall's interface: one engine for the example of a runtime, tests and benchmarks.
//!
//! A runtime's own part plugs in as a [`Host`]. The example is one runtime. [`Script`] is a small one for tests, whose
//! host is [`Plain`].
//!
//! | file | idea |
//! |---|---|
//! | `engine.rs`, `host.rs` | the engine, and what each runtime decides |
//! | `values.rs` | values and their words |
//! | `owned.rs` | values that are owned, thrown values among them |
//! | `errors.rs` | exceptions with their whole message |
//! | `views.rs` | the bytes of buffers, and of views of them |
//! | `pins.rs` | objects whose bytes running calls work on |
//! | `owners.rs` | buffers that keep the bytes of other objects |
//! | `originals.rs`, `transfers.rs` | functions of script that would move or free a buffer's bytes |
//! | `buffers.rs` | all about buffers, for the engine and its host |
//! | `objects.rs` | the layout of objects, found in samples |
//! | `pointers.rs` | pointer objects |
//! | `outputs.rs` | values that are made of C's outputs |
//! | `functions.rs` | functions that script calls, and functions of script that C calls |
//! | `builtins.rs` | the engine's own functions, taken before script runs |
//! | `script.rs` | the runtime for tests |
//!
//! # Safety
//!
//! One rule recurs: a context that a function gets is alive, a value is one of that context's runtime, and both are used
//! on the thread that runs the script.

mod buffers;
mod builtins;
mod engine;
mod errors;
mod functions;
mod host;
mod objects;
mod originals;
mod outputs;
mod owned;
mod owners;
mod pins;
mod pointers;
mod script;
mod transfers;
mod values;
mod views;

pub use buffers::Buffers;
pub use engine::QuickJs;
pub use errors::{ErrorKind, error};
pub use functions::{Callee, closure};
pub use host::{Host, Plain};
pub use objects::realm;
pub use originals::{METHODS, Method};
pub use owned::{Owned, Raised, Thrown};
pub use owners::Owners;
pub use pins::{Pin, Pins};
pub use pointers::PointerClass;
pub use script::Script;
pub use values::{value, words};
pub use views::{Bytes, Views};
