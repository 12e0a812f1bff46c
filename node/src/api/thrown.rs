//! Exceptions on their way to script.

use std::any::Any;

use hotcall::engine::EngineError;

use super::root::Root;

/// An exception that script does not see yet. Errors become values only when they are thrown.
pub(crate) enum Thrown {
    /// A value of script.
    Value(Root),
    /// A `TypeError`.
    TypeError(String),
    /// A `RangeError`.
    RangeError(String),
    /// Another `Error`.
    Error(String),
    /// V8 already has the exception, and throws it when C returns.
    InV8,
    /// The environment ends, so script cannot run any more.
    Ending,
}

impl Thrown {
    pub(crate) fn type_error(message: impl ToString) -> Self {
        Self::TypeError(message.to_string())
    }

    pub(crate) fn error(message: impl ToString) -> Self {
        Self::Error(message.to_string())
    }

    /// The exception for a panic, which is a fault of the addon.
    pub(crate) fn of_panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Self::Error(format!("internal error of hotcall: {text}"))
    }
}

impl From<EngineError> for Thrown {
    fn from(error: EngineError) -> Self {
        Self::from(&error)
    }
}

impl From<&EngineError> for Thrown {
    fn from(error: &EngineError) -> Self {
        let is_of_type = matches!(error, EngineError::Argument { .. } | EngineError::CallbackResult { .. });
        if is_of_type { Self::type_error(error) } else { Self::error(error) }
    }
}
