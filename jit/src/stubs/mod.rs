//! Stubs: an address for each callback. They come from tables made at run time, or from the table that is part of the
//! program.
//!
//! C may call an address as long as the process lives. So [stubs](cell::Stub), their cells and the thunks behind them
//! are not freed. A stub whose callback was closed is *retired*: it leads to a cell that answers with zeros. Given back
//! to its [pool](pool::StubPool) it *rests*, so that other stubs are used before it. There is one exception. A holder
//! that knows that C will not call the address again may [free](pool::StubPool::free) a stub of the table that is part
//! of the program.

pub(crate) mod cell;
#[cfg(not(all(test, loom)))]
#[cfg_attr(not(feature = "cranelift"), path = "none.rs")]
mod mapping;
pub(crate) mod pool;
pub(crate) mod static_table;
pub(crate) mod switch;
mod table;

#[cfg(all(test, loom))]
use pool::models as mapping;
