//! The body of a function to compile, as its entry describes it.

use cranelift_codegen::ir;
use cranelift_frontend::FunctionBuilder;

use crate::codegen::compiled::Compiled;
use crate::codegen::words::CallWords;
use crate::error::JitError;

/// A function to compile.
pub(crate) trait Body {
    /// Returns the function's own signature.
    fn signature(&self) -> ir::Signature;
    /// Returns the call of C inside the function.
    fn call(&self) -> Option<&CallWords>;
    /// Emits the function. A variadic function is called through the shim at the address `shim`.
    fn emit(&self, b: &mut FunctionBuilder<'_>, shim: Option<*const u8>);
}

/// A key that a function can be compiled for.
pub(crate) trait Compile {
    /// Returns the body of the function.
    ///
    /// # Errors
    ///
    /// The convention has a place that Cranelift cannot reach.
    fn body(&self) -> Result<impl Body, JitError>;

    /// Returns the function's code if it is assembled instead of compiled.
    fn assembled(&self) -> Option<Compiled> {
        None
    }
}
