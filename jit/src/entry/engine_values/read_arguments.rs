//! Arguments that readers read, one after the other.
//!
//! Values that readers cannot read leave the call to the interpreter. Nothing but pins has happened before that, and these are
//! [taken back](crate::engine::record::Pending::undo_pins).

use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::codegen::call::{Source, extend};
use crate::codegen::frame::{self, Kept};
use crate::convention::plan::Piece;
use crate::entry::engine_values::call::EngineCall;
use crate::entry::engine_values::pin;

/// The arguments that were read.
pub(crate) struct ReadArguments {
    slots: Vec<Slot>,
    /// The address of the result's destination, for when C has returned.
    pub(crate) destination: Option<Kept>,
    result: Option<StackSlot>,
}

/// The slot of an argument.
enum Slot {
    /// The argument was read last, so nothing was called since.
    Last(Value),
    /// The slot waits in the frame.
    Kept(Kept),
}

impl ReadArguments {
    /// Calls the readers, in the order of the interpreter. So each finds the entries of the other in the list of pinned
    /// objects. Returns the target too, which would not survive the calls.
    pub(crate) fn read(
        call: &EngineCall<'_>,
        b: &mut FunctionBuilder<'_>,
        target: Value,
        result: Option<StackSlot>,
    ) -> (Value, Self) {
        let key = call.native.key;
        let target = Kept::store(b, target);
        let reads: Vec<_> = key.reads().collect();
        let mut pins = reads.iter().filter(|read| read.pins()).count();
        if pins > 0 {
            pin::begin(b, call.record);
        }
        let (mut slots, mut value) = (Vec::new(), call.argv);
        for (index, &read) in reads.iter().enumerate() {
            let mut args = vec![value];
            args.extend(read.size().map(|size| b.ins().iconst(types::I64, i64::from(size))));
            if read.pins() {
                let record = if index == 0 { call.record } else { call.record_after_call(b) };
                args.extend([b.ins().iconst(types::I64, pins as i64 * 8), record]);
                pins -= 1;
            }
            let signature = b.import_signature(read.signature(key.abi));
            let reader = b.ins().iconst(types::I64, call.native.readers.get(read) as i64);
            let results = b.ins().call_indirect(signature, reader, &args);
            let &[slot, next] = b.inst_results(results) else { unreachable!("a reader has two results") };
            value = next;
            let is_last = index + 1 == key.params.len() && key.destination.is_none();
            slots.push(if is_last { Slot::Last(slot) } else { Slot::Kept(Kept::store(b, slot)) });
        }
        // Readers pass on that one before them could not read its value.
        call.check(b, value);
        let destination = key.destination.and_then(|_| slots.pop()).map(|slot| match slot {
            Slot::Kept(kept) => kept,
            Slot::Last(address) => Kept::store(b, address),
        });
        (target.load(b), Self { slots, destination, result })
    }
}

impl Source for ReadArguments {
    fn base_register(&self) -> u8 {
        // No particular register holds the arguments.
        u8::MAX
    }

    fn scalar(&mut self, b: &mut FunctionBuilder<'_>, arg: usize, piece: &Piece, ty: ir::Type) -> Value {
        match self.slots[arg] {
            Slot::Kept(ref kept) if ty != types::I64 => kept.load_as(b, ty),
            Slot::Last(slot) if ty != types::I64 => {
                let bits = if ty == types::F32 { b.ins().ireduce(types::I32, slot) } else { slot };
                b.ins().bitcast(ty, MemFlagsData::new(), bits)
            }
            Slot::Kept(_) | Slot::Last(_) => {
                let slot = self.address(b, arg);
                extend(b, slot, piece)
            }
        }
    }

    fn address(&mut self, b: &mut FunctionBuilder<'_>, arg: usize) -> Value {
        match &self.slots[arg] {
            Slot::Kept(kept) => kept.load(b),
            Slot::Last(slot) => *slot,
        }
    }

    fn result_pointer(&mut self, b: &mut FunctionBuilder<'_>) -> Value {
        let Some(result) = self.result else { unreachable!("a result in memory has bytes") };
        frame::address(b, result, 0)
    }
}
