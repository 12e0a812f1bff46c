//! Things that belong to a whole process: its memory, its static stubs, its limit of files, its list for perf, and its
//! children. Each test runs in a process of its own.

#![cfg(all(target_arch = "x86_64", not(windows)))]

#[cfg(all(feature = "cranelift", target_os = "linux"))]
mod code_life;
#[cfg(all(feature = "cranelift", target_os = "linux"))]
mod file_size;
#[cfg(all(feature = "cranelift", target_os = "linux"))]
mod perf_map;
#[cfg(target_os = "linux")]
mod raw_fork;
mod static_stubs;
