//! Choices when a library is loaded.

/// How a library is loaded. Windows does not have the first two choices and ignores them.
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
    /// When the library's own references to functions are bound.
    pub binding: Binding,
    /// The libraries that see the library's symbols.
    pub visibility: Visibility,
    /// The library's changes to how this thread calculates: undone or kept.
    pub float_environment: FloatEnvironment,
}

impl OpenFlags {
    /// The defaults: functions are bound at their first use, symbols are local, floating-point settings are restored.
    pub const fn new() -> Self {
        Self { binding: Binding::Lazy, visibility: Visibility::Local, float_environment: FloatEnvironment::Restore }
    }

    /// Sets when the library's own references to functions are bound.
    pub const fn binding(self, binding: Binding) -> Self {
        Self { binding, ..self }
    }

    /// Sets the libraries that see the library's symbols.
    pub const fn visibility(self, visibility: Visibility) -> Self {
        Self { visibility, ..self }
    }

    /// Sets whether the library's changes to how this thread calculates are undone or kept.
    pub const fn float_environment(self, float_environment: FloatEnvironment) -> Self {
        Self { float_environment, ..self }
    }
}

/// When references to functions are bound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Binding {
    /// Each at its first use, where the system can; one that nothing defines ends the process then (`RTLD_LAZY`).
    #[default]
    Lazy,
    /// All while loading; one that nothing defines is an error then (`RTLD_NOW`).
    Now,
}

/// The libraries that see a library's symbols.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Visibility {
    /// Those who ask this library for them (`RTLD_LOCAL`).
    #[default]
    Local,
    /// Also libraries loaded later (`RTLD_GLOBAL`).
    Global,
}

/// The fate of changes to how the thread calculates, made by code that runs while a library is loaded, looked into or
/// unmapped.
///
/// A library that was linked with `-ffast-math` (by GCC before 13) has such an initialiser. Denormal numbers are zero in
/// all code that the thread runs afterwards.
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
