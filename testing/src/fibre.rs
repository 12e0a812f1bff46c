//! Fibres: small stacks, as some runtimes run script on.

use std::env;

use corosensei::on_stack;
use corosensei::stack::DefaultStack;

/// Runs `work` on a stack of 32 KiB, on this thread. Sanitizers make frames several times as large, so their stack is
/// larger.
///
/// # Panics
///
/// Memory for the stack is exhausted.
pub fn on_fibre<T>(work: impl FnOnce() -> T) -> T {
    let is_sanitized = env::var("HOTCALL_FIXTURE_FLAGS").is_ok_and(|flags| flags.contains("-fsanitize"));
    let size = if is_sanitized { 512 } else { 32 } * 1024;
    on_stack(DefaultStack::new(size).expect("there is memory for a stack"), work)
}
