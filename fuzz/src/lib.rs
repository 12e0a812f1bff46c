//! The oracles: random C signatures, called through hotcall and through independent implementations.
//!
//! * [`libffi`] has its own classifier and its own assembly: its closures are the callees.
//! * [`c`] has C compilers: they lay the types out, pass the arguments and report the values that arrived.
//!
//! [`check`] is the entry of fuzz targets, `cargo test` and the program `oracle`.

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
