//! Unwinding tables, which let C++ exceptions, Rust panics and backtraces pass through compiled code.
//!
//! Unwinders get slower with every registered table, because libgcc sorts all of them when it throws. So code with
//! equal frames shares a chunk. The chunk has one table for all code that it will ever hold.

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use gimli::RunTimeEndian;
use gimli::write::{Address, CommonInformationEntry, EhFrame, EndianVec, FrameDescriptionEntry, FrameTable};

use crate::arch::operands::Handover;
use crate::arch::x86_64::frames;
use crate::error::JitError;
use crate::lock::hold_off;
use crate::os::unwind;

/// The form of the frames of some code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Frames {
    /// No frames: the stack is as at the first instruction.
    None,
    /// A frame pointer, and no other saved registers.
    Pointer,
    /// Each function has its own frames.
    Own,
}

impl Frames {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Pointer, Self::Own];

    /// The frames of a function. A function without a description does not have frames.
    pub(crate) fn of(info: Option<&UnwindInfo>, len: usize) -> Self {
        let Some(info) = info else { return Self::None };
        let UnwindInfo::SystemV(info) = info else { return Self::Own };
        let is_pushed = frames::IS_HOST && info.to_fde(Address::Constant(0)) == frames::pushing_pointer(len);
        if is_pushed { Self::Pointer } else { Self::Own }
    }
}

/// The end of an `.eh_frame` section: an entry of length zero.
const TERMINATOR: [u8; 4] = [0; 4];

/// An `.eh_frame` section, known to the process's unwinder until it is dropped.
pub(crate) struct Registration(Box<[u8]>);

impl Registration {
    /// Describes one function. `None` if the platform's tables are of another kind.
    pub(crate) fn of_function(
        isa: &OwnedTargetIsa,
        info: &UnwindInfo,
        code: *const u8,
    ) -> Result<Option<Self>, JitError> {
        let (UnwindInfo::SystemV(info), Some(cie)) = (info, isa.create_systemv_cie()) else { return Ok(None) };
        Self::register(cie, info.to_fde(Address::Constant(code as u64))).map(Some)
    }

    /// Describes `len` bytes of code with such frames, also for functions that are added later. `None` if each function
    /// describes its own frames, or if the platform's tables are of another kind.
    pub(crate) fn of_chunk(frames: Frames, code: *const u8, len: usize) -> Result<Option<Self>, JitError> {
        let fde = match frames {
            Frames::Own => return Ok(None),
            _ if !(unwind::TAKES_EH_FRAMES && frames::IS_HOST) => return Ok(None),
            Frames::None => frames::without_frame(code, len),
            Frames::Pointer => frames::with_pointer(code, len),
        };
        Self::register(frames::entered(), fde).map(Some)
    }

    /// Describes `len` bytes of stubs at `code`.
    pub(crate) fn of_stubs(handover: Handover, code: *const u8, len: usize) -> Result<Option<Self>, JitError> {
        if !unwind::TAKES_EH_FRAMES {
            return Ok(None);
        }
        Self::register(frames::entered(), frames::of_stubs(handover, code, len)).map(Some)
    }

    fn register(cie: CommonInformationEntry, fde: FrameDescriptionEntry) -> Result<Self, JitError> {
        let mut table = FrameTable::default();
        let cie = table.add_cie(cie);
        table.add_fde(cie, fde);
        let mut section = EhFrame::from(EndianVec::new(RunTimeEndian::Little));
        table.write_eh_frame(&mut section).map_err(JitError::codegen)?;
        let mut bytes = section.0.into_vec();
        bytes.extend(TERMINATOR);
        let registration = Self(bytes.into_boxed_slice());
        // Forks are held off, because the unwinder has a lock of its own.
        let _no_fork = hold_off();
        // SAFETY: the section is well formed, ends with a terminator, and stays where it is until `drop` removes it.
        unsafe { unwind::__register_frame(registration.description()) };
        Ok(registration)
    }

    /// The section without its terminator.
    pub(crate) fn entries(&self) -> &[u8] {
        &self.0[..self.0.len() - TERMINATOR.len()]
    }

    /// The address that the unwinder gets, which is that of the section's second entry. LLVM's libunwind takes one
    /// description of a function (FDE). libgcc's unwinder walks from there to the terminator. The first entry holds the
    /// common part (CIE).
    fn description(&self) -> *const u8 {
        let common = u32::from_le_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]);
        self.0[4 + common as usize..].as_ptr()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _no_fork = hold_off();
        // SAFETY: `register` registered this address, once.
        unsafe { unwind::__deregister_frame(self.description()) };
    }
}
