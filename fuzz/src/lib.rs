//! The oracles: random C signatures, called through hotcall and through implementations that know nothing of it.
//!
//! * [`libffi`] has its own classifier and its own assembly: its closures are the callees.
//! * [`c`] has C compilers: they lay the types out, pass the arguments and report what arrived.
//!
//! [`check`] is what fuzz targets, `cargo test` and the program `oracle` all call.

pub mod c;
pub mod callback;
pub mod case;
pub mod check;
pub mod crash;
pub mod declaration;
pub mod libffi;
pub mod memory;
pub mod random;
pub mod signature;
