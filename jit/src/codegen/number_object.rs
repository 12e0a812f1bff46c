//! Numbers that are objects to numbers of C: the machine code of [`number_object`](crate::engine::number_object).

use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::scalar::Scalar;
use crate::codegen::blocks::{go_on_if, next_block};
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::numbers;
use crate::codegen::object::{follow, go_on_if_holds, load};
use crate::engine::number_object::{DoubleObject, NumberObjects, WideObject};

/// Emits the code that reads an object as a number of this type. It continues in `done`, with the number as a float of its own
/// type or as a canonical slot, or in `otherwise`.
pub(crate) fn read(
    b: &mut FunctionBuilder<'_>,
    objects: &NumberObjects,
    word: Value,
    scalar: Scalar,
    done: Block,
    otherwise: Block,
) {
    let wide = objects.wide.as_ref().filter(|_| takes_wide(scalar));
    if let Some(double) = objects.double.as_ref().filter(|_| takes_numbers(scalar)) {
        let other = if wide.is_none() { otherwise } else { next_block(b) };
        go_on_if_holds(b, &double.check, word, other);
        let number = number(b, double, word, scalar, otherwise);
        b.ins().jump(done, &[BlockArg::from(number)]);
        if wide.is_some() {
            b.seal_block(other);
            b.switch_to_block(other);
        }
    }
    match wide {
        Some(wide) => low_bits(b, wide, word, done, otherwise),
        None if objects.double.is_none() => {
            b.ins().jump(otherwise, &[]);
        }
        None => {}
    }
}

/// Returns true if objects of this description are numbers of the type.
pub(crate) fn serves(objects: &NumberObjects, scalar: Scalar) -> bool {
    objects.double.is_some() && takes_numbers(scalar) || objects.wide.is_some() && takes_wide(scalar)
}

const fn takes_numbers(scalar: Scalar) -> bool {
    scalar.is_integer() || scalar.is_float()
}

const fn takes_wide(scalar: Scalar) -> bool {
    scalar.is_integer() && scalar.size() == 8
}

/// Returns the number of an object that holds a double. Continues in `otherwise` if the type does not have it.
fn number(b: &mut FunctionBuilder<'_>, double: &DoubleObject, word: Value, scalar: Scalar, otherwise: Block) -> Value {
    let (base, at) = follow(b, &double.at, word);
    let number = b.ins().load(types::F64, UNALIGNED, base, at);
    if scalar == Scalar::F64 {
        return number;
    }
    let bits = b.ins().load(types::I64, UNALIGNED, base, at);
    if scalar == Scalar::F32 {
        // With FTZ a denormal float would become 0, so others convert it.
        let is_normal = numbers::is_normal_float(b, bits);
        go_on_if(b, is_normal, otherwise);
        return b.ins().fdemote(types::F32, number);
    }
    let (whole, fits) = numbers::whole(b, number, bits, scalar);
    go_on_if(b, fits, otherwise);
    whole
}

/// Continues in `done` with the low 64 bits of an object's integer.
fn low_bits(b: &mut FunctionBuilder<'_>, wide: &WideObject, word: Value, done: Block, otherwise: Block) {
    go_on_if_holds(b, &wide.check, word, otherwise);
    let bits = load(b, &wide.bits, word, 4);
    let length = b.ins().band_imm_u(bits, i64::from(wide.length));
    let some = next_block(b);
    let zero = b.ins().iconst(types::I64, 0);
    b.ins().brif(length, some, &[], done, &[BlockArg::from(zero)]);
    b.seal_block(some);
    b.switch_to_block(some);
    let digit = load(b, &wide.digits, word, 8);
    let negative = b.ins().ineg(digit);
    let sign = b.ins().band_imm_u(bits, i64::from(wide.sign));
    let low = b.ins().select(sign, negative, digit);
    b.ins().jump(done, &[BlockArg::from(low)]);
}
