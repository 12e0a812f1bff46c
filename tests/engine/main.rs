//! Native functions that an engine calls itself, in QuickJS (script calls the functions of `fixture.c`), in JavaScriptCore, and after
//! SpiderMonkey's headers.

#![cfg(all(unix, target_arch = "x86_64"))]

mod world;

mod arguments;
mod buffers;
mod callbacks;
mod closing;
mod compiling;
mod exceptions;
mod floats;
mod forged;
mod growth;
mod integers;
mod jsc_calls;
mod jsc_life;
mod jsc_values;
mod others;
mod pins;
mod spider_monkey;
mod structs;
