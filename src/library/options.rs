//! Choices for loading a library.

/// Choices for loading a library. Windows does not have the first two and ignores them.
///
/// ```
/// use hotcall::{Binding, OpenFlags, Visibility};
///
/// let flags = OpenFlags::new().binding(Binding::Now);
/// assert_eq!(flags.visibility, Visibility::Local);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct OpenFlags {
    /// The time at which the library's own references to functions are bound.
    pub binding: Binding,
    /// The libraries that see the library's symbols.
    pub visibility: Visibility,
    /// The treatment of the library's changes to how this thread calculates: undone or kept.
    pub float_environment: FloatEnvironment,
}

impl OpenFlags {
    /// The defaults: functions are bound at their first use, symbols are local, floating-point settings are restored.
    pub const fn new() -> Self {
        Self { binding: Binding::Lazy, visibility: Visibility::Local, float_environment: FloatEnvironment::Restore }
    }

    /// Sets the time at which the library's own references to functions are bound.
    pub const fn binding(self, binding: Binding) -> Self {
        Self { binding, ..self }
    }

    /// Sets the libraries that see the library's symbols.
    pub const fn visibility(self, visibility: Visibility) -> Self {
        Self { visibility, ..self }
    }

    /// Sets the treatment of the library's changes to how this thread calculates.
    pub const fn float_environment(self, float_environment: FloatEnvironment) -> Self {
        Self { float_environment, ..self }
    }
}

/// The time at which references to functions are bound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Binding {
    /// Each is bound at its first use, if the system supports that. An undefined function then ends the process
    /// (`RTLD_LAZY`).
    #[default]
    Lazy,
    /// All are bound while loading. An undefined function is then an error (`RTLD_NOW`).
    Now,
}

/// The libraries that see a library's symbols.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Visibility {
    /// Only look-ups in this library see them (`RTLD_LOCAL`).
    #[default]
    Local,
    /// Libraries that are loaded later see them too (`RTLD_GLOBAL`).
    Global,
}

/// The treatment of changes to how the thread calculates. They are made by code that runs while a library is loaded,
/// searched for symbols or unmapped.
///
/// For example, GCC before 13 links such an initialiser to libraries made with `-ffast-math`. Afterwards denormal
/// numbers are zero in all code that the thread runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum FloatEnvironment {
    /// The control bits of the floating-point unit are restored: rounding, the treatment of denormal numbers, masked
    /// exceptions. The flags of exceptions that have happened stay.
    #[default]
    Restore,
    /// The library's settings stay, on this thread and on those that it starts.
    Keep,
}
