//! Bytes between memory and registers, at any address. No byte outside is touched.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, ConstantData, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::convention::plan::{Ext, Piece};

/// Flags for accesses that may be unaligned. Their faults are the caller's fault, so they do not count as traps.
pub(crate) const UNALIGNED: MemFlagsData = MemFlagsData::new().with_notrap();

/// Loads `len` (1 to 8) bytes at `base + offset` into the low bytes of an integer; the rest is zero.
///
/// `before` bytes in front of `offset` may be read too.
pub(crate) fn load(b: &mut FunctionBuilder<'_>, base: Value, offset: i32, len: u8, before: u32) -> Value {
    match len {
        1 => b.ins().uload8(types::I64, UNALIGNED, base, offset),
        2 => b.ins().uload16(types::I64, UNALIGNED, base, offset),
        4 => b.ins().uload32(UNALIGNED, base, offset),
        8 => b.ins().load(types::I64, UNALIGNED, base, offset),
        // One load that ends at the last byte, shifted down.
        3 if before >= 1 => {
            let word = b.ins().uload32(UNALIGNED, base, offset - 1);
            b.ins().ushr_imm_u(word, 8)
        }
        5..=7 if before >= u32::from(8 - len) => {
            let word = b.ins().load(types::I64, UNALIGNED, base, offset - i32::from(8 - len));
            b.ins().ushr_imm_u(word, i64::from(8 - len) * 8)
        }
        // Two loads of a power of two, which agree where they overlap.
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
        // Two stores of a power of two, which agree where they overlap.
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

/// Loads a scalar at `base + offset` and extends it to an integer of 64 bits.
pub(crate) fn load_extended(b: &mut FunctionBuilder<'_>, base: Value, offset: i32, piece: &Piece) -> Value {
    match (piece.len, piece.ext) {
        (1, Ext::Sign) => b.ins().sload8(types::I64, UNALIGNED, base, offset),
        (2, Ext::Sign) => b.ins().sload16(types::I64, UNALIGNED, base, offset),
        (4, Ext::Sign) => b.ins().sload32(UNALIGNED, base, offset),
        _ => load(b, base, offset, piece.len, 0),
    }
}

/// Returns a float word as a slot: `float` in the low four bytes, with zeros above.
pub(crate) fn float_slot(b: &mut FunctionBuilder<'_>, word: Value) -> Value {
    if b.func.dfg.value_type(word) != types::F32 {
        return word;
    }
    let bits = b.ins().bitcast(types::I32, MemFlagsData::new(), word);
    b.ins().uextend(types::I64, bits)
}

/// Copies `size` bytes, a multiple of 8, from `from + offset` to `to`: in straight code if `unrolled`, otherwise in a
/// loop.
pub(crate) fn copy(b: &mut FunctionBuilder<'_>, from: Value, offset: i32, to: Value, size: u32, unrolled: bool) {
    let from = b.ins().iadd_imm_s(from, i64::from(offset));
    let blocks = if unrolled { 0 } else { size & !15 };
    for_each_16(b, [from, to], blocks, |b, [from, to]| {
        let block = b.ins().load(types::I8X16, UNALIGNED, from, 0);
        b.ins().store(UNALIGNED, block, to, 0);
    });
    let mut at = blocks;
    while at < size {
        let ty = if size - at >= 16 { types::I8X16 } else { types::I64 };
        let word = b.ins().load(ty, UNALIGNED, from, at as i32);
        b.ins().store(UNALIGNED, word, to, at as i32);
        at += ty.bytes();
    }
}

/// Copies exactly `size` bytes, in straight code if there are few.
pub(crate) fn copy_exactly(b: &mut FunctionBuilder<'_>, from: Value, to: Value, size: u32) {
    let words = size & !7;
    copy(b, from, 0, to, words, size <= MAX_UNROLLED);
    if size > words {
        let rest = load(b, from, words as i32, (size - words) as u8, words);
        store(b, rest, to, words as i32, (size - words) as u8);
    }
}

/// The largest number of bytes that straight code copies or zeroes.
const MAX_UNROLLED: u32 = 256;

/// Zeroes `size` bytes.
pub(crate) fn zero(b: &mut FunctionBuilder<'_>, address: Value, size: u32) {
    let zeros = (size >= 16).then(|| {
        let zeros = b.func.dfg.constants.insert(ConstantData::from(&[0; 16][..]));
        b.ins().vconst(types::I8X16, zeros)
    });
    let blocks = if size <= MAX_UNROLLED { 0 } else { size & !15 };
    for_each_16(b, [address], blocks, |b, [address]| {
        if let Some(zeros) = zeros {
            b.ins().store(UNALIGNED, zeros, address, 0);
        }
    });
    let mut at = blocks;
    while let Some(zeros) = zeros.filter(|_| size - at >= 16) {
        b.ins().store(UNALIGNED, zeros, address, at as i32);
        at += 16;
    }
    while at < size {
        let zero = b.ins().iconst(types::I64, 0);
        let len = (size - at).min(8);
        store(b, zero, address, at as i32, len as u8);
        at += len;
    }
}

/// Emits a loop over `size` bytes, a multiple of 16, behind each of the addresses.
fn for_each_16<const N: usize>(
    b: &mut FunctionBuilder<'_>,
    addresses: [Value; N],
    size: u32,
    body: impl FnOnce(&mut FunctionBuilder<'_>, [Value; N]),
) {
    if size == 0 {
        return;
    }
    let end = b.ins().iadd_imm_u(addresses[0], i64::from(size));
    let (header, after) = (b.create_block(), b.create_block());
    let at = addresses.map(|_| b.append_block_param(header, types::I64));
    b.ins().jump(header, &addresses.map(BlockArg::from));
    b.switch_to_block(header);
    body(b, at);
    let next = at.map(|address| b.ins().iadd_imm_u(address, 16));
    let more = b.ins().icmp(IntCC::NotEqual, next[0], end);
    b.ins().brif(more, header, &next.map(BlockArg::from), after, &[]);
    b.seal_block(header);
    b.seal_block(after);
    b.switch_to_block(after);
}
