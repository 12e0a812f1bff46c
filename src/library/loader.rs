//! The system's loader, as libloading shows it: open and look up, with the differences between systems kept here.

use std::error::Error as _;
use std::ffi::{CStr, OsStr, c_void};
use std::mem::ManuallyDrop;

use super::float_environment::Restore;
use super::image::Image;
use super::options::{FloatEnvironment, OpenFlags};

#[cfg(unix)]
use libloading::os::unix as os;
#[cfg(windows)]
use libloading::os::windows as os;

/// A library that is mapped until this is dropped.
pub(super) struct LoaderHandle {
    library: ManuallyDrop<os::Library>,
    image: Option<Image>,
    float_environment: FloatEnvironment,
}

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

impl LoaderHandle {
    /// Loads a file and runs its initialisers.
    ///
    /// # Safety
    ///
    /// The initialisers, and the finalisers that run when the handle is dropped, may be run at that time on that thread.
    pub(super) unsafe fn open(file: &OsStr, flags: OpenFlags) -> Result<Self, Refusal> {
        let _restore = restore(flags.float_environment);
        // SAFETY: the caller vouches for the initialisers and finalisers.
        Ok(Self::new(unsafe { open(file, flags) }?, flags.float_environment))
    }

    /// The running program.
    #[cfg(unix)]
    pub(super) fn process() -> Result<Self, Refusal> {
        Ok(Self::new(os::Library::this(), FloatEnvironment::default()))
    }

    /// The running program's own exports, without those of the libraries it was linked with.
    #[cfg(windows)]
    pub(super) fn process() -> Result<Self, Refusal> {
        Ok(Self::new(os::Library::this()?, FloatEnvironment::default()))
    }

    #[cfg(unix)]
    fn new(library: os::Library, float_environment: FloatEnvironment) -> Self {
        let raw = library.into_raw();
        // SAFETY: the handle is one of an open library, which this keeps open.
        let (image, library) = unsafe { (Image::of_handle(raw), os::Library::from_raw(raw)) };
        Self { library: ManuallyDrop::new(library), image, float_environment }
    }

    #[cfg(windows)]
    fn new(library: os::Library, float_environment: FloatEnvironment) -> Self {
        Self { library: ManuallyDrop::new(library), image: None, float_environment }
    }

    /// Restores the floating-point environment when the answer is dropped, if that was chosen.
    pub(super) fn restore(&self) -> Option<Restore> {
        restore(self.float_environment)
    }

    /// The address of a symbol. It may be null. Runs the resolver of an indirect function.
    pub(super) fn symbol(&self, name: &CStr) -> Result<*mut c_void, Refusal> {
        // SAFETY: only the address is taken; the type is that of a plain pointer, which nothing is read through.
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
        let _restore = self.restore();
        // SAFETY: the library is dropped here only, and nothing uses it afterwards.
        unsafe { ManuallyDrop::drop(&mut self.library) };
    }
}

fn restore(float_environment: FloatEnvironment) -> Option<Restore> {
    (float_environment == FloatEnvironment::Restore).then(Restore::later)
}

/// # Safety
///
/// That of [`LoaderHandle::open`].
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
    // SAFETY: the caller vouches for the initialisers and finalisers.
    Ok(unsafe { os::Library::open(Some(file), binding | visibility) }?)
}

/// Windows has no such flags: it binds at once, and each library names those that it takes symbols from.
///
/// # Safety
///
/// That of [`LoaderHandle::open`].
#[cfg(windows)]
unsafe fn open(file: &OsStr, _flags: OpenFlags) -> Result<os::Library, Refusal> {
    // SAFETY: the caller vouches for the initialisers and finalisers.
    Ok(unsafe { os::Library::new(file) }?)
}
