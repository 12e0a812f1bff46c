//! The body of a function to compile, as its entry describes it.

use cranelift_codegen::ir;
use cranelift_frontend::FunctionBuilder;

use crate::codegen::words::CallWords;
use crate::error::JitError;

/// A function to compile.
pub(crate) trait Body {
    /// The function's own signature.
    fn signature(&self) -> ir::Signature;
    /// The call of C in the function.
    fn call(&self) -> Option<&CallWords>;
    /// Emits the function. `shim` is the address of the shim through which a variadic function is called.
    fn emit(&self, b: &mut FunctionBuilder<'_>, shim: Option<*const u8>);
}

/// A key for which there is a function.
pub(crate) trait Compile {
    /// The function.
    ///
    /// # Errors
    ///
    /// The convention has a place that Cranelift cannot reach.
    fn body(&self) -> Result<impl Body, JitError>;
}
