//! Tests of bits in memory that models of engines contain.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, Block, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bits::Bits;
use crate::codegen::blocks::go_on_if;
use crate::engine::test::Test;

/// Returns a condition: the test holds for the memory at `base + at`.
pub(crate) fn test(b: &mut FunctionBuilder<'_>, base: Value, at: i32, test: Test) -> Value {
    holds(b, Bits::Memory { base, at }, test)
}

/// Returns a condition: the test holds for the value.
pub(crate) fn holds(b: &mut FunctionBuilder<'_>, value: Bits<'_>, test: Test) -> Value {
    let bits = read(b, value, test);
    compare(b, bits, test)
}

/// Loads the bits that a test compares.
pub(crate) fn read(b: &mut FunctionBuilder<'_>, value: Bits<'_>, test: Test) -> Value {
    let (ty, all) = form(test);
    let bits = value.get(b, ty, test.offset);
    match high_bits(test) {
        // A shift needs no constant of 8 bytes.
        Some(shift) => b.ins().ushr_imm_u(bits, i64::from(shift)),
        None if test.mask & all != all => b.ins().band_imm_u(bits, (test.mask & all) as i64),
        None => bits,
    }
}

/// Returns true if the tests read the same bits of a value.
pub(crate) fn reads_same(one: Test, other: Test) -> bool {
    let read = |test: Test| (test.offset, test.len, test.mask & form(test).1, high_bits(test));
    read(one) == read(other)
}

/// Returns a condition: the test holds for these bits, which it has [`read`].
pub(crate) fn compare(b: &mut FunctionBuilder<'_>, bits: Value, test: Test) -> Value {
    let (_, all) = form(test);
    let shift = high_bits(test).unwrap_or(0);
    let (low, high) = (test.low >> shift, test.high.min(all) >> shift);
    let compare = |b: &mut FunctionBuilder<'_>, by, with: u64| b.ins().icmp_imm_u(by, bits, with as i64);
    if low == high {
        compare(b, IntCC::Equal, low)
    } else if low == 0 {
        compare(b, IntCC::UnsignedLessThanOrEqual, high)
    } else if high == all {
        compare(b, IntCC::UnsignedGreaterThanOrEqual, low)
    } else {
        let above = b.ins().iadd_imm_s(bits, low.wrapping_neg() as i64);
        b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, above, (high - low) as i64)
    }
}

/// Returns 0 for the word of false, and 1 for that of true. Other words continue in `otherwise`.
pub(crate) fn truth(b: &mut FunctionBuilder<'_>, truths: [u64; 2], word: Value, otherwise: Block) -> Value {
    let [is_no, is_yes] = truths.map(|truth| {
        let truth = b.ins().iconst(types::I64, truth as i64);
        b.ins().icmp(IntCC::Equal, word, truth)
    });
    let either = b.ins().bor(is_no, is_yes);
    go_on_if(b, either, otherwise);
    b.ins().uextend(types::I64, is_yes)
}

/// Returns the type of the bits, and all of its bits.
const fn form(test: Test) -> (ir::Type, u64) {
    match test.len {
        1 => (types::I8, u8::MAX as u64),
        2 => (types::I16, u16::MAX as u64),
        4 => (types::I32, u32::MAX as u64),
        _ => (types::I64, u64::MAX),
    }
}

/// Returns the number of bits below those that a test compares, if these are the highest bits of 8 bytes, and equal to
/// one value.
const fn high_bits(test: Test) -> Option<u32> {
    let shift = test.mask.trailing_zeros();
    let is_high = test.len == 8 && shift > 0 && shift < 64 && test.mask == u64::MAX << shift;
    if is_high && test.low == test.high && test.low & !test.mask == 0 { Some(shift) } else { None }
}
