//! The code that tests, benchmarks and fuzzers of hotcall share.
//!
//! * [`compiler`] runs C compilers, and [`fixture`] loads what they make of the C text of tests.
//! * [`notation`] reads signatures, and [`types`] lists types in its notation.
//! * [`c_types`] and [`c_text`] write types and functions as C; [`callees`] and [`callers`] write functions for every signature.
//! * [`random`] makes numbers and values; [`values`] has one value of each type.
//! * [`guarded`] is memory beside which every access is a fault; [`fence`] also finds writes beside a value in it.
//! * [`copied_code`] is machine code at an address of its own.
//! * [`alone`] runs a test in a process of its own; [`ways`] makes code in each way that there is.
//! * [`environment`] sets the floating-point environment; [`frames`] walks the stack; [`fibre`] makes it small.
//! * [`helpers`] are those of fast calls without objects.
//! * [`files`] makes directories that are removed on drop; [`runtime`] runs the examples of runtimes.

pub mod alone;
pub mod c_text;
pub mod c_types;
pub mod callees;
pub mod callers;
mod changed;
pub mod compiler;
pub mod copied_code;
#[cfg(target_arch = "x86_64")]
pub mod environment;
pub mod fence;
pub mod fibre;
pub mod files;
pub mod fixture;
pub mod frames;
pub mod guarded;
pub mod helpers;
pub mod notation;
mod pages;
pub mod random;
pub mod runtime;
pub mod types;
pub mod values;
pub mod ways;
