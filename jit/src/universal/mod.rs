//! Calls and callbacks without code generation: one *universal trampoline* and one *universal thunk* for a convention, which
//! read a plan each time they run.
//!
//! What a plan asks for is worked out beforehand as lists of moves, in words from the lowest address of the frame: for
//! calls ([`outgoing`]) from slots to registers and stack, for callbacks ([`incoming`]) from registers and stack to slots.
//! Registers are words of the frame that assembly (`arch/`) loads before the call and stores on entry. A static table
//! of stubs gives each shape of trampoline, and each callback, an address of its own.
//!
//! No memory is mapped, nothing is allocated when a call runs, and no decision about a calling convention is made here.

pub(crate) mod incoming;
pub(crate) mod moves;
pub(crate) mod outgoing;
