//! Numbers of other types as C's: integers from doubles, where they are some, and floats of either size.
//!
//! [`numbers`](crate::numbers) says what holds whatever a thread's floating-point environment is, and does the same in Rust. Only
//! numbers that are in range are converted, for those that are not signal FE_INVALID; and numbers are compared by their bits, for
//! with DAZ a denormal one is equal to 0.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

use super::blocks::next_block;
use crate::numbers::{FLOAT_ROUNDER, FLOAT_UNIT, INFINITE, NORMAL_FLOAT, power};
use crate::types::Scalar;

/// The bits of a double, and the double of bits.
fn as_bits(b: &mut FunctionBuilder<'_>, double: Value) -> Value {
    b.ins().bitcast(types::I64, MemFlagsData::new(), double)
}

fn as_double(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
}

/// The bits of a double without the sign, which orders numbers and tells 0 from nothing but 0. They are shifted by one.
fn unsigned(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    b.ins().ishl_imm_u(bits, 1)
}

fn constant(b: &mut FunctionBuilder<'_>, bits: u64) -> Value {
    b.ins().iconst(types::I64, bits as i64)
}

/// The bits of a double as a whole number, and whether it is one in the type's range and below 2⁶³.
pub(crate) fn whole(b: &mut FunctionBuilder<'_>, bits: Value, scalar: Scalar) -> (Value, Value) {
    let size = unsigned(b, bits);
    let (compared, behind) = match (scalar.size() * 8, scalar.is_signed()) {
        // One less with a sign: the least number is in range.
        (width, true) => {
            let sign = b.ins().ushr_imm_u(bits, 63);
            (b.ins().isub(size, sign), power(width as i32 - 1) << 1)
        }
        // Those with a sign are behind all others.
        (width, false) => (bits, power(width.min(63) as i32)),
    };
    // What is out of range becomes 0, which it is not equal to; except -0, which is not in range by this.
    let behind = constant(b, behind);
    let in_range = b.ins().icmp(IntCC::UnsignedLessThan, compared, behind);
    let zero = constant(b, 0);
    let converted = b.ins().select(in_range, bits, zero);
    let converted = as_double(b, converted);
    let short = scalar.size() < 4 || scalar == Scalar::I32;
    let number = b.ins().fcvt_to_sint_sat(if short { types::I32 } else { types::I64 }, converted);
    // Both have the same sign, or are 0.
    let back = b.ins().fcvt_from_sint(types::F64, number);
    let back = as_bits(b, back);
    let back = unsigned(b, back);
    let equal = b.ins().icmp(IntCC::Equal, back, size);
    (if short { b.ins().sextend(types::I64, number) } else { number }, equal)
}

/// The bits of a double as a whole number of 64 bits without a sign, and whether it is one: also from 2⁶³ on.
pub(crate) fn whole_u64(b: &mut FunctionBuilder<'_>, bits: Value) -> (Value, Value) {
    let (small, is_small) = whole(b, bits, Scalar::U64);
    // All of them have this exponent, and are integers.
    let exponent = b.ins().ushr_imm_u(bits, 52);
    let is_large = b.ins().icmp_imm_u(IntCC::Equal, exponent, (power(63) >> 52) as i64);
    let fraction = b.ins().ishl_imm_u(bits, 11);
    let first = constant(b, 1 << 63);
    let large = b.ins().bor(fraction, first);
    (b.ins().select(is_large, large, small), b.ins().bor(is_large, is_small))
}

/// Whether a double that is converted to a `float` is so large that this is not denormal; or 0.
pub(crate) fn is_normal_float(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    // One less, so that 0 is the greatest.
    let size = unsigned(b, bits);
    let size = b.ins().iadd_imm_s(size, -1);
    let least = constant(b, (NORMAL_FLOAT << 1) - 1);
    b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, size, least)
}

/// A double as a `float`, rounded as the thread rounds.
pub(crate) fn demote(b: &mut FunctionBuilder<'_>, double: Value) -> Value {
    let bits = as_bits(b, double);
    let normal = is_normal_float(b, bits);
    let convert = |b: &mut FunctionBuilder<'_>| b.ins().fdemote(types::F32, double);
    if_else(b, normal, types::F32, convert, |b| {
        // The sum's last bit is the unit of denormal floats.
        let sign = b.ins().band_imm_u(bits, i64::MIN);
        let rounder = b.ins().bor_imm_u(sign, FLOAT_ROUNDER as i64);
        let rounder = as_double(b, rounder);
        let sum = b.ins().fadd(double, rounder);
        let sum = as_bits(b, sum);
        let fraction = b.ins().ireduce(types::I32, sum);
        let sign = b.ins().ushr_imm_u(sign, 32);
        let sign = b.ins().ireduce(types::I32, sign);
        let float = b.ins().bor(fraction, sign);
        b.ins().bitcast(types::F32, MemFlagsData::new(), float)
    })
}

/// A `float` as a double.
pub(crate) fn promote(b: &mut FunctionBuilder<'_>, single: Value) -> Value {
    let bits = b.ins().bitcast(types::I32, MemFlagsData::new(), single);
    // One less, so that 0 is the greatest.
    let size = b.ins().ishl_imm_u(bits, 1);
    let less = b.ins().iadd_imm_s(size, -1);
    let least = i64::from((f32::MIN_POSITIVE.to_bits() << 1) - 1);
    let normal = b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, less, least);
    let convert = |b: &mut FunctionBuilder<'_>| b.ins().fpromote(types::F64, single);
    if_else(b, normal, types::F64, convert, |b| {
        // So many units, which is no denormal double.
        let count = b.ins().uextend(types::I64, size);
        let count = b.ins().fcvt_from_sint(types::F64, count);
        let unit = b.ins().f64const(f64::from_bits(power(FLOAT_UNIT - 1)));
        let size = b.ins().fmul(count, unit);
        let size = as_bits(b, size);
        let sign = b.ins().uextend(types::I64, bits);
        let sign = b.ins().ushr_imm_u(sign, 31);
        let sign = b.ins().ishl_imm_u(sign, 63);
        let double = b.ins().bor(size, sign);
        as_double(b, double)
    })
}

/// What one of two pieces of code makes; the second one is out of the way.
fn if_else(
    b: &mut FunctionBuilder<'_>,
    condition: Value,
    ty: ir::Type,
    likely: impl FnOnce(&mut FunctionBuilder<'_>) -> Value,
    unlikely: impl FnOnce(&mut FunctionBuilder<'_>) -> Value,
) -> Value {
    let [rare, done] = std::array::from_fn(|_| b.create_block());
    b.set_cold_block(rare);
    let made = b.append_block_param(done, ty);
    let this = next_block(b);
    b.ins().brif(condition, this, &[], rare, &[]);
    b.seal_block(this);
    b.seal_block(rare);
    b.switch_to_block(this);
    let value = likely(b);
    b.ins().jump(done, &[BlockArg::from(value)]);
    b.switch_to_block(rare);
    let value = unlikely(b);
    b.ins().jump(done, &[BlockArg::from(value)]);
    b.seal_block(done);
    b.switch_to_block(done);
    made
}

/// Whether the bits of a double are those of a NaN.
pub(crate) fn is_nan(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    let size = unsigned(b, bits);
    let infinite = constant(b, INFINITE << 1);
    b.ins().icmp(IntCC::UnsignedGreaterThan, size, infinite)
}

/// Whether the type has room for a number with a sign and of so many bits, unless it has for all of them.
pub(crate) fn in_range(b: &mut FunctionBuilder<'_>, number: Value, bits: u32, scalar: Scalar) -> Option<Value> {
    let (size, signed) = (scalar.size() * 8, scalar.is_signed());
    Some(match (size, signed) {
        _ if signed && bits <= size => return None,
        (64, _) | (_, false) if bits <= size => b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, number, 0),
        (_, true) => {
            let low = match size {
                8 => types::I8,
                16 => types::I16,
                _ => types::I32,
            };
            let low = b.ins().ireduce(low, number);
            let extended = b.ins().sextend(types::I64, low);
            b.ins().icmp(IntCC::Equal, extended, number)
        }
        (_, false) => {
            let max = i64::MAX >> (63 - size);
            b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, number, max)
        }
    })
}
