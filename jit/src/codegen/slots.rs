//! Arguments in a buffer of slots.
//!
//! A slot is 8 bytes in canonical form. Integers are extended to 64 bits by their type, and a `bool` is 0 or 1. A
//! `float` is in the low four bytes, with zeros above. A `double` or a pointer is stored unchanged, and an aggregate by
//! the address of its bytes.

use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bytes::UNALIGNED;
use crate::codegen::call::{Source, extend};
use crate::convention::plan::Piece;

/// The integer register in which the second parameter of an entry arrives: the address of the slots.
const ARGS: u8 = 1;

/// The arguments in the slot buffer.
pub(crate) struct Slots {
    args: Value,
    result: Value,
    /// The addresses of aggregates that were asked for.
    addresses: Vec<Option<Value>>,
}

impl Slots {
    /// Describes `count` slots at `args`.
    pub(crate) fn new(args: Value, result: Value, count: usize) -> Self {
        Self { args, result, addresses: vec![None; count] }
    }

    fn load(&self, b: &mut FunctionBuilder<'_>, arg: usize, ty: ir::Type) -> Value {
        b.ins().load(ty, UNALIGNED, self.args, arg as i32 * 8)
    }
}

impl Source for Slots {
    fn base_register(&self) -> u8 {
        ARGS
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        let word = self.load(b, arg, ty);
        if ty == types::I64 { extend(b, word, piece) } else { word }
    }

    fn address(&mut self, b: &mut FunctionBuilder<'_>, arg: usize) -> Value {
        if let Some(address) = self.addresses[arg] {
            return address;
        }
        let address = self.load(b, arg, types::I64);
        self.addresses[arg] = Some(address);
        address
    }

    fn result_pointer(&mut self, _: &mut FunctionBuilder<'_>) -> Value {
        self.result
    }
}
