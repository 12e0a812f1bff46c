//! The stubs in front of a shared thunk: one for each callback, which C calls by its address.
//!
//! A stub has two words of data, as far from it as from every other stub to its data: the *context*, and the address of
//! the thunk. It hands the context to the thunk in a place that holds no argument.

/// Bytes from one stub to the next, and from one stub's data to the next's.
pub(crate) const STRIDE: usize = 16;

/// The bytes of a [`ContextPlace::Stack`] stub at which its context is on the stack.
pub(crate) const PUSHED: std::ops::Range<u64> = 6..13;

/// Where the handler and its own context are behind the context that a stub hands over.
pub(crate) const CELL_HANDLER: i32 = 0;
pub(crate) const CELL_CONTEXT: i32 = 8;

/// Where a thunk finds its context.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ContextPlace {
    /// In the n-th integer register, the first that no argument uses.
    Int(u8),
    /// In the n-th float register, where arguments take all integer registers.
    Float(u8),
    /// On the stack, in front of a return address and the stack arguments, where they take all registers.
    Stack,
}

impl ContextPlace {
    /// A stub whose data begins `distance` bytes behind its first byte.
    pub(crate) fn code(self, distance: usize) -> [u8; STRIDE] {
        let mut stub = Assembler { code: [INT3; STRIDE], len: 0, data: distance };
        match self {
            // mov r64, [context]; jmp [thunk]
            Self::Int(n) => {
                let (prefix, register) = match n {
                    0 => (REX_W, 7),   // rdi
                    1 => (REX_W, 6),   // rsi
                    2 => (REX_W, 2),   // rdx
                    3 => (REX_W, 1),   // rcx
                    4 => (REX_W_R, 0), // r8
                    _ => (REX_W_R, 1), // r9
                };
                stub.relative(&[prefix, 0x8b, 5 | register << 3], CONTEXT);
                stub.relative(&[0xff, 0x25], THUNK);
            }
            // movq xmm, [context]; jmp [thunk]
            Self::Float(n) => {
                stub.relative(&[0xf3, 0x0f, 0x7e, 5 | n << 3], CONTEXT);
                stub.relative(&[0xff, 0x25], THUNK);
            }
            // push [context]; call [thunk]; pop rcx; ret
            Self::Stack => {
                stub.relative(&[0xff, 0x35], CONTEXT);
                stub.relative(&[0xff, 0x15], THUNK);
                stub.bytes(&[0x59, 0xc3]);
            }
        }
        stub.code
    }
}

const REX_W: u8 = 0x48;
const REX_W_R: u8 = 0x4c;
const INT3: u8 = 0xcc;

/// Offsets in a stub's data.
const CONTEXT: usize = 0;
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

    /// An instruction that ends with the address of a word of the data, relative to its own end.
    fn relative(&mut self, instruction: &[u8], word: usize) {
        self.bytes(instruction);
        // Tables are far smaller than i32::MAX.
        let displacement = (self.data + word - self.len - 4) as u32;
        self.bytes(&displacement.to_le_bytes());
    }
}
