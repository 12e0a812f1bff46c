//! Native functions that an engine calls itself, in QuickJS: script calls the functions of `fixture.c`.

#![cfg(all(unix, target_arch = "x86_64"))]

#[path = "../support/alone.rs"]
mod alone;
#[path = "../../jit/tests/support/notation.rs"]
mod notation;
#[path = "../support/quickjs.rs"]
mod quickjs;
#[path = "../support/mod.rs"]
mod support;
mod world;

mod arguments;
mod buffers;
mod callbacks;
mod closing;
mod exceptions;
mod floats;
mod growth;
mod integers;
mod others;
mod pins;
mod structs;
