//! The code that runs on script's thread, and the callers of C.

/// The innermost code that runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Running {
    /// Script, or a function of C that was not made to call script back. Script's optimised code calls those without
    /// telling.
    None,
    /// Such a function, called by Node-API.
    Alone,
    /// A function that may call script back, or its arguments are converted.
    CallsBack,
    /// Nothing of script: the event loop has called C, or answers a call that has waited for it.
    EventLoop,
}

/// The code that has called C, if it is not a function that may call script back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    /// A function that was not made to call script back.
    Alone,
    /// Such a function, which script's optimised code has called.
    FastCall,
    /// Nothing of script: the event loop.
    EventLoop,
    /// Another thread, whose call the event loop answers.
    OtherThread,
}
