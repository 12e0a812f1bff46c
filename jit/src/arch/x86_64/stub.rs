//! The stubs in front of code: one for each callback, and one for each address that can be led to other code. C calls a
//! callback by its stub's address.
//!
//! A stub has two words of data: the address of its *cell*, and the address of the thunk. The distance from a stub to
//! its data is equal for all stubs of a table. A stub hands the cell to the thunk in a place that holds no argument.

use crate::arch::operands::{Handover, STRIDE};
use crate::convention::spare::Spare;

/// The bytes of a [`Spare::Stack`] stub during which its cell is on the stack.
pub(crate) const PUSHED: std::ops::Range<u64> = 6..13;

/// Returns the code of a stub. Its data begins `distance` bytes behind its first byte.
pub(crate) fn code(handover: Handover, distance: usize) -> [u8; STRIDE] {
    let mut stub = Assembler { code: [INT3; STRIDE], len: 0, data: distance };
    match handover {
        // jmp [thunk]
        Handover::Nothing => stub.relative(&[0xff, 0x25], THUNK),
        // mov r11, [cell]; jmp [thunk]
        Handover::Scratch => {
            stub.relative(&[REX_W_R, 0x8b, 5 | 3 << 3], CELL);
            stub.relative(&[0xff, 0x25], THUNK);
        }
        // mov r64, [cell]; jmp [thunk]
        Handover::Spare(Spare::Int(n)) => {
            let (prefix, register) = match n {
                0 => (REX_W, 7),   // rdi
                1 => (REX_W, 6),   // rsi
                2 => (REX_W, 2),   // rdx
                3 => (REX_W, 1),   // rcx
                4 => (REX_W_R, 0), // r8
                _ => (REX_W_R, 1), // r9
            };
            stub.relative(&[prefix, 0x8b, 5 | register << 3], CELL);
            stub.relative(&[0xff, 0x25], THUNK);
        }
        // movq xmm, [cell]; jmp [thunk]
        Handover::Spare(Spare::Float(n)) => {
            stub.relative(&[0xf3, 0x0f, 0x7e, 5 | n << 3], CELL);
            stub.relative(&[0xff, 0x25], THUNK);
        }
        // push [cell]; call [thunk]; pop rcx; ret
        Handover::Spare(Spare::Stack) => {
            stub.relative(&[0xff, 0x35], CELL);
            stub.relative(&[0xff, 0x15], THUNK);
            stub.bytes(&[0x59, 0xc3]);
        }
    }
    stub.code
}

const REX_W: u8 = 0x48;
const REX_W_R: u8 = 0x4c;
const INT3: u8 = 0xcc;

/// Offsets in a stub's data.
const CELL: usize = 0;
const THUNK: usize = 8;

struct Assembler {
    code: [u8; STRIDE],
    len: usize,
    data: usize,
}

impl Assembler {
    fn bytes(&mut self, bytes: &[u8]) {
        self.code[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Appends an instruction whose last four bytes address a word of the data, relative to the instruction's end.
    fn relative(&mut self, instruction: &[u8], word: usize) {
        self.bytes(instruction);
        // The distance fits: tables are far smaller than i32::MAX.
        let displacement = (self.data + word - self.len - 4) as u32;
        self.bytes(&displacement.to_le_bytes());
    }
}
