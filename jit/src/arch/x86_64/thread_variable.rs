//! Loads of a thread's variable: `mov register, fs:[distance]`. Cranelift cannot express this instruction. It loads an
//! address instead, by an instruction that is longer.

/// The bytes of `movabs register, address`.
pub(crate) const LOAD_ADDRESS: usize = 10;

/// The bytes of the address.
pub(crate) const ADDRESS: usize = 8;

/// Replaces `movabs register, address` by the load of 8 bytes at a distance from the thread's pointer. Returns false if
/// the code is another instruction.
pub(crate) fn load_variable(code: &mut [u8; LOAD_ADDRESS], distance: i32) -> bool {
    let [rex, opcode] = [code[0], code[1]];
    // REX.W, with or without REX.B; the register is in the lowest bits of the opcode.
    if rex & 0xfe != 0x48 || opcode & 0xf8 != 0xb8 {
        return false;
    }
    let [a, b, c, d] = distance.to_le_bytes();
    // REX.R has the fourth bit of the register.
    *code = [0x64, 0x48 | (rex & 1) << 2, 0x8b, (opcode & 7) << 3 | 0b100, 0x25, a, b, c, d, 0x90];
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of the second column are those of the GNU assembler.
    #[test]
    fn loads_of_addresses_become_loads_of_variables() {
        for (opcode, expected) in [
            ([0x48, 0xb8], [0x64, 0x48, 0x8b, 0x04, 0x25, 0xf8, 0xff, 0xff, 0xff, 0x90]),
            ([0x48, 0xbf], [0x64, 0x48, 0x8b, 0x3c, 0x25, 0xf8, 0xff, 0xff, 0xff, 0x90]),
            ([0x49, 0xb9], [0x64, 0x4c, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff, 0x90]),
        ] {
            let mut code = [0; LOAD_ADDRESS];
            code[..2].copy_from_slice(&opcode);
            assert!(load_variable(&mut code, -8));
            assert_eq!(code, expected);
            assert!(!load_variable(&mut code, -8));
            assert_eq!(code, expected);
        }
    }
}
