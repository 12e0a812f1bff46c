//! Shims for variadic calls on System V x86-64.
//!
//! The callee expects an upper bound of the number of vector registers used in al (psABI 3.5.7, "Variable argument
//! lists"). Cranelift's IR cannot set al. So a variadic trampoline calls a shim, with the function's address in a place
//! that holds no argument. The shim sets eax and jumps to the function.

/// The place in which a shim finds the address of the function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ShimTarget {
    /// In the n-th integer register.
    Register(u8),
    /// The stack, at this many bytes behind the return address.
    Stack(u32),
}

/// Code that sets al to `vectors` and jumps to the function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Shim {
    pub(crate) target: ShimTarget,
    pub(crate) vectors: u8,
}

impl Shim {
    /// `[mov r11, [rsp + 8 + n];] mov eax, vectors; jmp register`
    pub(crate) fn code(self) -> Vec<u8> {
        let mut code = Vec::with_capacity(16);
        if let ShimTarget::Stack(offset) = self.target {
            // The offset fits: the stack area is far smaller than i32::MAX.
            code.extend([0x4c, 0x8b, 0x9c, 0x24]);
            code.extend((offset + 8).to_le_bytes());
        }
        code.extend([0xb8, self.vectors, 0, 0, 0]);
        // `jmp register` is FF /4, with a REX prefix for r8 and above.
        code.extend_from_slice(match self.target {
            ShimTarget::Register(0) => &[0xff, 0xe7],       // rdi
            ShimTarget::Register(1) => &[0xff, 0xe6],       // rsi
            ShimTarget::Register(2) => &[0xff, 0xe2],       // rdx
            ShimTarget::Register(3) => &[0xff, 0xe1],       // rcx
            ShimTarget::Register(4) => &[0x41, 0xff, 0xe0], // r8
            ShimTarget::Register(_) => &[0x41, 0xff, 0xe1], // r9
            ShimTarget::Stack(_) => &[0x41, 0xff, 0xe3],    // r11
        });
        code
    }
}
