//! Parts of aggregates between memory and registers: up to 8 bytes at any address, never touching a byte outside.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

/// Accesses that may be unaligned, and whose faults are the caller's fault and not traps of ours.
pub(crate) const UNALIGNED: MemFlagsData = MemFlagsData::new().with_notrap();

/// Loads `len` (1 to 8) bytes at `base + offset` into the low bytes of an integer; the rest is zero.
///
/// `before` is how many bytes in front of `offset` may be read too.
pub(crate) fn load(b: &mut FunctionBuilder<'_>, base: Value, offset: i32, len: u8, before: u32) -> Value {
    match len {
        1 => b.ins().uload8(types::I64, UNALIGNED, base, offset),
        2 => b.ins().uload16(types::I64, UNALIGNED, base, offset),
        4 => b.ins().uload32(UNALIGNED, base, offset),
        8 => b.ins().load(types::I64, UNALIGNED, base, offset),
        // One load that ends where the bytes end, shifted down.
        3 if before >= 1 => {
            let word = b.ins().uload32(UNALIGNED, base, offset - 1);
            b.ins().ushr_imm_u(word, 8)
        }
        5..=7 if before >= u32::from(8 - len) => {
            let word = b.ins().load(types::I64, UNALIGNED, base, offset - i32::from(8 - len));
            b.ins().ushr_imm_u(word, i64::from(8 - len) * 8)
        }
        // Two loads of a power of two; where they overlap they agree.
        3 => {
            let low = b.ins().uload16(types::I64, UNALIGNED, base, offset);
            let high = b.ins().uload16(types::I64, UNALIGNED, base, offset + 1);
            join(b, low, high, 8)
        }
        5..=7 => {
            let low = b.ins().uload32(UNALIGNED, base, offset);
            let high = b.ins().uload32(UNALIGNED, base, offset + i32::from(len) - 4);
            join(b, low, high, (i64::from(len) - 4) * 8)
        }
        _ => unreachable!("a piece in an integer register has 1 to 8 bytes"),
    }
}

fn join(b: &mut FunctionBuilder<'_>, low: Value, high: Value, shift: i64) -> Value {
    let high = b.ins().ishl_imm_u(high, shift);
    b.ins().bor(low, high)
}

/// Stores the low `len` (1 to 8) bytes of an integer at `base + offset`.
pub(crate) fn store(b: &mut FunctionBuilder<'_>, value: Value, base: Value, offset: i32, len: u8) {
    match len {
        1 => drop(b.ins().istore8(UNALIGNED, value, base, offset)),
        2 => drop(b.ins().istore16(UNALIGNED, value, base, offset)),
        4 => drop(b.ins().istore32(UNALIGNED, value, base, offset)),
        8 => drop(b.ins().store(UNALIGNED, value, base, offset)),
        // Two stores of a power of two; where they overlap they agree.
        3 => {
            b.ins().istore16(UNALIGNED, value, base, offset);
            let high = b.ins().ushr_imm_u(value, 8);
            b.ins().istore16(UNALIGNED, high, base, offset + 1);
        }
        5..=7 => {
            b.ins().istore32(UNALIGNED, value, base, offset);
            let high = b.ins().ushr_imm_u(value, (i64::from(len) - 4) * 8);
            b.ins().istore32(UNALIGNED, high, base, offset + i32::from(len) - 4);
        }
        _ => unreachable!("a piece in an integer register has 1 to 8 bytes"),
    }
}
