//! Plans to machine code, with Cranelift.

pub(crate) mod arrival;
pub(crate) mod bits;
pub(crate) mod blocks;
pub(crate) mod body;
pub(crate) mod bytes;
pub(crate) mod call;
pub(crate) mod compiled;
pub(crate) mod compiler;
#[cfg(feature = "disasm")]
pub(crate) mod explanation;
pub(crate) mod frame;
pub(crate) mod isa;
pub(crate) mod number_object;
pub(crate) mod numbers;
pub(crate) mod object;
pub(crate) mod slots;
pub(crate) mod test;
pub(crate) mod thread_variable;
pub(crate) mod words;
