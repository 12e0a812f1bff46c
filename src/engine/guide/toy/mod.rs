//! The guide's toy, as its author writes it: a program beside hotcall.
//!
//! The guide shows these files. Tests and fuzzers call C through them. The files name hotcall as any other program
//! does, so that readers can copy them. Their names are not part of hotcall's interface, and may change.

#[expect(unreachable_patterns, reason = "only other crates need an arm for later variants")]
pub mod engine;
pub mod framed;
pub mod functions;
pub mod model;
#[expect(unreachable_patterns, reason = "only other crates need an arm for later variants")]
pub mod subject;
pub mod vm;
