//! Memory in a compiled function's own frame.

use cranelift_codegen::ir::{self, InstBuilder, StackSlot, StackSlotData, StackSlotKind, Value, types};
use cranelift_frontend::FunctionBuilder;

/// Reserves `size` bytes of the frame at a multiple of 16.
pub(crate) fn reserve(b: &mut FunctionBuilder<'_>, size: u32) -> StackSlot {
    b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4))
}

/// Returns the address of a byte of the frame.
pub(crate) fn address(b: &mut FunctionBuilder<'_>, slot: StackSlot, offset: u32) -> Value {
    b.ins().stack_addr(types::I64, slot, offset as i32)
}

/// A value that is needed after a call. It waits in memory instead of a callee-saved register. So the code saves no
/// register, which is faster, and its frame looks to the unwinder like every other frame.
pub(crate) struct Kept(StackSlot);

impl Kept {
    pub(crate) fn store(b: &mut FunctionBuilder<'_>, value: Value) -> Self {
        let slot = b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3));
        b.ins().stack_store(types::I64, value, slot, 0);
        Self(slot)
    }

    pub(crate) fn load(&self, b: &mut FunctionBuilder<'_>) -> Value {
        self.load_as(b, types::I64)
    }

    /// Loads the value, which is of type `ty`.
    pub(crate) fn load_as(&self, b: &mut FunctionBuilder<'_>, ty: ir::Type) -> Value {
        b.ins().stack_load(types::I64, ty, self.0, 0)
    }
}
