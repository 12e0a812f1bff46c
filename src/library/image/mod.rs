//! The symbol tables of loaded libraries: the kinds of symbols, and their names.
//!
//! On Linux with glibc, the tables are read from memory, like the loader does. They are not read on other systems.

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod glibc;
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod table;
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
mod unknown;

#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
pub(super) use self::glibc::{Image, all_names, is_defined_beside, kind_elsewhere};
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
pub(super) use self::unknown::{Image, all_names, is_defined_beside, kind_elsewhere};
