//! Unwinding tables: what lets C++ exceptions, Rust panics and backtraces pass through compiled code.
//!
//! Unwinders grow slow with every table that is registered (libgcc sorts them all when it throws). So code whose frames
//! look alike shares a chunk, which has one table for all that will ever be in it.

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use gimli::constants::{DW_OP_and, DW_OP_ge, DW_OP_lt, DW_OP_plus, DW_OP_shl};
use gimli::write::{
    Address, CallFrameInstruction, CommonInformationEntry, EhFrame, EndianVec, Expression, FrameDescriptionEntry,
    FrameTable,
};
use gimli::{Encoding, Format, RunTimeEndian, X86_64};

use crate::arch::operands::STRIDE;
use crate::arch::x86_64::stub::PUSHED;
use crate::convention::spare::Spare;
use crate::error::JitError;
use crate::os::fork;

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

/// What the frames of some code look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Frames {
    /// There is none: the stack is as at the first instruction.
    None,
    /// A frame pointer, and no register saved besides.
    Pointer,
    /// Each function has its own.
    Own,
}

impl Frames {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Pointer, Self::Own];

    /// The frames of a function; one without a description has none.
    pub(crate) fn of(info: Option<&UnwindInfo>, len: usize) -> Self {
        let Some(info) = info else { return Self::None };
        let UnwindInfo::SystemV(info) = info else { return Self::Own };
        let address = Address::Constant(0);
        let fde = info.to_fde(address);
        // `push rbp; mov rbp, rsp`, and nothing else that an unwinder needs to know.
        let mut with_pointer = FrameDescriptionEntry::new(address, len as u32);
        with_pointer.add_instruction(1, CallFrameInstruction::CfaOffset(16));
        with_pointer.add_instruction(1, CallFrameInstruction::Offset(X86_64::RBP, -16));
        with_pointer.add_instruction(4, CallFrameInstruction::CfaRegister(X86_64::RBP));
        if cfg!(target_arch = "x86_64") && fde == with_pointer { Self::Pointer } else { Self::Own }
    }
}

/// The state at a function's first instruction: the return address is on top of the stack.
fn entered() -> CommonInformationEntry {
    let encoding = Encoding { format: Format::Dwarf32, version: 1, address_size: 8 };
    let mut cie = CommonInformationEntry::new(encoding, 1, -8, X86_64::RA);
    cie.add_instruction(CallFrameInstruction::Cfa(X86_64::RSP, 8));
    cie.add_instruction(CallFrameInstruction::Offset(X86_64::RA, -8));
    cie
}

/// The end of an `.eh_frame` section: an entry of length zero.
const TERMINATOR: [u8; 4] = [0; 4];

/// An `.eh_frame` section, known to the process's unwinder until it is dropped.
pub(crate) struct Registration(Box<[u8]>);

impl Registration {
    /// Describes one function; `None` where the platform's tables are of another kind.
    pub(crate) fn of_function(
        isa: &OwnedTargetIsa,
        info: &UnwindInfo,
        code: *const u8,
    ) -> Result<Option<Self>, JitError> {
        let (UnwindInfo::SystemV(info), Some(cie)) = (info, isa.create_systemv_cie()) else { return Ok(None) };
        Self::register(cie, info.to_fde(Address::Constant(code as u64))).map(Some)
    }

    /// Describes `len` bytes of code with such frames, also of functions that are yet to come; `None` if each describes its
    /// own, or where the platform's tables are of another kind.
    pub(crate) fn of_chunk(frames: Frames, code: *const u8, len: usize) -> Result<Option<Self>, JitError> {
        let mut fde = FrameDescriptionEntry::new(Address::Constant(code as u64), len as u32);
        match frames {
            Frames::Own => return Ok(None),
            _ if !cfg!(all(unix, target_arch = "x86_64")) => return Ok(None),
            Frames::None => {}
            // Right from the third instruction on, and so wherever another function can be called.
            Frames::Pointer => {
                fde.add_instruction(0, CallFrameInstruction::Cfa(X86_64::RBP, 16));
                fde.add_instruction(0, CallFrameInstruction::Offset(X86_64::RBP, -16));
            }
        }
        Self::register(entered(), fde).map(Some)
    }

    /// Describes `len` bytes of stubs at `code`.
    pub(crate) fn of_stubs(place: Spare, code: *const u8, len: usize) -> Result<Option<Self>, JitError> {
        if !cfg!(unix) {
            return Ok(None);
        }
        let mut fde = FrameDescriptionEntry::new(Address::Constant(code as u64), len as u32);
        if place == Spare::Stack {
            fde.add_instruction(0, CallFrameInstruction::CfaExpression(cfa_of_pushing_stub()));
        }
        Self::register(entered(), fde).map(Some)
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
        // The unwinder has a lock of its own.
        let _no_fork = fork::hold_off();
        // SAFETY: the section is well formed, ends with a terminator, and stays where it is until `drop` removes it.
        unsafe { __register_frame(registration.description()) };
        Ok(registration)
    }

    /// The section without its end.
    pub(crate) fn entries(&self) -> &[u8] {
        &self.0[..self.0.len() - TERMINATOR.len()]
    }

    /// What the unwinder is given: LLVM's libunwind takes one description of a function (FDE), libgcc's walks from there to
    /// the terminator. It is the second entry of the section, behind what descriptions have in common (CIE).
    fn description(&self) -> *const u8 {
        let common = u32::from_le_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]);
        self.0[4 + common as usize..].as_ptr()
    }
}

/// The frame of a stub that pushes its context: 8 bytes behind the stack pointer, and 8 more while the context is on the
/// stack. Which is told by the instruction's place in the stub, as linkage tables do it.
fn cfa_of_pushing_stub() -> Expression {
    let mut cfa = Expression::new();
    let offset = |cfa: &mut Expression| {
        cfa.op_breg(X86_64::RA, 0);
        cfa.op_constu(STRIDE as u64 - 1);
        cfa.op(DW_OP_and);
    };
    offset(&mut cfa);
    cfa.op_constu(PUSHED.start);
    cfa.op(DW_OP_ge);
    offset(&mut cfa);
    cfa.op_constu(PUSHED.end);
    cfa.op(DW_OP_lt);
    cfa.op(DW_OP_and);
    cfa.op_constu(3);
    cfa.op(DW_OP_shl);
    cfa.op_breg(X86_64::RSP, 8);
    cfa.op(DW_OP_plus);
    cfa
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _no_fork = fork::hold_off();
        // SAFETY: `register` registered this very address, once.
        unsafe { __deregister_frame(self.description()) };
    }
}
