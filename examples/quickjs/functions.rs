//! Functions of Rust for script.

use rquickjs::{Function, Result};

/// Gives a function the prototype of its context's functions. rquickjs gives all functions that of one context.
pub(crate) fn in_context<'js>(function: Function<'js>) -> Result<Function<'js>> {
    let prototype = Function::prototype(function.ctx().clone());
    function.set_prototype(Some(&prototype))?;
    Ok(function)
}
