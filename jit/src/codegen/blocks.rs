//! Blocks behind a condition.

use cranelift_codegen::ir::{Block, InstBuilder, Value};
use cranelift_frontend::FunctionBuilder;

/// Returns a new block to continue in. It is cold if the current block is.
pub(crate) fn next_block(b: &mut FunctionBuilder<'_>) -> Block {
    let next = b.create_block();
    if b.current_block().is_some_and(|block| b.func.layout.is_cold(block)) {
        b.set_cold_block(next);
    }
    next
}

/// Continues if `condition` holds; otherwise jumps to `otherwise`, a block without parameters.
pub(crate) fn go_on_if(b: &mut FunctionBuilder<'_>, condition: Value, otherwise: Block) {
    let next = next_block(b);
    b.ins().brif(condition, next, &[], otherwise, &[]);
    b.seal_block(next);
    b.switch_to_block(next);
}
