//! Results to values: the machine code of [`ValueModel::pack`](crate::engine::values::ValueModel::pack).

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::scalar::Scalar;
use crate::codegen::bytes::float_slot;
use crate::codegen::call::extend;
use crate::codegen::{frame, numbers};
use crate::convention::plan::Piece;
use crate::engine::call::Words;
use crate::engine::values::model::{Boolean, Double, Integer, Singleton, ValueModel};

/// The side that takes the value. Each of the functions ends the block.
pub(crate) trait Packing {
    /// Returns the engine's model.
    fn model(&self) -> &ValueModel;
    /// Continues with a value, which it gets in words.
    fn succeed(&self, b: &mut FunctionBuilder<'_>, words: &[Value]);
    /// Makes the helper convert the slot or the bytes at this address to a value, and continues with that.
    fn help_with_result(&self, b: &mut FunctionBuilder<'_>, result: Value);
    /// Makes the engine's function convert a result without a class, and continues with the value. Returns false, and
    /// emits nothing, if the engine does not have a function for the type.
    fn make(&self, _: &mut FunctionBuilder<'_>, _: Value) -> bool {
        false
    }
}

/// Returns a scalar result as a float of its own type, or otherwise as a canonical slot.
pub(crate) fn raw(b: &mut FunctionBuilder<'_>, word: Value, piece: &Piece) -> Value {
    if piece.loc.is_float() { word } else { extend(b, word, piece) }
}

/// Returns a scalar as a value.
pub(crate) fn scalar(call: &impl Packing, b: &mut FunctionBuilder<'_>, scalar: Scalar, raw: Value) {
    let ValueModel { integer, double, wide, boolean, truths, null, .. } = *call.model();
    match scalar {
        Scalar::Bool => {
            let value = match truths {
                Some(truths) => Some(truth_word(b, truths, raw)),
                None => boolean.map(|class| boolean_value(call, b, class, raw)),
            };
            value_or_other(call, b, value, raw);
        }
        Scalar::F64 => {
            let value = double.map(|class| double_value(call, b, class, raw));
            value_or_other(call, b, value, raw);
        }
        Scalar::F32 => {
            let value = double.map(|class| {
                let double = numbers::promote(b, raw);
                double_value(call, b, class, double)
            });
            value_or_other(call, b, value, raw);
        }
        Scalar::Pointer(_) => match null {
            Some(null) => null_or_other(call, b, null, raw),
            // The engine's function does not take null.
            None => help(call, b, raw),
        },
        Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
            number(call, b, scalar, integer, double, raw);
        }
        Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize => match wide {
            Some(class) => wide_or_other(call, b, scalar, class, raw),
            None => other(call, b, raw),
        },
    }
}

/// Returns the value, if the model has a class for it.
fn value_or_other(call: &impl Packing, b: &mut FunctionBuilder<'_>, value: Option<Vec<Value>>, raw: Value) {
    match value {
        Some(value) => call.succeed(b, &value),
        None => other(call, b, raw),
    }
}

/// Makes the engine's function convert the result, or the helper.
fn other(call: &impl Packing, b: &mut FunctionBuilder<'_>, raw: Value) {
    if !call.make(b, raw) {
        help(call, b, raw);
    }
}

/// Makes the helper convert the result.
fn help(call: &impl Packing, b: &mut FunctionBuilder<'_>, raw: Value) {
    let memory = frame::reserve(b, 8);
    let slot = float_slot(b, raw);
    let ty = b.func.dfg.value_type(slot);
    b.ins().stack_store(types::I64, slot, memory, 0);
    debug_assert!(ty.bytes() == 8);
    let result = frame::address(b, memory, 0);
    call.help_with_result(b, result);
}

/// Emits `likely` for the case that the condition holds, and `unlikely` as cold code for the other case.
fn if_else(
    b: &mut FunctionBuilder<'_>,
    condition: Value,
    likely: impl FnOnce(&mut FunctionBuilder<'_>),
    unlikely: impl FnOnce(&mut FunctionBuilder<'_>),
) {
    let [yes, no] = std::array::from_fn(|_| b.create_block());
    b.ins().brif(condition, yes, &[], no, &[]);
    b.seal_block(yes);
    b.seal_block(no);
    b.set_cold_block(no);
    b.switch_to_block(yes);
    likely(b);
    b.switch_to_block(no);
    unlikely(b);
}

fn null_or_other(call: &impl Packing, b: &mut FunctionBuilder<'_>, null: Singleton, raw: Value) {
    let [is_null, some] = std::array::from_fn(|_| b.create_block());
    b.ins().brif(raw, some, &[], is_null, &[]);
    b.seal_block(is_null);
    b.seal_block(some);
    b.switch_to_block(is_null);
    let value = words(b, call.model(), null.value);
    call.succeed(b, &value);
    b.switch_to_block(some);
    other(call, b, raw);
}

fn wide_or_other(call: &impl Packing, b: &mut FunctionBuilder<'_>, scalar: Scalar, class: Integer, raw: Value) {
    let has_room = room(b, class, raw);
    let fits = match (scalar.is_signed(), has_room) {
        (true, None) => None,
        (false, None) => Some(b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, raw, 0)),
        (true, Some(fits)) => Some(fits),
        // An unsigned number fits if it fits as a signed number and is not negative.
        (false, Some(_)) => {
            let max = (1_u64 << (class.bits() - 1)) - 1;
            Some(b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, raw, max as i64))
        }
    };
    let small = |b: &mut FunctionBuilder<'_>| {
        let value = integer_value(call, b, class, raw);
        call.succeed(b, &value);
    };
    match fits {
        None => small(b),
        Some(fits) => if_else(b, fits, small, |b| other(call, b, raw)),
    }
}

/// Returns an integer of at most 32 bits as a value of the first class that can hold it.
fn number(
    call: &impl Packing,
    b: &mut FunctionBuilder<'_>,
    scalar: Scalar,
    integer: Option<Integer>,
    double: Option<Double>,
    raw: Value,
) {
    let as_double = |b: &mut FunctionBuilder<'_>| match double {
        Some(class) => {
            let number = b.ins().fcvt_from_sint(types::F64, raw);
            // An integer is never a NaN.
            let value = double_value(call, b, Double { nan: None, ..class }, number);
            call.succeed(b, &value);
        }
        None => other(call, b, raw),
    };
    let Some(class) = integer else { return as_double(b) };
    let as_integer = |b: &mut FunctionBuilder<'_>| {
        let value = integer_value(call, b, class, raw);
        call.succeed(b, &value);
    };
    // The bits of the type's numbers, including a sign.
    let bits = scalar.size() * 8 + u32::from(!scalar.is_signed());
    match if bits <= class.bits() { None } else { room(b, class, raw) } {
        None => as_integer(b),
        Some(fits) => if_else(b, fits, as_integer, as_double),
    }
}

/// Returns true if the class can hold the number. `None` if it can hold all numbers.
fn room(b: &mut FunctionBuilder<'_>, class: Integer, number: Value) -> Option<Value> {
    let unused = 64 - class.bits();
    if unused == 0 {
        return None;
    }
    let extended = if unused == 32 {
        let low = b.ins().ireduce(types::I32, number);
        b.ins().sextend(types::I64, low)
    } else {
        let high = b.ins().ishl_imm_u(number, i64::from(unused));
        b.ins().sshr_imm_u(high, i64::from(unused))
    };
    Some(b.ins().icmp(IntCC::Equal, extended, number))
}

fn integer_value(call: &impl Packing, b: &mut FunctionBuilder<'_>, class: Integer, number: Value) -> Vec<Value> {
    let mut payload = number;
    if class.shift > 0 {
        payload = b.ins().ishl_imm_u(payload, i64::from(class.shift));
    }
    if class.len == 4 {
        let low = b.ins().ireduce(types::I32, payload);
        payload = b.ins().uextend(types::I64, low);
    }
    with(b, call.model(), class.zero, class.offset, payload)
}

fn boolean_value(call: &impl Packing, b: &mut FunctionBuilder<'_>, class: Boolean, raw: Value) -> Vec<Value> {
    let truth = b.ins().icmp_imm_u(IntCC::NotEqual, raw, 0);
    let truth = b.ins().uextend(types::I64, truth);
    with(b, call.model(), class.zero, class.offset, truth)
}

fn truth_word(b: &mut FunctionBuilder<'_>, truths: [u64; 2], raw: Value) -> Vec<Value> {
    let [no, yes] = truths.map(|truth| b.ins().iconst(types::I64, truth as i64));
    vec![b.ins().select(raw, yes, no)]
}

fn double_value(call: &impl Packing, b: &mut FunctionBuilder<'_>, class: Double, number: Value) -> Vec<Value> {
    let mut bits = b.ins().bitcast(types::I64, MemFlagsData::new(), number);
    if let Some(nan) = class.nan {
        // This does not branch, because nothing is known about how often results are numbers.
        let is_nan = numbers::is_nan(b, bits);
        let nan = b.ins().iconst(types::I64, nan as i64);
        bits = b.ins().select(is_nan, nan, bits);
    }
    if class.bias != 0 {
        bits = b.ins().iadd_imm_s(bits, class.bias as i64);
    }
    with(b, call.model(), class.zero, class.offset, bits)
}

/// Returns a value with `payload` added at `offset`, where `zero` has zeros.
fn with(b: &mut FunctionBuilder<'_>, model: &ValueModel, zero: Words, offset: u8, payload: Value) -> Vec<Value> {
    let mut payload = payload;
    if !offset.is_multiple_of(8) {
        payload = b.ins().ishl_imm_u(payload, i64::from(offset % 8) * 8);
    }
    let at = usize::from(offset / 8);
    let word = |(index, &word): (usize, &u64)| match (index == at, word) {
        (true, 0) => payload,
        (true, _) => b.ins().bor_imm_u(payload, word as i64),
        (false, _) => b.ins().iconst(types::I64, word as i64),
    };
    zero[..usize::from(model.size / 8)].iter().enumerate().map(word).collect()
}

/// Returns a constant value.
pub(crate) fn words(b: &mut FunctionBuilder<'_>, model: &ValueModel, value: Words) -> Vec<Value> {
    value[..usize::from(model.size / 8)].iter().map(|&word| b.ins().iconst(types::I64, word as i64)).collect()
}

/// Returns a piece of a value in the register for it.
pub(crate) fn returned(b: &mut FunctionBuilder<'_>, words: &[Value], piece: &Piece) -> Value {
    let word = words[piece.offset as usize / 8];
    if piece.loc.is_float() { b.ins().bitcast(types::F64, MemFlagsData::new(), word) } else { word }
}
