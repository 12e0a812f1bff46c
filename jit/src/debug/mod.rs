//! Names of code, for crash reports, profiles and debuggers.
//!
//! Every piece of code has a name: its kind, and the signature that it was compiled for, as in `hotcall slots
//! (i32,f64)->i32`. Code is shared by shape, so it may run for other signatures of that shape too.
//!
//! * [`describe`] returns the code at an address, also in a signal handler.
//! * [`enable_perf_map`] writes names for Linux's `perf`.
//! * `enable_gdb` (feature `gdb`) gives names and frames to gdb and lldb.

mod description;
#[cfg(feature = "gdb")]
mod elf;
#[cfg(feature = "gdb")]
mod gdb;
#[cfg(all(test, loom))]
mod models;
pub(crate) mod name;
mod perf;
mod region;
pub(crate) mod registry;

pub use description::Description;
#[cfg(feature = "gdb")]
pub use registry::enable_gdb;
pub use registry::{describe, enable_perf_map};
