//! The description of the code at an address.

use std::fmt;

use crate::debug::name::Name;

/// The code at an address; made by [`describe`](crate::debug::describe).
///
/// It is printed as name and offset, `hotcall slots (i32,f64)->i32+0x1a`, without allocating memory.
#[derive(Clone, Copy)]
pub struct Description {
    pub(crate) name: Name,
    pub(crate) start: usize,
    pub(crate) size: usize,
    pub(crate) address: usize,
}

impl Description {
    /// Returns the name of the code: at most 200 bytes, on one line.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Returns the address of the code's first byte.
    pub const fn start(&self) -> usize {
        self.start
    }

    /// Returns the size of the code in bytes.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Returns the distance of the address from the code's first byte.
    pub const fn offset(&self) -> usize {
        self.address - self.start
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x}", self.name(), self.offset())
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Description({self})")
    }
}
