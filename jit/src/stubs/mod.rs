//! Stubs: an address for each callback, of the tables that are made at run time or of the one that is part of the program.
//!
//! C may call an address that it was given once for as long as the process lives. So [stubs](cell::Stub), their cells and the
//! thunks behind them are never freed. A stub whose callback was closed leads to a cell that answers with zeros, and rests in its
//! [pool](pool::StubPool) for as long as others can be taken.

pub(crate) mod cell;
pub(crate) mod pool;
pub(crate) mod static_table;
#[cfg_attr(not(feature = "cranelift"), path = "none.rs")]
pub(crate) mod table;
