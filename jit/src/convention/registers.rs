//! A calling convention as data: the lists of its document, and the function that classifies.
//!
//! The conventions of 64-bit machines differ in these fields.

use crate::c::definitions::Signature;
use crate::convention::plan::{Loc, Plan, PlanError};

/// A register by its number in the architecture's instructions.
pub type Register = u8;

/// A calling convention as data.
#[derive(Debug)]
#[non_exhaustive]
pub struct Convention {
    /// The registers of arguments.
    pub arguments: Sequences,
    /// The registers of results.
    pub results: Sequences,
    /// The rule by which arguments take registers from the two sequences.
    pub order: Order,
    /// The integer registers that a callee may overwrite.
    pub int_scratch: &'static [Register],
    /// The place of the address of a result that is returned in memory.
    pub result_pointer: Loc,
    /// Each stack argument takes a multiple of this many bytes. The number is 1 if stack arguments are packed by their
    /// alignment.
    pub stack_word: u32,
    /// Bytes of the stack in front of the first stack argument, which belong to the callee.
    pub shadow: u32,
    /// Bytes between the callee's frame pointer and its caller's stack: the saved frame pointer and the return address.
    pub frame: u32,
    /// The needs of variadic calls.
    pub variadic: Variadic,
    /// Classifies the values of a signature and gives them their places.
    pub(crate) plan: fn(&Signature) -> Result<Plan, PlanError>,
}

/// Registers in the order in which values take them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sequences {
    /// Integer registers.
    pub int: &'static [Register],
    /// Floating-point registers.
    pub float: &'static [Register],
}

/// The rule by which arguments take registers from two sequences.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Order {
    /// Each sequence counts its own arguments.
    Separate,
    /// The n-th argument takes the n-th register of its sequence.
    Positional,
}

/// The needs of a variadic call beyond other calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Variadic {
    /// Nothing more.
    Same,
    /// The number of vector registers used, in al.
    VectorCount,
    /// Floats travel in both sequences.
    FloatsTwice,
    /// Variadic arguments lie on the stack.
    OnStack,
}

impl Order {
    /// Returns true if two places cannot both hold an argument.
    pub fn is_shared(self, one: Loc, other: Loc) -> bool {
        let position = |loc| match loc {
            Loc::Int(n) | Loc::Float(n) => Some(n),
            Loc::X87(_) | Loc::Stack(_) | Loc::ResultPointer => None,
        };
        one == other || self == Self::Positional && position(one).is_some() && position(one) == position(other)
    }
}

impl Convention {
    /// Returns the bytes from the callee's frame pointer to its first stack argument.
    pub const fn stack_arguments(&self) -> u32 {
        self.frame + self.shadow
    }
}

impl Sequences {
    /// Returns true if the sequences have this register. A place that is not a register counts too.
    pub const fn have(&self, loc: Loc) -> bool {
        match loc {
            Loc::Int(n) => (n as usize) < self.int.len(),
            Loc::Float(n) => (n as usize) < self.float.len(),
            Loc::X87(_) | Loc::Stack(_) | Loc::ResultPointer => true,
        }
    }
}
