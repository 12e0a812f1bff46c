//! Functions that load arguments from slots and jump, on System V x86-64.

use cranelift_assembler_x64::{Inst, inst};

use crate::arch::jump::{SlotJump, SlotLoad};
use crate::arch::x86_64::jump::{ARGUMENTS, R11, RAX, Regs, memory};
use crate::convention::plan::{Ext, Loc};
use crate::convention::registers::Register;

/// Assembles the function. It gets the target, the slots and the address for a result, as the slots entry does.
pub(crate) fn assemble(jump: &SlotJump) -> Vec<u8> {
    let &[target, slots, result, ..] = ARGUMENTS else { unreachable!("the convention has six registers") };
    let mut code = Vec::new();
    let mut emit = |instruction: Inst<Regs>| instruction.encode(&mut code);
    let keeps_target = !jump.returns_in_memory && jump.loads.iter().all(|load| load.to != Loc::Int(0));
    if !keeps_target {
        emit(inst::movq_rm::new(R11, target).into());
    }
    if jump.returns_in_memory {
        emit(inst::movq_rm::new(target, result).into());
    }
    // The address of the slots stays in its register until the last load.
    let is_last = |load: &&SlotLoad| register(load.to) == Some(slots);
    let loads = jump.loads.iter().filter(|load| !is_last(load)).chain(jump.loads.iter().filter(is_last));
    // The slot whose address the register holds.
    let mut held = None;
    for load in loads {
        let slot = i32::from(load.slot) * 8;
        let (base, offset) = match load.behind {
            None => (slots, slot),
            Some(offset) => {
                if held.replace(load.slot) != Some(load.slot) {
                    emit(inst::movq_rm::new(RAX, memory(slots, slot)).into());
                }
                (RAX, offset)
            }
        };
        emit(instruction(load, base, offset));
    }
    if let Some(vectors) = jump.vector_count {
        emit(inst::movl_oi::new(RAX, u32::from(vectors)).into());
    }
    emit(inst::jmpq_m::new(if keeps_target { target } else { R11 }).into());
    code
}

fn register(to: Loc) -> Option<Register> {
    if let Loc::Int(n) = to { Some(ARGUMENTS[usize::from(n)]) } else { None }
}

fn instruction(load: &SlotLoad, base: Register, offset: i32) -> Inst<Regs> {
    let from = memory(base, offset);
    let Some(to) = register(load.to) else {
        let Loc::Float(n) = load.to else { unreachable!("a slot jump has no stack arguments") };
        return if load.len == 4 { inst::movss_a_m::new(n, from).into() } else { inst::movsd_a_m::new(n, from).into() };
    };
    match (load.len, load.ext) {
        (1, Ext::Sign) => inst::movsbq_rm::new(to, from).into(),
        (2, Ext::Sign) => inst::movswq_rm::new(to, from).into(),
        (4, Ext::Sign) => inst::movslq_rm::new(to, from).into(),
        (1, _) => inst::movzbl_rm::new(to, from).into(),
        (2, _) => inst::movzwl_rm::new(to, from).into(),
        (4, _) => inst::movl_rm::new(to, from).into(),
        _ => inst::movq_rm::new(to, from).into(),
    }
}
