//! Tests of bits in memory that models of engines contain.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bits::Bits;
use crate::engine::test::Test;

/// Returns a condition: the test holds for the memory at `base + at`.
pub(crate) fn test(b: &mut FunctionBuilder<'_>, base: Value, at: i32, test: Test) -> Value {
    holds(b, Bits::Memory { base, at }, test)
}

/// Returns a condition: the test holds for the value.
pub(crate) fn holds(b: &mut FunctionBuilder<'_>, value: Bits<'_>, test: Test) -> Value {
    let (ty, all) = match test.len {
        1 => (types::I8, u64::from(u8::MAX)),
        2 => (types::I16, u64::from(u16::MAX)),
        4 => (types::I32, u64::from(u32::MAX)),
        _ => (types::I64, u64::MAX),
    };
    let mut bits = value.get(b, ty, test.offset);
    if test.mask & all != all {
        bits = b.ins().band_imm_u(bits, (test.mask & all) as i64);
    }
    let (low, high) = (test.low, test.high.min(all));
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
