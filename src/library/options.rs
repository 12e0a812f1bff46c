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
    /// The time at which the library is unmapped.
    pub unmapping: Unmapping,
}

impl OpenFlags {
    /// The defaults: functions are bound at their first use, symbols are local, floating-point settings are restored, and a
    /// library that is not used any more is unmapped.
    pub const fn new() -> Self {
        Self {
            binding: Binding::Lazy,
            visibility: Visibility::Local,
            float_environment: FloatEnvironment::Restore,
            unmapping: Unmapping::WhenUnused,
        }
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

    /// Sets the time at which the library is unmapped.
    pub const fn unmapping(self, unmapping: Unmapping) -> Self {
        Self { unmapping, ..self }
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

/// The time at which a library is unmapped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum Unmapping {
    /// When its last handle, function, static and prepared call is dropped.
    #[default]
    WhenUnused,
    /// Likewise, but only if the library was [closed](crate::Library::close). Otherwise it stays mapped until the process
    /// ends.
    ///
    /// It is for runtimes with a collector, which drops handles that script has forgotten. The library may have threads of
    /// its own that still run its code, or function pointers that other libraries still call.
    AfterClose,
}
