//! Blocks behind a condition.

use cranelift_codegen::ir::{Block, InstBuilder, Value};
use cranelift_frontend::FunctionBuilder;

/// A block to go on in, out of the way if the current one is.
pub(crate) fn next_block(b: &mut FunctionBuilder<'_>) -> Block {
    let next = b.create_block();
    if b.current_block().is_some_and(|block| b.func.layout.is_cold(block)) {
        b.set_cold_block(next);
    }
    next
}

/// Goes on if `condition` holds, else in a block without parameters.
pub(crate) fn go_on_if(b: &mut FunctionBuilder<'_>, condition: Value, otherwise: Block) {
    let next = next_block(b);
    b.ins().brif(condition, next, &[], otherwise, &[]);
    b.seal_block(next);
    b.switch_to_block(next);
}
