//! Unwinding tables: what lets C++ exceptions, Rust panics and backtraces pass through compiled code.

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use gimli::RunTimeEndian;
use gimli::write::{Address, EhFrame, EndianVec, FrameTable};

use crate::error::JitError;

#[cfg(unix)]
unsafe extern "C" {
    fn __register_frame(frame: *const u8);
    fn __deregister_frame(frame: *const u8);
}

/// Windows has tables of another kind, of which `Registration::new` makes none.
#[cfg(not(unix))]
unsafe fn __register_frame(_frame: *const u8) {}

/// See above.
#[cfg(not(unix))]
unsafe fn __deregister_frame(_frame: *const u8) {}

/// One function's `.eh_frame` section, known to the process's unwinder until it is dropped.
pub(super) struct Registration(Box<[u8]>);

impl Registration {
    /// Describes the code at `code`; `None` where the platform's tables are of another kind.
    pub(super) fn new(isa: &OwnedTargetIsa, info: &UnwindInfo, code: *const u8) -> Result<Option<Self>, JitError> {
        let (UnwindInfo::SystemV(info), Some(cie)) = (info, isa.create_systemv_cie()) else { return Ok(None) };
        let mut table = FrameTable::default();
        let cie = table.add_cie(cie);
        table.add_fde(cie, info.to_fde(Address::Constant(code as u64)));
        let mut section = EhFrame::from(EndianVec::new(RunTimeEndian::Little));
        table.write_eh_frame(&mut section).map_err(JitError::codegen)?;
        let mut bytes = section.0.into_vec();
        // The end of the section: an entry of length zero.
        bytes.extend([0; 4]);
        let registration = Self(bytes.into_boxed_slice());
        // SAFETY: the section is well formed, ends with a terminator, and stays where it is until `drop` removes it.
        unsafe { __register_frame(registration.description()) };
        Ok(Some(registration))
    }

    /// What the unwinder is given: LLVM's libunwind takes one description of a function (FDE), libgcc's walks from there to
    /// the terminator. It is the second entry of the section, behind what descriptions have in common (CIE).
    fn description(&self) -> *const u8 {
        let common = u32::from_le_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]);
        self.0[4 + common as usize..].as_ptr()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: `new` registered this very address, once.
        unsafe { __deregister_frame(self.description()) };
    }
}
