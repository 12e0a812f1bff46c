//! Conversions of numbers: from doubles to integers of C, and between the two sizes of floats.
//!
//! [`numbers`](crate::numbers) makes these conversions in Rust, and has the rules for threads' floating-point
//! environments. Two things follow:
//!
//! * Converting a number that is out of range signals FE_INVALID. So the range is checked first.
//! * With DAZ a denormal number is equal to 0. So the bits of numbers are compared, which DAZ does not concern.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, Block, BlockArg, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::narrowing::Narrowing;
use crate::c::numbers::{FLOAT_ROUNDER, FLOAT_UNIT, INFINITE, NORMAL_DOUBLE, NORMAL_FLOAT, power};
use crate::c::scalar::Scalar;
use crate::codegen::blocks::{go_on_if, next_block};

/// Returns the bits of a double.
fn as_bits(b: &mut FunctionBuilder<'_>, double: Value) -> Value {
    b.ins().bitcast(types::I64, MemFlagsData::new(), double)
}

/// Returns the double with these bits.
fn as_double(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
}

/// Returns the bits of a double without the sign, shifted by one. Such bits have the order of the numbers' magnitudes.
fn unsigned(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    b.ins().ishl_imm_u(bits, 1)
}

fn constant(b: &mut FunctionBuilder<'_>, bits: u64) -> Value {
    b.ins().iconst(types::I64, bits as i64)
}

/// Converts a double, given with its bits, to an integer. Also returns a condition: the double is an integer in the
/// type's range and below 2⁶³.
pub(crate) fn whole(b: &mut FunctionBuilder<'_>, double: Value, bits: Value, scalar: Scalar) -> (Value, Value) {
    let size = unsigned(b, bits);
    let (compared, behind) = match (scalar.size() * 8, scalar.is_signed()) {
        // The magnitude of a negative number is decreased by one: -2ⁿ is in range, 2ⁿ is not.
        (width, true) => {
            let sign = b.ins().ushr_imm_u(bits, 63);
            (b.ins().isub(size, sign), power(width as i32 - 1) << 1)
        }
        // The bits of negative numbers are greater than the bits of all others.
        (width, false) => (bits, power(width.min(63) as i32)),
    };
    // A number out of range is replaced by 0, so that it is not equal in the end. So is -0, which stays equal. A branch
    // selects the double, because then the conversion does not wait for the comparison. Selecting bits would make it
    // wait.
    let behind = constant(b, behind);
    let in_range = b.ins().icmp(IntCC::UnsignedLessThan, compared, behind);
    let zero = b.ins().f64const(0.0);
    let converted = b.ins().select(in_range, double, zero);
    let short = scalar.size() < 4 || scalar == Scalar::I32;
    let number = b.ins().fcvt_to_sint_sat(if short { types::I32 } else { types::I64 }, converted);
    // Compares without signs: in range both numbers have one sign, or are 0.
    let back = b.ins().fcvt_from_sint(types::F64, number);
    let back = as_bits(b, back);
    let back = unsigned(b, back);
    let equal = b.ins().icmp(IntCC::Equal, back, size);
    (if short { b.ins().sextend(types::I64, number) } else { number }, equal)
}

/// Converts a double, given with its bits, to an integer of at most 32 bits. Continues in `otherwise` if the double is
/// not an integer in the type's range, or -0.
///
/// The branch on the range takes fewer instructions than [`whole`], which is for places where blocks cost more.
pub(crate) fn whole_or(
    b: &mut FunctionBuilder<'_>,
    double: Value,
    bits: Value,
    scalar: Scalar,
    otherwise: Block,
) -> Value {
    let width = scalar.size() as i32 * 8;
    let in_range = if scalar.is_signed() {
        // 2ⁿ⁻¹ is refused at the end, because it is not equal to its low bits.
        let size = unsigned(b, bits);
        let greatest = constant(b, power(width - 1) << 1);
        b.ins().icmp(IntCC::UnsignedLessThanOrEqual, size, greatest)
    } else {
        // The bits of negative numbers are greater than the bits of all others.
        let behind = constant(b, power(width));
        b.ins().icmp(IntCC::UnsignedLessThan, bits, behind)
    };
    go_on_if(b, in_range, otherwise);
    let number = b.ins().fcvt_to_sint_sat(types::I64, double);
    let number = if scalar.is_signed() {
        let low = b.ins().ireduce(ir::Type::int(width as u16).unwrap_or(types::I32), number);
        b.ins().sextend(types::I64, low)
    } else {
        number
    };
    let back = b.ins().fcvt_from_sint(types::F64, number);
    let back = as_bits(b, back);
    let equal = b.ins().icmp(IntCC::Equal, back, bits);
    go_on_if(b, equal, otherwise);
    number
}

/// Returns true if every double in the range of [`whole_or`] lies in `low..=high` by its bits, without a sign.
pub(crate) const fn are_whole_in(low: u64, high: u64) -> bool {
    low == 0 && high >= power(32) | 1 << 63
}

/// Converts a double, given with its bits, to a `u64`. Also returns a condition: the double is an integer in the range
/// of `u64`.
pub(crate) fn whole_u64(b: &mut FunctionBuilder<'_>, double: Value, bits: Value) -> (Value, Value) {
    let (small, is_small) = whole(b, double, bits, Scalar::U64);
    // All doubles from 2⁶³ to 2⁶⁴ are integers and have this exponent.
    let exponent = b.ins().ushr_imm_u(bits, 52);
    let is_large = b.ins().icmp_imm_u(IntCC::Equal, exponent, (power(63) >> 52) as i64);
    let fraction = b.ins().ishl_imm_u(bits, 11);
    let first = constant(b, 1 << 63);
    let large = b.ins().bor(fraction, first);
    (b.ins().select(is_large, large, small), b.ins().bor(is_large, is_small))
}

/// Returns true for doubles whose `float` FTZ and DAZ cannot change: 0, and numbers too large for a denormal `float`.
pub(crate) fn is_normal_float(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    // Subtracting 1 makes 0 the greatest number.
    let size = unsigned(b, bits);
    let size = b.ins().iadd_imm_s(size, -1);
    let least = constant(b, (NORMAL_FLOAT << 1) - 1);
    b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, size, least)
}

/// Converts a double to a `float`, in the thread's rounding mode.
pub(crate) fn demote(b: &mut FunctionBuilder<'_>, double: Value) -> Value {
    let bits = as_bits(b, double);
    let normal = is_normal_float(b, bits);
    let convert = |b: &mut FunctionBuilder<'_>| b.ins().fdemote(types::F32, double);
    if_else(b, normal, types::F32, convert, |b| {
        // With DAZ a denormal double would count as 0, which no mode rounds up. So the least normal double replaces it,
        // which rounds as all denormal ones do.
        let sign = b.ins().band_imm_u(bits, i64::MIN);
        let size = unsigned(b, bits);
        let least = constant(b, NORMAL_DOUBLE << 1);
        let size = b.ins().umax(size, least);
        let size = b.ins().ushr_imm_u(size, 1);
        let bits = b.ins().bor(size, sign);
        let double = as_double(b, bits);
        // The sum is rounded to the unit of denormal floats, and is not denormal itself.
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

/// Converts a `float` to a double.
pub(crate) fn promote(b: &mut FunctionBuilder<'_>, single: Value) -> Value {
    let bits = b.ins().bitcast(types::I32, MemFlagsData::new(), single);
    // Subtracting 1 makes 0 the greatest number.
    let size = b.ins().ishl_imm_u(bits, 1);
    let less = b.ins().iadd_imm_s(size, -1);
    let least = i64::from((f32::MIN_POSITIVE.to_bits() << 1) - 1);
    let normal = b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, less, least);
    let convert = |b: &mut FunctionBuilder<'_>| b.ins().fpromote(types::F64, single);
    if_else(b, normal, types::F64, convert, |b| {
        // A denormal float is a small multiple of the unit. It is not denormal as a double.
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

/// Emits code for both cases, the second as cold code. Returns the value of the case that runs.
fn if_else(
    b: &mut FunctionBuilder<'_>,
    condition: Value,
    ty: ir::Type,
    likely: impl FnOnce(&mut FunctionBuilder<'_>) -> Value,
    unlikely: impl FnOnce(&mut FunctionBuilder<'_>) -> Value,
) -> Value {
    let (rare, done) = (b.create_block(), next_block(b));
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

/// Returns true for the bits of a NaN.
pub(crate) fn is_nan(b: &mut FunctionBuilder<'_>, bits: Value) -> Value {
    let size = unsigned(b, bits);
    let infinite = constant(b, INFINITE << 1);
    b.ins().icmp(IntCC::UnsignedGreaterThan, size, infinite)
}

/// Returns a condition for each check that the word must pass.
pub(crate) fn fits(
    b: &mut FunctionBuilder<'_>,
    word: Value,
    Narrowing { signed, unsigned, not_negative }: Narrowing,
) -> impl Iterator<Item = Value> + use<> {
    let extended = signed.map(|bits| {
        let low = match bits {
            8 => types::I8,
            16 => types::I16,
            _ => types::I32,
        };
        let low = b.ins().ireduce(low, word);
        let extended = b.ins().sextend(types::I64, low);
        b.ins().icmp(IntCC::Equal, extended, word)
    });
    let below = unsigned.map(|bits| b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, word, i64::MAX >> (63 - bits)));
    let positive = not_negative.then(|| b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, word, 0));
    [extended, below, positive].into_iter().flatten()
}
