//! Loaded libraries: opening, looking up symbols, closing.

mod declared;
mod loader;
mod resolve;
mod statics;
mod symbols;

use std::collections::HashSet;
use std::ffi::{CStr, OsStr, c_void};
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hotcall_jit::values::RecordHead;
use hotcall_jit::{Signature, Type, fork};

pub use self::declared::Symbol;
pub use self::resolve::{Resolved, resolve};
pub use self::statics::Static;
pub use self::symbols::Symbols;

use self::loader::{Handle, Refusal};
use crate::error::Error;
use crate::function::{Function, FunctionOptions};

/// How a library is loaded. Windows knows no such choice and ignores it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct OpenFlags {
    /// When the library's own references to functions are bound.
    pub binding: Binding,
    /// Who sees the library's symbols.
    pub visibility: Visibility,
}

/// When references to functions are bound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Binding {
    /// Each at its first use, where the system can; one that nothing defines ends the process then (`RTLD_LAZY`).
    #[default]
    Lazy,
    /// All while loading; one that nothing defines is an error then (`RTLD_NOW`).
    Now,
}

/// Who sees a library's symbols.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Visibility {
    /// Those who ask this library for them (`RTLD_LOCAL`).
    #[default]
    Local,
    /// Also libraries loaded later (`RTLD_GLOBAL`).
    Global,
}

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

/// What keeps a library mapped.
pub(crate) struct Mapping {
    name: Arc<Resolved>,
    closed: AtomicBool,
    /// What engines call functions by.
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
        let fail = |Refusal(message)| Error::Load { library: resolved.clone(), message };
        Ok(Self::new(resolved.clone(), handle.map_err(fail)?))
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

    /// What was loaded.
    pub fn resolved(&self) -> &Resolved {
        &self.0.name
    }

    /// Whether [`Library::close`] was called.
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
        Ok(self.mapping()?.find(name)?.as_ptr())
    }

    /// The address of a symbol that may be missing, which is `None`.
    ///
    /// # Errors
    ///
    /// The library is closed; the symbol exists and has no address; no symbol can have this name.
    pub fn optional_symbol(&self, name: &str) -> Result<Option<*const c_void>, Error> {
        optional(self.symbol(name))
    }

    /// The function with this name and signature.
    ///
    /// That the symbol is a function with this signature cannot be checked: whoever calls it vouches for it.
    ///
    /// # Errors
    ///
    /// Those of [`Library::symbol`], and those of making code for the signature.
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
        let mapping = self.mapping()?;
        let address = mapping.find(name)?;
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
        optional(self.function_with(name, signature, options))
    }

    /// The variable with this name and type.
    ///
    /// # Errors
    ///
    /// Those of [`Library::symbol`]; the type exceeds a limit.
    pub fn static_(&self, name: &str, ty: &Type) -> Result<Static, Error> {
        let mapping = self.mapping()?;
        let address = mapping.find(name)?;
        Static::new(name.into(), address, ty, mapping)
    }

    /// A variable that may be missing, which is `None`.
    ///
    /// # Errors
    ///
    /// Those of [`Library::static_`], save for a missing symbol.
    pub fn optional_static(&self, name: &str, ty: &Type) -> Result<Option<Static>, Error> {
        optional(self.static_(name, ty))
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
        // Who closes the library says so first and looks at the records then.
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

    fn find(&self, symbol: &str) -> Result<NonNull<c_void>, Error> {
        let library = || Resolved::clone(&self.name);
        if symbol.is_empty() {
            return Err(Error::EmptySymbol { library: library() });
        }
        let address = self.find_bytes(symbol, library)?;
        NonNull::new(address).ok_or_else(|| Error::NullSymbol { library: library(), symbol: symbol.into() })
    }

    /// Gives the loader the name as a C string, which takes no allocation for names of usual lengths.
    fn find_bytes(&self, symbol: &str, library: impl Fn() -> Resolved) -> Result<*mut c_void, Error> {
        let mut short = [0; 64];
        let mut long = Vec::new();
        let bytes = if symbol.len() < short.len() {
            short[..symbol.len()].copy_from_slice(symbol.as_bytes());
            &short[..=symbol.len()]
        } else {
            long.extend(symbol.bytes().chain([0]));
            &long
        };
        let name = CStr::from_bytes_with_nul(bytes)
            .map_err(|_| Error::NulInSymbol { library: library(), symbol: symbol.into() })?;
        let refused = |Refusal(message)| Error::Symbol { library: library(), symbol: symbol.into(), message };
        self.handle.symbol(name).map_err(refused)
    }
}

/// A missing symbol as `None`.
fn optional<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Err(Error::Symbol { .. }) => Ok(None),
        found => found.map(Some),
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("resolved", self.resolved()).field("closed", &self.is_closed()).finish()
    }
}
