//! Systems that do not map memory twice.

use std::io;
use std::ptr::NonNull;

/// A mapping. It does not have values.
pub(crate) enum Dual {}

impl Dual {
    pub(crate) fn of_file(_: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn without_file(_: usize) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) const fn len(&self) -> usize {
        match *self {}
    }

    pub(crate) const fn writable(&self) -> *const u8 {
        match *self {}
    }

    pub(crate) const fn executable(&self) -> *const u8 {
        match *self {}
    }
}

pub(crate) fn table(_: &[u8]) -> io::Result<NonNull<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}
