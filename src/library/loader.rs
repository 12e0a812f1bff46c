//! The system's loader, as libloading shows it: open and look up, with the differences between systems kept here.

use std::error::Error as _;
use std::ffi::{CStr, OsStr, c_void};

use super::OpenFlags;

#[cfg(unix)]
use libloading::os::unix as os;
#[cfg(windows)]
use libloading::os::windows as os;

/// A library that is mapped until this is dropped.
pub(super) struct Handle(os::Library);

/// Why the loader refused, in its words.
pub(super) struct Refusal(pub(super) Box<str>);

impl From<libloading::Error> for Refusal {
    fn from(error: libloading::Error) -> Self {
        // On some systems the error names the call and its source gives the reason; on others both are the same.
        let (call, reason) = (error.to_string(), error.source().map(ToString::to_string));
        Self(match reason {
            Some(reason) if !call.contains(&reason) => format!("{call}: {reason}").into(),
            _ => call.into(),
        })
    }
}

impl Handle {
    /// Loads a file and runs its initialisers.
    ///
    /// # Safety
    ///
    /// The initialisers, and the finalisers that run when the handle is dropped, may be run at that time on that thread.
    #[cfg(unix)]
    pub(super) unsafe fn open(file: &OsStr, flags: OpenFlags) -> Result<Self, Refusal> {
        use super::{Binding, Visibility};
        let binding = match flags.binding {
            Binding::Lazy => os::RTLD_LAZY,
            Binding::Now => os::RTLD_NOW,
        };
        let visibility = match flags.visibility {
            Visibility::Local => os::RTLD_LOCAL,
            Visibility::Global => os::RTLD_GLOBAL,
        };
        // SAFETY: the caller vouches for the initialisers and finalisers.
        Ok(Self(unsafe { os::Library::open(Some(file), binding | visibility) }?))
    }

    /// Loads a file and runs its initialisers. Windows has no such flags: it binds at once, and each library names those
    /// that it takes symbols from.
    ///
    /// # Safety
    ///
    /// The initialisers, and the finalisers that run when the handle is dropped, may be run at that time on that thread.
    #[cfg(windows)]
    pub(super) unsafe fn open(file: &OsStr, _flags: OpenFlags) -> Result<Self, Refusal> {
        // SAFETY: the caller vouches for the initialisers and finalisers.
        Ok(Self(unsafe { os::Library::new(file) }?))
    }

    /// The running program.
    #[cfg(unix)]
    pub(super) fn process() -> Result<Self, Refusal> {
        Ok(Self(os::Library::this()))
    }

    /// The running program's own exports, without those of the libraries it was linked with.
    #[cfg(windows)]
    pub(super) fn process() -> Result<Self, Refusal> {
        Ok(Self(os::Library::this()?))
    }

    /// The address of a symbol. It may be null.
    pub(super) fn symbol(&self, name: &CStr) -> Result<*mut c_void, Refusal> {
        // SAFETY: only the address is taken; the type is that of a plain pointer, which nothing is read through.
        let symbol = unsafe { self.0.get::<*mut c_void>(name) }?;
        Ok(symbol.as_raw_ptr())
    }
}
