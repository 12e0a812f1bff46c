//! Tables of stubs in builds without a code generator: there is no code for them to lead to.

use std::io;

use crate::arch::operands::Handover;
use crate::stubs::table::NewStubs;

pub(crate) fn table(_: Handover, _: usize) -> io::Result<NewStubs> {
    Err(io::ErrorKind::Unsupported.into())
}
