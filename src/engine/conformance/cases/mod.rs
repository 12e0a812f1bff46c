//! The cases: each module tries one kind of value or call, and says what the result must be.

pub(super) mod arguments;
pub(super) mod buffers;
pub(super) mod callbacks;
pub(super) mod destinations;
pub(super) mod life;
pub(super) mod pointers;
pub(super) mod scalars;
pub(super) mod structs;
