//! The operating system: everything that differs between systems, one file for each kind of service.

pub(crate) mod errno;
pub(crate) mod file_size;
pub mod fork;
