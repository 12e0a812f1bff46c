//! Calls of C functions: moves an entry's values into the words of a [`CallWords`] call, and its results back.

use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::bytes::{self, UNALIGNED};
use crate::codegen::words::{CallWords, Content};
use crate::convention::plan::{Ext, Piece, Plan};

/// The source of an entry's arguments.
pub(crate) trait Source {
    /// Returns the integer register in which the address of the arguments arrives. Its word is loaded last, so that the
    /// address can stay there until then. If no argument goes to that register, another word comes last, at no cost.
    fn base_register(&self) -> u8;
    /// Returns a word of type `ty` holding the piece of a scalar argument.
    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value;
    /// Returns the address of an aggregate argument's bytes.
    fn address(&mut self, b: &mut FunctionBuilder<'_>, arg: usize) -> Value;
    /// Returns the address for a hidden result.
    fn result_pointer(&mut self, b: &mut FunctionBuilder<'_>) -> Value;
    /// Emits code between the loads of the arguments and the call.
    fn before_call(&mut self, _: &mut FunctionBuilder<'_>) {}
}

/// Calls `target`, or the shim in its place, and returns the words of the result.
pub(crate) fn emit(
    b: &mut FunctionBuilder<'_>,
    plan: &Plan,
    call_words: &CallWords,
    source: &mut impl Source,
    target: Value,
    shim: Option<*const u8>,
) -> Vec<Value> {
    let mut words = vec![None; call_words.params.len()];
    for index in load_order(call_words, source.base_register().into()) {
        let param = call_words.params[index];
        words[index] = match param.content {
            Content::Piece { arg, ref piece } if plan.args[arg].aggregate => {
                let base = source.address(b, arg);
                Some(load_piece(b, base, piece, param.ty))
            }
            Content::Piece { arg, ref piece } => Some(source.scalar(b, arg, piece, param.ty)),
            Content::Memcpy { arg, .. } => Some(source.address(b, arg)),
            Content::ResultPointer => Some(source.result_pointer(b)),
            Content::Target => Some(target),
            Content::Padding => None,
        };
    }
    let words: Vec<_> = (0..words.len())
        .map(|index| words[index].unwrap_or_else(|| padding(b, call_words.params[index].ty, &words, target)))
        .collect();

    source.before_call(b);
    let signature = b.import_signature(call_words.signature());
    let callee = match shim {
        Some(shim) => b.ins().iconst(types::I64, shim as i64),
        None => target,
    };
    let call = b.ins().call_indirect(signature, callee, &words);
    b.inst_results(call).to_vec()
}

/// Returns a word for a place whose content does not matter. A live register of the type's class is preferred.
fn padding(b: &mut FunctionBuilder<'_>, ty: ir::Type, words: &[Option<Value>], target: Value) -> Value {
    let live = words.iter().flatten().copied().find(|&word| b.func.dfg.value_type(word) == ty);
    match ty {
        types::I64 => target,
        types::F32 => live.unwrap_or_else(|| b.ins().f32const(0.0)),
        types::F64 => live.unwrap_or_else(|| b.ins().f64const(0.0)),
        _ => live.unwrap_or_else(|| unreachable!("a vector on the stack is live")),
    }
}

/// Returns the order in which words are loaded: argument by argument, which keeps the address of an aggregate for as
/// short as possible. `last` comes at the end.
fn load_order(call_words: &CallWords, last: usize) -> Vec<usize> {
    let argument = |index: usize| match call_words.params[index].content {
        Content::Piece { arg, .. } | Content::Memcpy { arg, .. } => arg,
        Content::ResultPointer | Content::Target | Content::Padding => 0,
    };
    let mut order: Vec<_> = (0..call_words.params.len()).collect();
    order.sort_by_key(|&index| (index == last, argument(index)));
    order
}

/// Returns a word of type `ty` from an aggregate's bytes.
fn load_piece(b: &mut FunctionBuilder<'_>, base: Value, piece: &Piece, ty: ir::Type) -> Value {
    let offset = piece.offset as i32;
    if ty == types::I64 {
        bytes::load(b, base, offset, piece.len, piece.offset)
    } else {
        b.ins().load(ty, UNALIGNED, base, offset)
    }
}

/// Stores the words of an aggregate result to its bytes.
pub(crate) fn store_pieces(b: &mut FunctionBuilder<'_>, pieces: &[Piece], words: &[Value], base: Value) {
    for (piece, &word) in pieces.iter().zip(words) {
        let offset = piece.offset as i32;
        if piece.loc.is_float() {
            b.ins().store(UNALIGNED, word, base, offset);
        } else {
            bytes::store(b, word, base, offset, piece.len);
        }
    }
}

/// Extends the low `len` bytes of an integer word to the whole word.
pub(crate) fn extend(b: &mut FunctionBuilder<'_>, word: Value, piece: &Piece) -> Value {
    let narrow = match piece.len {
        1 => types::I8,
        2 => types::I16,
        4 => types::I32,
        _ => return word,
    };
    match piece.ext {
        Ext::None => word,
        Ext::Zero => {
            let low = b.ins().ireduce(narrow, word);
            b.ins().uextend(types::I64, low)
        }
        Ext::Sign => {
            let low = b.ins().ireduce(narrow, word);
            b.ins().sextend(types::I64, low)
        }
    }
}
