//! Variables of threads: machine code loads them without a call.
//!
//! That is possible for a variable of the program itself. It lies at one distance from the address in the thread's
//! register, on all threads. Cranelift can load only addresses, so the address of a name stands for the variable.
//! [`replace`] then changes the instruction.

use cranelift_codegen::ir::{ExternalName, GlobalValueData, InstBuilder, UserExternalName, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::arch::universal;
use crate::arch::x86_64::thread_variable::{ADDRESS, LOAD_ADDRESS, load_variable};
use crate::os::program;

/// The names of variables in IR have this namespace. Their index is the distance.
pub(crate) const NAMESPACE: u32 = 1;

/// The distance of a variable from the address in the thread's register.
#[derive(Clone, Copy)]
pub(crate) struct Distance(i32);

impl Distance {
    /// Returns the distance of this thread's variable. `None` if it may be another one on other threads.
    pub(crate) fn of(variable: *const u64) -> Option<Self> {
        let size = program::thread_variables()?;
        // SAFETY: a system that tells this size follows the ABI of ELF. That has the address in the thread's register, and
        // again in the first word there.
        let pointer = unsafe { universal::thread_pointer() };
        let below = pointer.checked_sub(variable.addr())?;
        let distance = i32::try_from(below).ok().filter(|_| (size_of::<u64>()..=size).contains(&below))?;
        Some(Self(-distance))
    }

    /// Loads the variable.
    pub(crate) fn load(self, b: &mut FunctionBuilder<'_>) -> Value {
        let name = UserExternalName { namespace: NAMESPACE, index: self.0 as u32 };
        let name = ExternalName::user(b.func.declare_imported_user_function(name));
        let data = GlobalValueData::Symbol { name, offset: 0.into(), colocated: false, tls: false };
        let symbol = b.create_global_value(data);
        b.ins().symbol_value(types::I64, symbol)
    }
}

/// Makes the load of an address that is named for a variable a load of the variable. The address is at this offset, and
/// the name has this index. Returns false if the code is something else.
pub(crate) fn replace(code: &mut [u8], at: u32, index: u32) -> bool {
    let end = at as usize + ADDRESS;
    let instruction = code.get_mut(..end).and_then(|code| code.last_chunk_mut::<LOAD_ADDRESS>());
    instruction.is_some_and(|instruction| load_variable(instruction, index as i32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::thread;

    #[test]
    fn variables_of_the_program_have_one_distance_on_all_threads() {
        let distance = || Distance::of(thread::variable()).map(|Distance(distance)| distance);
        assert_eq!(distance().is_some(), cfg!(target_os = "linux"));
        assert_eq!(std::thread::spawn(distance).join().unwrap(), distance());
    }

    #[test]
    fn other_memory_has_no_distance() {
        let (on_heap, on_stack) = (Box::new(0_u64), 0_u64);
        for memory in [&raw const *on_heap, &raw const on_stack, std::ptr::null(), std::ptr::without_provenance(!7)] {
            assert!(Distance::of(memory).is_none());
        }
    }
}
