//! The system's loader, behind libloading: opens libraries and looks up symbols. Differences between systems stay in
//! this file.

use std::error::Error as _;
use std::ffi::{CStr, OsStr, c_void};
use std::mem::ManuallyDrop;

use super::float_environment::Restore;
use super::image::Image;
use super::options::{FloatEnvironment, OpenFlags, Unmapping};

#[cfg(unix)]
use libloading::os::unix as os;
#[cfg(windows)]
use libloading::os::windows as os;

/// A library that stays mapped until this handle is dropped.
pub(super) struct LoaderHandle {
    library: ManuallyDrop<os::Library>,
    image: Option<Image>,
    float_environment: FloatEnvironment,
    unmapping: Unmapping,
    /// True if dropping the handle does not unmap the library.
    is_kept: bool,
}

/// The loader's message about its refusal.
pub(super) struct Refusal(pub(super) Box<str>);

impl From<libloading::Error> for Refusal {
    fn from(error: libloading::Error) -> Self {
        // On some systems the error names the call and its source gives the reason. On others both have one text.
        let (call, reason) = (error.to_string(), error.source().map(ToString::to_string));
        Self(match reason {
            Some(reason) if !call.contains(&reason) => format!("{call}: {reason}").into(),
            _ => call.into(),
        })
    }
}

impl LoaderHandle {
    /// Loads a file and runs its initialisers.
    ///
    /// # Safety
    ///
    /// The library's initialisers may run now, on this thread. Its finalisers may run when and where the handle is
    /// dropped.
    pub(super) unsafe fn open(file: &OsStr, flags: OpenFlags) -> Result<Self, Refusal> {
        let _restore = restore(flags.float_environment);
        // SAFETY: the caller promises that the initialisers and finalisers may run.
        Ok(Self::new(unsafe { open(file, flags) }?, flags))
    }

    /// The running program.
    #[cfg(unix)]
    pub(super) fn process() -> Result<Self, Refusal> {
        Ok(Self::new(os::Library::this(), OpenFlags::default()))
    }

    /// The running program's own exports, without those of the libraries it was linked with.
    #[cfg(windows)]
    pub(super) fn process() -> Result<Self, Refusal> {
        Ok(Self::new(os::Library::this()?, OpenFlags::default()))
    }

    #[cfg(unix)]
    fn new(library: os::Library, flags: OpenFlags) -> Self {
        let raw = library.into_raw();
        // SAFETY: the handle is one of an open library, and this value keeps it open.
        let (image, library) = unsafe { (Image::of_handle(raw), os::Library::from_raw(raw)) };
        Self::with(library, image, flags)
    }

    #[cfg(windows)]
    fn new(library: os::Library, flags: OpenFlags) -> Self {
        Self::with(library, None, flags)
    }

    fn with(library: os::Library, image: Option<Image>, flags: OpenFlags) -> Self {
        let OpenFlags { float_environment, unmapping, .. } = flags;
        Self { library: ManuallyDrop::new(library), image, float_environment, unmapping, is_kept: false }
    }

    /// Prepares for the drop of a library that was not closed, which may have to stay mapped.
    pub(super) const fn was_not_closed(&mut self) {
        self.is_kept = matches!(self.unmapping, Unmapping::AfterClose);
    }

    /// Restores the floating-point environment when the result is dropped, if that was chosen.
    pub(super) fn restore(&self) -> Option<Restore> {
        restore(self.float_environment)
    }

    /// The address of a symbol. It may be null. Runs the resolver of an indirect function.
    pub(super) fn symbol(&self, name: &CStr) -> Result<*mut c_void, Refusal> {
        // SAFETY: only the address is taken. The type is that of a plain pointer, which is not read through.
        let symbol = unsafe { self.library.get::<*mut c_void>(name) }?;
        Ok(symbol.as_raw_ptr())
    }

    /// The library's tables of symbols; `None` if they cannot be read here.
    pub(super) const fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }
}

impl Drop for LoaderHandle {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let _restore = self.restore();
        // SAFETY: the library is dropped only here, and is not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.library) };
    }
}

fn restore(float_environment: FloatEnvironment) -> Option<Restore> {
    (float_environment == FloatEnvironment::Restore).then(Restore::later)
}

/// # Safety
///
/// The contract of [`LoaderHandle::open`].
#[cfg(unix)]
unsafe fn open(file: &OsStr, flags: OpenFlags) -> Result<os::Library, Refusal> {
    use super::options::{Binding, Visibility};
    let binding = match flags.binding {
        Binding::Lazy => os::RTLD_LAZY,
        Binding::Now => os::RTLD_NOW,
    };
    let visibility = match flags.visibility {
        Visibility::Local => os::RTLD_LOCAL,
        Visibility::Global => os::RTLD_GLOBAL,
    };
    // SAFETY: the caller promises that the initialisers and finalisers may run.
    Ok(unsafe { os::Library::open(Some(file), binding | visibility) }?)
}

/// Windows does not have these flags. It binds at once, and each library names the libraries that it takes symbols
/// from.
///
/// # Safety
///
/// The contract of [`LoaderHandle::open`].
#[cfg(windows)]
unsafe fn open(file: &OsStr, _flags: OpenFlags) -> Result<os::Library, Refusal> {
    // SAFETY: the caller promises that the initialisers and finalisers may run.
    Ok(unsafe { os::Library::new(file) }?)
}
