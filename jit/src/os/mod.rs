//! The operating system: one file for each kind of service. If a system lacks a service, the file of that name in
//! `none/` takes its place.

#[cfg(feature = "cranelift")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "none/dual.rs")]
pub(crate) mod dual;
pub mod errno;
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "none/file.rs")]
pub(crate) mod file;
#[cfg_attr(not(unix), path = "none/fork.rs")]
pub mod fork;
#[cfg(any(feature = "cranelift", target_os = "linux", target_os = "android"))]
#[cfg_attr(not(unix), path = "none/mapping.rs")]
pub(crate) mod mapping;
#[cfg(feature = "cranelift")]
pub(crate) mod memory;
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "none/probe.rs")]
pub mod probe;
#[cfg(feature = "cranelift")]
#[cfg_attr(not(all(target_os = "linux", target_pointer_width = "64")), path = "none/program.rs")]
pub(crate) mod program;
#[cfg(feature = "cranelift")]
pub(crate) mod stack;
pub mod thread;
#[cfg(feature = "cranelift")]
#[cfg_attr(not(unix), path = "none/unwind.rs")]
pub(crate) mod unwind;
#[cfg(unix)]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "none/wiped.rs")]
mod wiped;
