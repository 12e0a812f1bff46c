//! Choices for making a function.

/// Choices for making a function.
///
/// ```
/// use hotcall::FunctionOptions;
///
/// let options = FunctionOptions::new().lazy(true);
/// assert!(options.lazy && !options.capture_errno);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct FunctionOptions {
    /// True if [prepared](crate::Function::prepare) calls capture errno. The code of
    /// [`Function::call_errno`](crate::Function::call_errno) is then compiled at once instead of at its first use,
    /// unless the function is lazy.
    pub capture_errno: bool,
    /// True if the function is compiled later: when enough calls have been made for that to pay, or when its code is
    /// asked for. A signature that exceeds a limit is still an error at once.
    pub lazy: bool,
}

impl FunctionOptions {
    /// The defaults: the function is compiled at once, and prepared calls do not capture errno.
    pub const fn new() -> Self {
        Self { capture_errno: false, lazy: false }
    }

    /// Sets whether [prepared](crate::Function::prepare) calls capture errno.
    pub const fn capture_errno(self, capture_errno: bool) -> Self {
        Self { capture_errno, ..self }
    }

    /// Sets whether the function is compiled when that pays, instead of at once.
    pub const fn lazy(self, lazy: bool) -> Self {
        Self { lazy, ..self }
    }
}
