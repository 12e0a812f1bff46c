//! The bits of a value, in memory or in registers.

use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bytes::UNALIGNED;

/// The bits of a value.
#[derive(Clone, Copy)]
pub(crate) enum Bits<'a> {
    /// The value is in memory, at `base + at`.
    Memory { base: Value, at: i32 },
    /// The value is in words of 8 bytes.
    Words(&'a [Value]),
}

impl Bits<'_> {
    /// Returns the integer or the double at `offset`, which lies within one word.
    pub(crate) fn get(self, b: &mut FunctionBuilder<'_>, ty: ir::Type, offset: u8) -> Value {
        match self {
            Self::Memory { base, at } => b.ins().load(ty, UNALIGNED, base, at + i32::from(offset)),
            Self::Words(words) => {
                let word = words[usize::from(offset / 8)];
                let bits =
                    if offset.is_multiple_of(8) { word } else { b.ins().ushr_imm_u(word, i64::from(offset % 8) * 8) };
                if ty.is_float() {
                    b.ins().bitcast(ty, MemFlagsData::new(), bits)
                } else if ty == types::I64 {
                    bits
                } else {
                    b.ins().ireduce(ty, bits)
                }
            }
        }
    }

    /// Returns the byte at `offset`, extended by zeros.
    pub(crate) fn byte(self, b: &mut FunctionBuilder<'_>, offset: u8) -> Value {
        if let Self::Memory { base, at } = self {
            return b.ins().uload8(types::I64, UNALIGNED, base, at + i32::from(offset));
        }
        let byte = self.get(b, types::I8, offset);
        b.ins().uextend(types::I64, byte)
    }

    /// Returns the `int` at `offset`, extended by its sign.
    pub(crate) fn int(self, b: &mut FunctionBuilder<'_>, offset: u8) -> Value {
        if let Self::Memory { base, at } = self {
            return b.ins().sload32(UNALIGNED, base, at + i32::from(offset));
        }
        let int = self.get(b, types::I32, offset);
        b.ins().sextend(types::I64, int)
    }
}
