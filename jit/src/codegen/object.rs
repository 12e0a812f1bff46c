//! Objects to addresses: machine code that finds the bytes of an engine's objects by the paths of its model.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::blocks::go_on_if;
use crate::codegen::bytes::UNALIGNED;
use crate::codegen::test::test;
use crate::engine::object::{ByteLength, Check, ElementSize, MAX_PINNED_ELEMENTS, Object, Path, Want};

/// The smallest number of bytes of an object, while code is emitted.
#[derive(Clone, Copy)]
pub(crate) enum Size {
    Constant(u32),
    Word(Value),
}

/// Emits the code that finds the address of an object of one of these kinds, with at least `size` bytes. It continues in
/// `done`, with the address and `args`, or in `slow`.
pub(crate) fn find(
    b: &mut FunctionBuilder<'_>,
    kinds: &[Object],
    word: Value,
    (want, size): (Want, Size),
    (done, args): (Block, &[Value]),
    slow: Block,
) {
    // No word is of two kinds, so the order does not matter.
    let kinds: Vec<_> = kinds.iter().filter(|object| want.takes(object)).collect();
    for (index, object) in kinds.iter().enumerate() {
        let other = if index + 1 == kinds.len() { slow } else { b.create_block() };
        for check in &object.checks {
            go_on_if_holds(b, check, word, other);
        }
        for check in want.checks(object) {
            go_on_if_holds(b, check, word, slow);
        }
        let address = read(b, object, word, (want, size), slow);
        let args: Vec<_> = [address].iter().chain(args).copied().map(BlockArg::from).collect();
        b.ins().jump(done, &args);
        if other != slow {
            b.seal_block(other);
            b.switch_to_block(other);
        }
    }
    if kinds.is_empty() {
        b.ins().jump(slow, &[]);
    }
}

/// Continues if the check holds for an object; otherwise in `other`.
pub(crate) fn go_on_if_holds(b: &mut FunctionBuilder<'_>, check: &Check, word: Value, other: Block) {
    let (base, at) = follow(b, &check.at, word);
    let holds = test(b, base, at, check.test);
    go_on_if(b, holds, other);
}

fn read(b: &mut FunctionBuilder<'_>, object: &Object, word: Value, (want, size): (Want, Size), slow: Block) -> Value {
    if let Some(length) = &object.length {
        let enough = match size {
            Size::Constant(0) => None,
            Size::Constant(size) => {
                let len = load_length(b, length, word);
                Some(b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, len, i64::from(size)))
            }
            Size::Word(size) => {
                let len = load_length(b, length, word);
                Some(b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, len, size))
            }
        };
        if let Some(enough) = enough {
            go_on_if(b, enough, slow);
        }
        if want.pins() {
            let elements = load(b, &length.at, word, length.len);
            let few = b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, elements, i64::from(MAX_PINNED_ELEMENTS));
            go_on_if(b, few, slow);
        }
    }
    let words: Vec<_> = object.address.iter().map(|path| load(b, path, word, 8)).collect();
    let sum = words.into_iter().reduce(|sum, word| b.ins().iadd(sum, word));
    sum.unwrap_or_else(|| b.ins().iconst(types::I64, 0))
}

fn load_length(b: &mut FunctionBuilder<'_>, length: &ByteLength, word: Value) -> Value {
    let elements = load(b, &length.at, word, length.len);
    match &length.element {
        ElementSize::Shift(0) => elements,
        ElementSize::Shift(shift) => b.ins().ishl_imm_u(elements, i64::from(*shift)),
        ElementSize::ByNumber { at, len, first, shifts } => {
            let number = load(b, at, word, *len);
            let index = b.ins().iadd_imm_s(number, -i64::from(*first));
            let twice = b.ins().iadd(index, index);
            let shifts = b.ins().iconst(types::I64, *shifts as i64);
            let shifts = b.ins().ushr(shifts, twice);
            let shift = b.ins().band_imm_u(shifts, 3);
            b.ins().ishl(elements, shift)
        }
    }
}

/// Returns the place of the field: a word, and the field's offset from it.
pub(crate) fn follow(b: &mut FunctionBuilder<'_>, path: &Path, word: Value) -> (Value, i32) {
    let Some((&last, through)) = path.0.split_last() else { unreachable!("a model has no empty paths") };
    let step = |base, &offset| b.ins().load(types::I64, UNALIGNED, base, offset);
    (through.iter().fold(word, step), last)
}

/// Returns the address of the field.
pub(crate) fn address(b: &mut FunctionBuilder<'_>, path: &Path, word: Value) -> Value {
    match follow(b, path, word) {
        (base, 0) => base,
        (base, at) => b.ins().iadd_imm_s(base, i64::from(at)),
    }
}

/// Loads an integer of `len` bytes without a sign.
pub(crate) fn load(b: &mut FunctionBuilder<'_>, path: &Path, word: Value, len: u8) -> Value {
    let (base, at) = follow(b, path, word);
    match len {
        1 => b.ins().uload8(types::I64, UNALIGNED, base, at),
        2 => b.ins().uload16(types::I64, UNALIGNED, base, at),
        4 => b.ins().uload32(UNALIGNED, base, at),
        _ => b.ins().load(types::I64, UNALIGNED, base, at),
    }
}
