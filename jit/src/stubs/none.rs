//! Tables of stubs in builds without a code generator: there is no code for them to lead to.

use std::io;
use std::ptr::NonNull;

use crate::arch::operands::{Handover, StubData};

pub(crate) fn take(_: Handover, _: usize) -> io::Result<Vec<(NonNull<u8>, &'static StubData)>> {
    Err(io::ErrorKind::Unsupported.into())
}
