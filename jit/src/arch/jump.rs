//! Functions that put arguments in their places and jump, as data.

use crate::c::narrowing::Narrowing;
use crate::c::scalar::Scalar;
use crate::convention::plan::{Ext, Loc};
use crate::engine::fast_call::model::Small;
use crate::engine::hole::Hole;

/// A function that jumps to its record's target when its arguments are in their places.
pub(crate) struct Jump {
    /// The moves, in the order in which they are made.
    pub(crate) moves: Vec<ArgumentMove>,
    pub(crate) refusal: Refusal,
    /// The number of vector registers used, for a variadic target.
    pub(crate) vector_count: Option<u8>,
}

/// The bytes of a [`Jump`].
pub(crate) struct JumpCode {
    pub(crate) bytes: Vec<u8>,
    pub(crate) holes: Vec<(u32, Hole)>,
    /// The offset of the code that refuses the call, which is a closed record's target.
    pub(crate) closed: usize,
}

/// The answer to a refused call. The exit's parameter arrives in `exit`.
pub(crate) enum Refusal {
    /// Sets the flag at this offset from the address that the exit's parameter holds. The parameter is `kept` in the
    /// cell in two cases: callbacks need it, or an argument is moved to the place where it arrives.
    Flag { exit: Loc, offset: i32, kept: bool },
    /// Jumps to this helper, with the exit's parameter if there is one. Then no argument is refused: the function is
    /// closed.
    Raise { exit: Option<Loc>, helper: u64 },
}

/// One argument's move.
pub(crate) struct ArgumentMove {
    pub(crate) from: Loc,
    pub(crate) to: Loc,
    pub(crate) conversion: Conversion,
}

impl ArgumentMove {
    pub(crate) const fn refuses(&self) -> bool {
        match self.conversion {
            Conversion::Float | Conversion::Integer { narrowing: None, .. } => false,
            Conversion::Integer { .. } | Conversion::Number(_) | Conversion::Small { .. } => true,
        }
    }
}

/// The change of an argument during its move.
pub(crate) enum Conversion {
    /// A float, which does not change.
    Float,
    /// An integer that arrives in `len` bytes, with undefined bits above them. C reads `room` bytes, at least 4.
    Integer { narrowing: Option<Narrowing>, len: u8, ext: Ext, room: u8 },
    /// A `double` that must be an integer of this type.
    Number(Scalar),
    /// A handle whose word must be an integer.
    Small { indirect: bool, small: Small, narrowing: Option<Narrowing> },
}

/// A function that jumps to its first parameter when the arguments are loaded from slots, the second parameter.
pub(crate) struct SlotJump {
    pub(crate) loads: Vec<SlotLoad>,
    /// True if the third parameter is the address for the result, which the target gets.
    pub(crate) returns_in_memory: bool,
    /// The number of vector registers used, for a variadic target.
    pub(crate) vector_count: Option<u8>,
}

/// The load of a register.
pub(crate) struct SlotLoad {
    /// The index of the slot.
    pub(crate) slot: u8,
    /// Bytes from the address in the slot; `None` if the slot holds the value itself.
    pub(crate) behind: Option<i32>,
    pub(crate) to: Loc,
    /// The number of bytes: 1, 2, 4 or 8.
    pub(crate) len: u8,
    /// The bits of the register above these bytes.
    pub(crate) ext: Ext,
}
