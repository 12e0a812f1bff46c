//! QuickJS-ng: values of 16 bytes with a tag.
//!
//! Written after quickjs.h of QuickJS-ng 0.16, in builds for 64-bit targets (without `JS_NAN_BOXING`). `JSValue` is a
//! union and a tag of 64 bits, of which the low 32 count. Functions are made with `JS_NewCClosure`, which passes the
//! record as its opaque pointer and fills up missing arguments to the registered length.
//!
//! Bellard's QuickJS is another engine: it does not have `JS_NewCClosure`, and its small BigInts have 64 bits instead
//! of 32.

mod objects;
mod values;

pub use objects::{ObjectSample, SampleKind, counter, objects};
pub use values::{EXCEPTION, UNDEFINED, bytes_function, model};
