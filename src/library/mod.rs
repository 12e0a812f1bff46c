//! Loaded libraries: from a name to a file, from a file to a mapping, and from a symbol's name to its address.

mod addresses;
mod float_environment;
pub(crate) mod format;
mod image;
#[expect(clippy::module_inception, reason = "the room is named after what this file defines")]
pub(crate) mod library;
mod loader;
pub(crate) mod mapping;
mod nearest;
mod options;
mod refused;
mod resolve;
pub(crate) mod resolved;
mod returns_twice;
pub(crate) mod symbol_kind;

use std::collections::HashSet;
use std::ffi::{OsStr, c_void};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hotcall_jit::engine::values::RecordHead;
use hotcall_jit::{Signature, Type, fork};

pub use self::declared::Symbol;
pub use self::format::{ElfType, FileFormat};
pub use self::image::SymbolKind;
pub use self::options::{Binding, FloatEnvironment, OpenFlags, Visibility};
pub use self::resolve::{LibraryPath, Resolved, resolve};
pub use self::statics::Static;
pub use self::symbols::Symbols;

use self::float_environment::Restore;
use self::loader::{Handle, Refusal};
use self::refused::refused;
use crate::error::Error;
use crate::function::{Function, FunctionOptions};

/// A library that is loaded.
///
/// Clones are the same library: closing one closes all. Functions and statics keep the library mapped by themselves, so
/// they may outlive it. It is unmapped, and its finalisers run, on the thread that drops the last of these after the
/// library was closed or dropped; what is left at the end of the process is not unmapped.
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
pub struct Library(Arc<Shared>);

struct Shared {
    name: Arc<Resolved>,
    /// `None` once closed, so that only functions, statics and prepared calls keep the library mapped.
    mapping: RwLock<Option<Arc<Mapping>>>,
}

/// Keeps a library mapped.
pub(crate) struct Mapping {
    name: Arc<Resolved>,
    closed: AtomicBool,
    /// The records by which engines call functions.
    records: Mutex<HashSet<Adopted>>,
    handle: Handle,
}

/// A record that is closed with the library.
#[derive(PartialEq, Eq, Hash)]
struct Adopted(*const RecordHead);

// SAFETY: a record is taken out before it is freed, and closing it is an atomic store.
unsafe impl Send for Adopted {}

impl Library {
    /// Loads the library that [`resolve`] finds for this name, with the default flags.
    ///
    /// # Errors
    ///
    /// Those of [`resolve`], and whatever the loader refuses.
    ///
    /// # Safety
    ///
    /// Loading runs the library's initialisers, and unmapping it runs its finalisers: code that can do anything. Whoever
    /// opens a library vouches that this code may run here, on this thread and on the one that drops the last handle.
    pub unsafe fn open(name: impl AsRef<OsStr>) -> Result<Self, Error> {
        // SAFETY: the caller vouches for the library.
        unsafe { Self::open_with(name, OpenFlags::default()) }
    }

    /// Loads the library that [`resolve`] finds for this name.
    ///
    /// # Errors
    ///
    /// Those of [`resolve`], and whatever the loader refuses.
    ///
    /// # Safety
    ///
    /// That of [`Library::open`].
    pub unsafe fn open_with(name: impl AsRef<OsStr>, flags: OpenFlags) -> Result<Self, Error> {
        // SAFETY: the caller vouches for the library.
        unsafe { Self::open_resolved(&resolve(name)?, flags) }
    }

    /// Loads exactly what [`resolve`] found.
    ///
    /// # Errors
    ///
    /// The loader refuses, or `resolved` was made otherwise and the loader would read something else into it.
    ///
    /// # Safety
    ///
    /// That of [`Library::open`].
    pub unsafe fn open_resolved(resolved: &Resolved, flags: OpenFlags) -> Result<Self, Error> {
        resolved.check()?;
        let handle = match resolved.file() {
            // SAFETY: the caller vouches for the library.
            Some(file) => unsafe { Handle::open(file, flags) },
            None => Handle::process(),
        };
        Ok(Self::new(resolved.clone(), handle.map_err(|refusal| refused(resolved, refusal))?))
    }

    /// The running program: its own symbols and those of the libraries it was linked with (on Windows, its exports alone).
    /// Nothing is loaded.
    ///
    /// # Errors
    ///
    /// The loader refuses, which only Windows could.
    pub fn this_process() -> Result<Self, Error> {
        let fail = |Refusal(message)| Error::Load { library: Resolved::Process, message };
        Ok(Self::new(Resolved::Process, Handle::process().map_err(fail)?))
    }

    fn new(name: Resolved, handle: Handle) -> Self {
        let name = Arc::new(name);
        let mapping = Arc::new(Mapping {
            name: Arc::clone(&name),
            closed: AtomicBool::new(false),
            records: Mutex::default(),
            handle,
        });
        Self(Arc::new(Shared { name, mapping: RwLock::new(Some(mapping)) }))
    }

    /// The library that was loaded.
    pub fn resolved(&self) -> &Resolved {
        &self.0.name
    }

    /// Tells if [`Library::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.mapping().is_err()
    }

    /// Closes the library: look-ups and calls from now on are errors.
    ///
    /// It never waits. Calls that are running go on, and so do calls that were [prepared](Function::prepare); the library
    /// is unmapped when the last function, static and prepared call of it is dropped, at once if there is none. Closing
    /// again does nothing.
    pub fn close(&self) {
        let mapping = self.0.mapping.write().unwrap_or_else(PoisonError::into_inner).take();
        // Outside of the lock, because dropping it may run finalisers, which may do anything.
        if let Some(mapping) = mapping {
            mapping.close();
        }
    }

    /// The address of a function or variable, which is valid as long as the library is mapped.
    ///
    /// # Errors
    ///
    /// The library is closed; there is no such symbol, or it has no address.
    pub fn symbol(&self, name: &str) -> Result<*const c_void, Error> {
        let (mapping, _restore) = self.look_up()?;
        Ok(mapping.require(name)?.as_ptr())
    }

    /// The address of a symbol that may be missing, which is `None`.
    ///
    /// # Errors
    ///
    /// The library is closed; the symbol exists and has no address; no symbol can have this name.
    pub fn optional_symbol(&self, name: &str) -> Result<Option<*const c_void>, Error> {
        let (mapping, _restore) = self.look_up()?;
        Ok(mapping.find(name)?.ok().map(|address| address.as_ptr().cast_const()))
    }

    /// The function with this name and signature.
    ///
    /// That the symbol is a function with this signature cannot be checked: whoever calls it vouches for it. Variables are
    /// refused where the library's symbol table can be read, on Linux with glibc.
    ///
    /// # Errors
    ///
    /// Those of [`Library::symbol`], and those of making code for the signature; the symbol is a variable, or a function
    /// that returns twice, such as `setjmp` and `vfork`.
    pub fn function(&self, name: &str, signature: &Signature) -> Result<Function, Error> {
        self.function_with(name, signature, FunctionOptions::default())
    }

    /// The function with this name and signature.
    ///
    /// # Errors
    ///
    /// Those of [`Library::function`].
    pub fn function_with(
        &self,
        name: &str,
        signature: &Signature,
        options: FunctionOptions,
    ) -> Result<Function, Error> {
        let (mapping, _restore) = self.look_up()?;
        let address = mapping.require(name)?;
        mapping.check_function(name, address)?;
        Function::new(name.into(), address, signature, options, Some(mapping))
    }

    /// A function that may be missing, which is `None`.
    ///
    /// # Errors
    ///
    /// Those of [`Library::function`], save for a missing symbol.
    pub fn optional_function(
        &self,
        name: &str,
        signature: &Signature,
        options: FunctionOptions,
    ) -> Result<Option<Function>, Error> {
        let (mapping, _restore) = self.look_up()?;
        let Ok(address) = mapping.find(name)? else { return Ok(None) };
        mapping.check_function(name, address)?;
        Function::new(name.into(), address, signature, options, Some(mapping)).map(Some)
    }

    /// The variable with this name and type.
    ///
    /// A function is taken for a variable too: its bytes can be read.
    ///
    /// # Errors
    ///
    /// Those of [`Library::symbol`]; the type exceeds a limit.
    pub fn static_(&self, name: &str, ty: &Type) -> Result<Static, Error> {
        let (mapping, _restore) = self.look_up()?;
        let address = mapping.require(name)?;
        Static::new(name.into(), address, ty, mapping)
    }

    /// A variable that may be missing, which is `None`.
    ///
    /// # Errors
    ///
    /// Those of [`Library::static_`], save for a missing symbol.
    pub fn optional_static(&self, name: &str, ty: &Type) -> Result<Option<Static>, Error> {
        let (mapping, _restore) = self.look_up()?;
        let Ok(address) = mapping.find(name)? else { return Ok(None) };
        Static::new(name.into(), address, ty, mapping).map(Some)
    }

    /// The mapping for look-ups, and a guard that restores the floating-point environment after them. Resolvers of indirect
    /// functions may change it.
    fn look_up(&self) -> Result<(Arc<Mapping>, Option<Restore>), Error> {
        let mapping = self.mapping()?;
        let restore = mapping.handle.restore();
        Ok((mapping, restore))
    }

    fn mapping(&self) -> Result<Arc<Mapping>, Error> {
        let mapping = self.0.mapping.read().unwrap_or_else(PoisonError::into_inner).clone();
        mapping.ok_or_else(|| Error::Closed { library: Resolved::clone(&self.0.name) })
    }
}

impl Mapping {
    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for Adopted(record) in fork::lock(&self.records).iter() {
            // SAFETY: records disown themselves, which takes the lock, before they are freed.
            unsafe { &**record }.close();
        }
    }

    /// Has the record closed with the library; now if that is closed already.
    pub(crate) fn adopt(&self, record: &RecordHead) {
        fork::lock(&self.records).insert(Adopted(record));
        // Closing sets the flag first and looks at the records then.
        if self.closed.load(Ordering::Acquire) {
            record.close();
        }
    }

    /// Forgets a record.
    pub(crate) fn disown(&self, record: &RecordHead) {
        fork::lock(&self.records).remove(&Adopted(record));
    }

    /// An error once the library is closed.
    #[inline]
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::Acquire) { Err(self.closed_error()) } else { Ok(()) }
    }

    #[cold]
    fn closed_error(&self) -> Error {
        Error::Closed { library: Resolved::clone(&self.name) }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("resolved", self.resolved()).field("closed", &self.is_closed()).finish()
    }
}
