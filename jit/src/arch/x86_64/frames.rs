//! The frames of code on x86-64, in the terms of DWARF's call frame information (psABI 3.7, "Stack Unwind Algorithm").

use std::ptr;

use gimli::constants::{DW_OP_and, DW_OP_ge, DW_OP_lt, DW_OP_plus, DW_OP_shl};
use gimli::write::{Address, CallFrameInstruction, CommonInformationEntry, Expression, FrameDescriptionEntry};
use gimli::{Encoding, Format, X86_64};

use crate::arch::operands::{Handover, STRIDE};
use crate::arch::x86_64::stub::PUSHED;
use crate::convention::spare::Spare;

/// True where x86-64 is the machine that this is compiled for.
pub(crate) const IS_HOST: bool = cfg!(target_arch = "x86_64");

/// The state at a function's first instruction: the return address is on top of the stack.
pub(crate) fn entered() -> CommonInformationEntry {
    let encoding = Encoding { format: Format::Dwarf32, version: 1, address_size: 8 };
    let mut cie = CommonInformationEntry::new(encoding, 1, -8, X86_64::RA);
    cie.add_instruction(CallFrameInstruction::Cfa(X86_64::RSP, 8));
    cie.add_instruction(CallFrameInstruction::Offset(X86_64::RA, -8));
    cie
}

/// Describes `len` bytes of code that leaves the stack as [`entered`] says.
pub(crate) fn without_frame(code: *const u8, len: usize) -> FrameDescriptionEntry {
    FrameDescriptionEntry::new(Address::Constant(code as u64), len as u32)
}

/// Describes `len` bytes of functions with a frame pointer. It holds from the third instruction of
/// each, and so wherever another function can be called.
pub(crate) fn with_pointer(code: *const u8, len: usize) -> FrameDescriptionEntry {
    let mut fde = without_frame(code, len);
    fde.add_instruction(0, CallFrameInstruction::Cfa(X86_64::RBP, 16));
    fde.add_instruction(0, CallFrameInstruction::Offset(X86_64::RBP, -16));
    fde
}

/// Describes one function at address 0 as Cranelift does: `push rbp; mov rbp, rsp`, and nothing else that an unwinder needs to
/// know.
pub(crate) fn pushing_pointer(len: usize) -> FrameDescriptionEntry {
    let mut fde = without_frame(ptr::null(), len);
    fde.add_instruction(1, CallFrameInstruction::CfaOffset(16));
    fde.add_instruction(1, CallFrameInstruction::Offset(X86_64::RBP, -16));
    fde.add_instruction(4, CallFrameInstruction::CfaRegister(X86_64::RBP));
    fde
}

/// Describes `len` bytes of stubs.
pub(crate) fn of_stubs(handover: Handover, code: *const u8, len: usize) -> FrameDescriptionEntry {
    let mut fde = without_frame(code, len);
    if handover == Handover::Spare(Spare::Stack) {
        fde.add_instruction(0, CallFrameInstruction::CfaExpression(cfa_of_pushing_stub()));
    }
    fde
}

/// The frame of a stub that pushes its context: 8 bytes behind the stack pointer, and 8 more while the context is on the
/// stack. The instruction's place in the stub tells which, as in linkage tables.
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
