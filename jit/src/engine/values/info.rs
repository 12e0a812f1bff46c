//! The struct that describes a call, in engines whose native functions get its address.

use std::convert::Infallible;
use std::ffi::c_void;
use std::ptr;

use crate::engine::object::{Path, load_bytes};

/// The struct that describes a call of a native function. Paths begin at its address.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct CallInfo {
    /// The field that holds the number of arguments, without a sign.
    pub argc: Path,
    /// The bytes of this field: 4 or 8.
    pub argc_len: u8,
    /// The first argument. The others follow it.
    pub argv: Path,
    /// The place for the result: a value.
    pub result: Path,
    /// The field that holds the pointer which the engine's own functions want as their first argument. The helpers get it.
    pub context: Option<Path>,
}

impl CallInfo {
    /// Makes the description of a struct without a context. The number of arguments has 4 bytes.
    ///
    /// ```
    /// use hotcall::engine::{CallInfo, Path};
    ///
    /// // struct { void *context; Value result; struct { uint32_t argc; Value *argv; } *arguments; }
    /// let path = |offsets: &[i32]| Path(offsets.into());
    /// let info = CallInfo::new(path(&[16, 0]), path(&[16, 8, 0]), path(&[8])).context(path(&[0]));
    /// assert_eq!(info.argc_len, 4);
    /// ```
    pub const fn new(argc: Path, argv: Path, result: Path) -> Self {
        Self { argc, argc_len: 4, argv, result, context: None }
    }

    /// Sets the bytes of the number of arguments, 4 or 8.
    pub fn argc_len(self, argc_len: u8) -> Self {
        Self { argc_len, ..self }
    }

    /// Sets the field that holds the context.
    pub fn context(self, context: impl Into<Option<Path>>) -> Self {
        Self { context: context.into(), ..self }
    }

    /// Returns true if machine code can read all fields.
    pub(crate) fn is_consistent(&self) -> bool {
        let Self { argc, argc_len, argv, result, context } = self;
        matches!(argc_len, 4 | 8) && [argc, argv, result].into_iter().chain(context).all(|path| !path.0.is_empty())
    }
}

/// The struct of a call.
#[derive(Clone, Copy)]
pub(crate) struct PassedInfo<'a> {
    info: &'a CallInfo,
    address: u64,
}

impl<'a> PassedInfo<'a> {
    /// # Safety
    ///
    /// The address is that of a struct of a running call, which the description fits. It lives as long as this value.
    pub(crate) const unsafe fn new(info: &'a CallInfo, address: u64) -> Self {
        Self { info, address }
    }

    /// Returns the number of arguments.
    pub(crate) fn argc(self) -> usize {
        self.load(&self.info.argc, self.info.argc_len) as usize
    }

    /// Returns the address of the first argument.
    pub(crate) fn argv(self) -> *const u8 {
        self.place(&self.info.argv)
    }

    /// Returns the address of the result's place.
    pub(crate) fn result(self) -> *mut u8 {
        self.place(&self.info.result)
    }

    /// Returns the pointer that the engine's own functions want, or null.
    pub(crate) fn context(self) -> *mut c_void {
        let context = self.info.context.as_ref().map_or(0, |path| self.load(path, 8));
        ptr::with_exposed_provenance_mut(context as usize)
    }

    fn place(self, path: &Path) -> *mut u8 {
        // SAFETY: the struct fits the description, so the fields that lead to the place can be read.
        let Ok(at) = path.follow(self.address, &|at, len| Ok::<_, Infallible>(unsafe { load_bytes(at, len) }));
        ptr::with_exposed_provenance_mut(at as usize)
    }

    fn load(self, path: &Path, len: u8) -> u64 {
        // SAFETY: the struct fits the description, so the field can be read.
        unsafe { load_bytes(self.place(path).expose_provenance() as u64, len) }
    }
}
