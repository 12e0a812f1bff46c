//! Names for code: in crash reports, profiles and debuggers.
//!
//! Every piece of code has a name, that of its kind and of the signature it was compiled for: `hotcall slots (i32,f64)->i32`.
//! Code is shared by shape, so it may run for other signatures of that shape too.
//!
//! * [`describe`] says what an address lies in, also in a signal handler.
//! * [`enable_perf_map`] writes names for Linux's `perf`.
//! * `enable_gdb` (feature `gdb`) tells gdb and lldb names and frames.

#[cfg(feature = "gdb")]
mod elf;
#[cfg(feature = "gdb")]
mod gdb;
pub(crate) mod name;
mod perf;
pub(crate) mod registry;

use std::ffi::c_void;
use std::{fmt, io};

#[cfg(feature = "cranelift")]
pub(crate) use crate::debug::registry::is_profiled;

/// What an address lies in; made by [`describe`].
///
/// It is printed as name and offset, `hotcall slots (i32,f64)->i32+0x1a`, without allocating memory.
#[derive(Clone, Copy)]
pub struct Description {
    name: name::Name,
    start: usize,
    size: usize,
    address: usize,
}

impl Description {
    /// The name of the code; at most 200 bytes, on one line.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The address of the code's first byte.
    pub const fn start(&self) -> usize {
        self.start
    }

    /// The code's bytes.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// How far behind the code's first byte the address lies.
    pub const fn offset(&self) -> usize {
        self.address - self.start
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x}", self.name(), self.offset())
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Description({self})")
    }
}

/// Which of hotcall's code an address lies in, if any; for the program counters and return addresses of a crash report.
///
/// It may be called anywhere, also in a signal handler, whatever the thread was doing: it takes no lock, allocates nothing,
/// and reads no memory that could be unmapped. The answer holds for code that is not freed meanwhile, as the code of running
/// calls is not. Memory of code that was freed goes when the code around it is freed too; until then it keeps its name.
///
/// A return address lies behind its call: look up the byte in front of it.
///
/// ```
/// use std::ffi::c_void;
///
/// extern "C" fn report(address: *const c_void) {
///     if let Some(code) = hotcall::debug::describe(address) {
///         // Write it to a fixed buffer, and that to standard error.
///         let _name = code.name();
///     }
/// }
/// ```
pub fn describe(address: *const c_void) -> Option<Description> {
    registry::find(address.addr())
}

/// Lets Linux's `perf` name code: what there is now, and what will be compiled, is listed in `/tmp/perf-PID.map`.
///
/// To be called once, before code is compiled: `perf` reads the list for memory that belongs to no file only, and code usually
/// lies in a `memfd`. From now on new memory for code is without a file. Other profilers name code from before too.
/// To be called again in a forked child that is to be profiled: it has another number and needs a list of its own.
///
/// Lines are added to a file that exists, since other compilers of the process may write to it too; it must be a regular file
/// of this user's that no one else may write to and that has one name, so that nobody can divert what is written. `perf`
/// knows no removal: of two pieces of code at one address, one after the other, it may show either.
///
/// # Errors
///
/// The file cannot be opened or written, or may not be trusted. Systems other than Linux: `Unsupported`. When a line cannot
/// be written later, the list ends.
pub fn enable_perf_map() -> io::Result<()> {
    registry::enable_perf_map()
}

/// Lets gdb and lldb name code and follow its frames: what there is now, and what will be compiled.
///
/// To be called once, before or after a debugger is attached. It uses the GDB JIT interface: the symbols
/// `__jit_debug_register_code` and `__jit_debug_descriptor`, of which a program can have one definition only. Leave the feature
/// `gdb` off if another compiler that is linked statically (LLVM's, Wasmtime's) defines them.
#[cfg(feature = "gdb")]
pub fn enable_gdb() {
    registry::enable_gdb();
}
