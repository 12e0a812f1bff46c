//! Calls and callbacks without code generation: one *universal trampoline* and one *universal thunk* for a convention.
//! They read a plan each time they run.
//!
//! A plan is converted in advance to lists of moves, in words from the lowest address of the frame. Moves of calls
//! ([`outgoing`]) go from slots to registers and stack. Moves of callbacks ([`incoming`]) go from registers and stack
//! to slots. Registers are words of the frame that assembly (`arch/`) loads before the call and stores on entry. A
//! static table of stubs gives each shape of trampoline, and each callback, an address of its own.
//!
//! A call maps no memory and does not allocate. This room makes no decision about a calling convention.

pub(crate) mod incoming;
pub(crate) mod moves;
pub(crate) mod outgoing;
