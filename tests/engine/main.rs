//! Native functions that an engine calls itself, in QuickJS (script calls the functions of `fixture.c`), in JavaScriptCore, in
//! SpiderMonkey, and after SpiderMonkey's headers and V8's.

#![cfg(all(unix, target_arch = "x86_64"))]

mod world;

mod arguments;
mod bare;
mod buffers;
mod callbacks;
mod callees;
mod calls;
mod closing;
mod compiling;
mod destinations;
mod exceptions;
mod floats;
mod forged;
mod growth;
mod integers;
mod jsc_calls;
mod jsc_life;
mod jsc_objects;
mod jsc_values;
mod languages;
mod object_changes;
mod objects;
mod others;
mod pin_list;
mod pins;
mod same;
mod script_callbacks;
mod spider_monkey;
mod spider_monkey_objects;
mod spider_monkey_script;
mod stress;
mod structs;
mod v8;
mod v8_machine;
mod values;
#[cfg(not(feature = "jit"))]
mod without_code;
