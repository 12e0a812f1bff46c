//! Functions that an engine's compiled code calls with arguments in registers: in a toy engine whose values are handles, and as
//! V8's sources describe them.

#![cfg(all(feature = "jit", unix, target_arch = "x86_64"))]

mod toy;
mod world;

mod arguments;
mod callbacks;
mod environments;
mod life;
mod objects;
mod structs;
mod v8_calls;
mod v8_objects;
