//! Numbers of wider types as integers of C, where they are some.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::types::Scalar;

/// A double as a whole number, and whether it is one in the type's range and below 2⁶³.
pub(crate) fn whole(b: &mut FunctionBuilder<'_>, double: Value, scalar: Scalar) -> (Value, Value) {
    // What saturates is not equal; 2⁶³ is to what an i64 saturates to.
    let short = scalar.size() < 4 || scalar == Scalar::I32;
    let number = b.ins().fcvt_to_sint_sat(if short { types::I32 } else { types::I64 }, double);
    let back = b.ins().fcvt_from_sint(types::F64, number);
    let equal = b.ins().fcmp(FloatCC::Equal, back, double);
    let whole = if short { b.ins().sextend(types::I64, number) } else { number };
    let fits = match (scalar.size(), scalar.is_signed()) {
        (8, true) => Some(b.ins().icmp_imm_s(IntCC::NotEqual, whole, i64::MAX)),
        (8, false) => Some(b.ins().icmp_imm_u(IntCC::UnsignedLessThan, whole, i64::MAX)),
        _ => in_range(b, whole, if short { 32 } else { 64 }, scalar),
    };
    (whole, fits.map_or(equal, |fits| b.ins().band(equal, fits)))
}

/// A double as a whole number of 64 bits without a sign, and whether it is one: also from 2⁶³ on.
pub(crate) fn whole_u64(b: &mut FunctionBuilder<'_>, double: Value) -> (Value, Value) {
    let whole = b.ins().fcvt_to_uint_sat(types::I64, double);
    let back = b.ins().fcvt_from_uint(types::F64, whole);
    let equal = b.ins().fcmp(FloatCC::Equal, back, double);
    // 2⁶⁴ is equal to what a u64 saturates to.
    let fits = b.ins().icmp_imm_s(IntCC::NotEqual, whole, -1);
    (whole, b.ins().band(equal, fits))
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
