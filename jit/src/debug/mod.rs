//! Names for code: in crash reports, profiles and debuggers.
//!
//! Every piece of code has a name, that of its kind and of the signature it was compiled for: `hotcall slots (i32,f64)->i32`.
//! Code is shared by shape, so it may run for other signatures of that shape too.
//!
//! * [`describe`] says what an address lies in, also in a signal handler.
//! * [`enable_perf_map`] writes names for Linux's `perf`.
//! * `enable_gdb` (feature `gdb`) tells gdb and lldb names and frames.

mod description;
#[cfg(feature = "gdb")]
mod elf;
#[cfg(feature = "gdb")]
mod gdb;
pub(crate) mod name;
mod perf;
mod region;
pub(crate) mod registry;

pub use description::Description;
#[cfg(feature = "gdb")]
pub use registry::enable_gdb;
pub use registry::{describe, enable_perf_map};
