//! Functions that check arguments, move them and jump, as data.

use crate::c::scalar::Scalar;
use crate::convention::plan::{Ext, Loc};
use crate::engine::fast_call::check::Narrowing;
use crate::engine::fast_call::model::Small;
use crate::engine::hole::Hole;

/// A function that jumps to its record's target when its arguments are in their places.
pub(crate) struct Jump {
    /// In the order in which they are made.
    pub(crate) moves: Vec<ArgumentMove>,
    pub(crate) refusal: Refusal,
    /// For a variadic target, the number of vector registers used.
    pub(crate) vector_count: Option<u8>,
}

/// The bytes of a [`Jump`].
pub(crate) struct JumpCode {
    pub(crate) bytes: Vec<u8>,
    pub(crate) holes: Vec<(u32, Hole)>,
    /// The offset of the code that refuses the call, which is a closed record's target.
    pub(crate) closed: usize,
}

/// The answer to a refused call. The parameter of the exit arrives in `exit`.
pub(crate) enum Refusal {
    /// Sets the flag that is at this offset of what the parameter points to. That is `kept` in the cell: for callbacks, or because
    /// an argument is moved to where it arrives.
    Flag { exit: Loc, offset: i32, kept: bool },
    /// Jumps to this helper, with the parameter if there is one. No argument is refused: the function is closed.
    Raise { exit: Option<Loc>, helper: u64 },
}

/// The way of an argument.
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

/// The change of an argument on its way.
pub(crate) enum Conversion {
    /// A float, which stays as it is.
    Float,
    /// An integer of so many bytes as it arrives, where nothing is promised of the bytes above them. C reads `room` bytes, which
    /// are 4 at least.
    Integer { narrowing: Option<Narrowing>, len: u8, ext: Ext, room: u8 },
    /// A `double` that must be an integer of this type.
    Number(Scalar),
    /// The handle of a word that must be an integer.
    Small { indirect: bool, small: Small, narrowing: Option<Narrowing> },
}
