//! The fastest way in which script may call functions.

/// The fastest way that functions may use, which tests limit by the environment variable `HOTCALL_WAYS`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Fast,
    Ordinary,
    NodeApi,
}

impl Limit {
    pub(crate) fn of_process() -> Self {
        match std::env::var("HOTCALL_WAYS").as_deref() {
            Ok("napi") => Self::NodeApi,
            Ok("ordinary") => Self::Ordinary,
            Ok(_) | Err(_) => Self::Fast,
        }
    }

    /// Returns the reason for ways that are faster than this one.
    pub(crate) fn reason(self) -> String {
        let name = match self {
            Self::Fast => "fast",
            Self::Ordinary => "ordinary",
            Self::NodeApi => "napi",
        };
        format!("the environment variable HOTCALL_WAYS is \"{name}\"")
    }
}
