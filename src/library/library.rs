//! A loaded library: opening, looking up addresses, closing.

use std::ffi::{OsStr, c_void};
use std::fmt;
use std::sync::Arc;

use hotcall_jit::lock::Lock;

use super::error::{ClosedError, LibraryError};
use super::float_environment::Restore;
use super::loader::{LoaderHandle, Refusal};
use super::mapping::Mapping;
use super::options::OpenFlags;
use super::refused::refused;
use super::resolve::{check, resolve};
use super::resolved::Resolved;

/// A library that is loaded.
///
/// Clones are handles of one library: closing one closes all. Functions and statics keep the library mapped, so they
/// may outlive it. It is unmapped when it is closed or dropped, and its last function, static and prepared call is
/// dropped too. Its finalisers then run on the thread of the last drop. A library still mapped at the end of the
/// process is not unmapped.
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # fn main() -> Result<(), hotcall::Error> {
/// use hotcall::Library;
///
/// // SAFETY: libm has no initialisers that could do harm.
/// let libm = unsafe { Library::open("libm.so.6") }?;
/// assert!(!libm.symbol("pow")?.is_null());
/// assert!(libm.optional_symbol("no such thing")?.is_none());
/// libm.close();
/// assert!(libm.symbol("pow").is_err());
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Library(Arc<LibraryState>);

struct LibraryState {
    name: Arc<Resolved>,
    /// `None` once closed. Then only functions, statics and prepared calls keep the library mapped.
    mapping: Lock<Option<Arc<Mapping>>>,
}

impl Library {
    /// Loads the library that [`resolve`] finds for this name, with the default flags.
    ///
    /// # Errors
    ///
    /// The errors of [`resolve`], and every refusal of the loader.
    ///
    /// # Safety
    ///
    /// Loading runs the library's initialisers, and unmapping it runs its finalisers. This code can do anything. The
    /// caller promises that it may run here, on this thread and on the thread that drops the last handle.
    pub unsafe fn open(name: impl AsRef<OsStr>) -> Result<Self, LibraryError> {
        // SAFETY: the caller promises that the library's initialisers and finalisers may run.
        unsafe { Self::open_with(name, OpenFlags::default()) }
    }

    /// Loads the library that [`resolve`] finds for this name.
    ///
    /// # Errors
    ///
    /// The errors of [`resolve`], and every refusal of the loader.
    ///
    /// # Safety
    ///
    /// The contract of [`Library::open`].
    pub unsafe fn open_with(name: impl AsRef<OsStr>, flags: OpenFlags) -> Result<Self, LibraryError> {
        // SAFETY: the caller promises that the library's initialisers and finalisers may run.
        unsafe { Self::open_resolved(&resolve(name)?, flags) }
    }

    /// Loads the library that [`resolve`] found.
    ///
    /// # Errors
    ///
    /// The loader refuses. Or [`resolve`] did not make `resolved`, and the loader would understand it differently.
    ///
    /// # Safety
    ///
    /// The contract of [`Library::open`].
    pub unsafe fn open_resolved(resolved: &Resolved, flags: OpenFlags) -> Result<Self, LibraryError> {
        check(resolved)?;
        let handle = match resolved.file() {
            // SAFETY: the caller promises that the library's initialisers and finalisers may run.
            Some(file) => unsafe { LoaderHandle::open(file, flags) },
            None => LoaderHandle::process(),
        };
        Ok(Self::new(resolved.clone(), handle.map_err(|refusal| refused(resolved, refusal))?))
    }

    /// The running program: its own symbols and those of the libraries it was linked with (on Windows, its exports
    /// alone). No library is loaded.
    ///
    /// # Errors
    ///
    /// The loader refuses. This can happen on Windows only.
    pub fn this_process() -> Result<Self, LibraryError> {
        let fail = |Refusal(message)| LibraryError::Load { library: Resolved::Process, message };
        Ok(Self::new(Resolved::Process, LoaderHandle::process().map_err(fail)?))
    }

    fn new(name: Resolved, handle: LoaderHandle) -> Self {
        let name = Arc::new(name);
        let mapping = Arc::new(Mapping::new(Arc::clone(&name), handle));
        Self(Arc::new(LibraryState { name, mapping: Lock::new(Some(mapping)) }))
    }

    /// The library that was loaded.
    pub fn resolved(&self) -> &Resolved {
        &self.0.name
    }

    /// Returns true if [`Library::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.mapping().is_err()
    }

    /// Closes the library: later look-ups and calls are errors.
    ///
    /// Closing does not wait, and running calls continue. Calls that were [prepared](crate::Function::prepare) can
    /// still be made. The library is unmapped when its last function, static and prepared call is dropped, or at once
    /// without them. Closing again has no effect.
    pub fn close(&self) {
        let mapping = self.0.mapping.hold().take();
        // Dropped outside of the lock, because finalisers may run, which may do anything.
        if let Some(mapping) = mapping {
            mapping.close();
        }
    }

    /// The address of a function or variable, which is valid as long as the library is mapped.
    ///
    /// # Errors
    ///
    /// The library is closed, the symbol is missing, or it does not have an address.
    pub fn symbol(&self, name: &str) -> Result<*const c_void, LibraryError> {
        let (mapping, _restore) = self.look_up()?;
        Ok(mapping.require(name)?.as_ptr())
    }

    /// The address of a symbol; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// The library is closed, the symbol exists but does not have an address, or no symbol can have this name.
    pub fn optional_symbol(&self, name: &str) -> Result<Option<*const c_void>, LibraryError> {
        let (mapping, _restore) = self.look_up()?;
        Ok(mapping.optional(name)?.map(|address| address.as_ptr().cast_const()))
    }

    /// The mapping for look-ups, and a guard that restores the floating-point environment after them. Resolvers of
    /// indirect functions may change the environment.
    pub(crate) fn look_up(&self) -> Result<(Arc<Mapping>, Option<Restore>), LibraryError> {
        let mapping = self.mapping()?;
        let restore = mapping.handle.restore();
        Ok((mapping, restore))
    }

    fn mapping(&self) -> Result<Arc<Mapping>, ClosedError> {
        let mapping = self.0.mapping.hold().clone();
        mapping.ok_or_else(|| ClosedError { library: Resolved::clone(&self.0.name) })
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("resolved", self.resolved()).field("closed", &self.is_closed()).finish()
    }
}
