//! C's trampolines, copied into code memory, and the functions that they and ours call.

use std::ffi::c_void;
use std::io;

use hotcall_jit::SlotsEntry;
use hotcall_testing::copied_code::CopiedCode;
use libloading::Library;

use crate::support::c::{self, compile};

/// The callees, and C's trampolines for them.
pub(crate) struct CCode {
    callees: Library,
    trampolines: Library,
}

impl CCode {
    /// Compiles and loads the C files.
    pub(crate) fn build() -> io::Result<Self> {
        let mut flags = vec!["-O3", "-fno-plt", "-fno-stack-protector", "-nostdlib", "-Wl,--no-undefined"];
        if cfg!(target_arch = "x86_64") {
            flags.push("-fcf-protection=none");
        }
        Ok(Self { callees: compile("callees", &["-O2"])?, trampolines: compile("trampolines", &flags)? })
    }

    /// The function that a trampoline of this shape calls.
    pub(crate) fn callee(&self, shape: &str) -> io::Result<*const c_void> {
        c::address(&self.callees, shape)
    }

    /// A copy of C's trampoline, in code memory as compiled trampolines are.
    pub(crate) fn trampoline(&self, shape: &str) -> io::Result<Copied> {
        // SAFETY: trampolines.c defines these symbols as pairs of pointers around code.
        let code = unsafe {
            let range = self.trampolines.get::<*const [*const u8; 2]>(format!("{shape}_range"));
            let [start, end] = **range.map_err(io::Error::other)?;
            std::slice::from_raw_parts(start, end.offset_from_unsigned(start))
        };
        CopiedCode::new(code).map(Copied)
    }
}

/// A copied trampoline: its code.
pub(crate) struct Copied(pub(crate) CopiedCode);

impl Copied {
    pub(crate) fn entry(&self) -> SlotsEntry {
        // SAFETY: every function in trampolines.c is of this type.
        unsafe { std::mem::transmute::<*const u8, SlotsEntry>(self.0.code().as_ptr()) }
    }
}
