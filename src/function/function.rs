//! A C function that can be called: its compiled trampoline, its address, and the library that holds it.

use std::ffi::c_void;
use std::fmt;
use std::mem;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotcall_jit::engine::fast_call::{FastCallHelpers, FastCallModel};
use hotcall_jit::{FastCall, Jit, JitError, Signature, SlotsEntry};

use super::error::{CallError, CompileError, FunctionError};
use super::options::FunctionOptions;
use super::prototype::Prototype;
use crate::library::mapping::Mapping;

/// A C function with a signature, ready to be called from any thread.
///
/// Clones are cheap. A function keeps its code and its library. It may outlive the [`Library`](crate::Library) it came
/// from, but refuses calls after that was closed.
///
/// [`Function::call`] takes [values](crate::Value), compares them with the signature, and returns a value. Structs and
/// unions are passed as their bytes:
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use hotcall::{Library, Member, Signature, Type, Value};
///
/// let pair = Type::structure([("quot", Type::I32), ("rem", Type::I32)])?.named("div_t");
/// let signature = Signature::new([Type::I32, Type::I32], pair.clone())?;
/// // SAFETY: libc is loaded already.
/// let libc = unsafe { Library::open("libc.so.6") }?;
/// let div = libc.function("div", &signature)?;
/// // SAFETY: this is div's signature.
/// let result: Vec<u8> = unsafe { div.call(&[17.into(), 5.into()]) }?.try_into()?;
/// assert_eq!(Member::at(&pair, "quot")?.read(&result)?, Value::I32(3));
/// assert_eq!(Member::at(&pair, "rem")?.read(&result)?, Value::I32(2));
/// # Ok(())
/// # }
/// # #[cfg(not(target_os = "linux"))]
/// # fn main() {}
/// ```
///
/// A runtime that compares arguments with the signature itself passes [slots](crate::Slot), which is faster: see
/// [`Function::call_slots`] and [`Function::call_unchecked`]. A slot does not know its type. An integer in the slot of
/// a `double` is another number for C.
#[repr(C)]
pub struct Function {
    // The fields that a call needs come first, so that it takes two loads from one cache line.
    /// The [`SlotsEntry`], or null as long as there is no code.
    entry: AtomicPtr<()>,
    pub(super) target: NonNull<c_void>,
    pub(super) state: Arc<FunctionState>,
}

/// The rest of a function, besides its code and its address. Clones share it.
pub(super) struct FunctionState {
    /// Keeps the code alive.
    pub(super) prototype: Arc<Prototype>,
    /// The signature as declared, if it says more about pointers than the prototype's does.
    told: Option<Box<Signature>>,
    /// Keeps `target` mapped, unless it was given as an address.
    library: Option<Arc<Mapping>>,
    name: Arc<str>,
    pub(super) capture_errno: bool,
}

// SAFETY: the target is code, which any thread may jump to and none writes to. Everything else is `Send` and `Sync`.
unsafe impl Send for Function {}
// SAFETY: nothing writes to the target, which is code. Everything else is `Sync`.
unsafe impl Sync for Function {}

impl Function {
    /// A function at an address, such as a function pointer that C returned. `name` is for messages.
    ///
    /// # Errors
    ///
    /// The address is null, or no code can be made for the signature.
    ///
    /// # Safety
    ///
    /// A function stays at the address as long as this value or a clone of it is called.
    pub unsafe fn from_address(
        name: &str,
        address: *const c_void,
        signature: &Signature,
        options: FunctionOptions,
    ) -> Result<Self, FunctionError> {
        let address = NonNull::new(address.cast_mut()).ok_or_else(|| FunctionError::Null { function: name.into() })?;
        Self::new(name.into(), address, signature, options, None)
    }

    pub(crate) fn new(
        name: Arc<str>,
        target: NonNull<c_void>,
        signature: &Signature,
        options: FunctionOptions,
        library: Option<Arc<Mapping>>,
    ) -> Result<Self, FunctionError> {
        let prototype = Prototype::of(&name, signature)?;
        Self::of_prototype(name, target, (prototype, signature), options, library)
    }

    /// A function with the prototype of its signature.
    pub(crate) fn of_prototype(
        name: Arc<str>,
        target: NonNull<c_void>,
        (prototype, signature): (Arc<Prototype>, &Signature),
        options: FunctionOptions,
        library: Option<Arc<Mapping>>,
    ) -> Result<Self, FunctionError> {
        let FunctionOptions { capture_errno, lazy } = options;
        let tells_more = !signature.tells_as(prototype.signature());
        let told = tells_more.then(|| Box::new(signature.clone()));
        let state = FunctionState { prototype, told, library, name, capture_errno };
        let function = Self { entry: AtomicPtr::default(), target, state: Arc::new(state) };
        if !lazy {
            function.compile()?;
        }
        Ok(function)
    }

    /// Compiles the code, unless that is done, so that no call compiles it.
    ///
    /// # Errors
    ///
    /// Memory for code is missing.
    pub fn compile(&self) -> Result<(), CompileError> {
        self.entry()?;
        if self.state.capture_errno {
            self.entry_with_errno()?;
        }
        Ok(())
    }

    /// The name of the symbol, or the name that was given for an address.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// The prototype, which functions of equal signatures share.
    pub(crate) fn prototype(&self) -> &Arc<Prototype> {
        &self.state.prototype
    }

    /// The function that an engine's compiled code calls, as this model says, compiled or not.
    pub(crate) fn fast_call(&self, model: &FastCallModel, helpers: FastCallHelpers) -> Result<FastCall, JitError> {
        Jit::shared()?.uncompiled_fast_call(self.signature(), model, helpers)
    }

    /// The signature, with everything that its declaration says about pointers.
    pub fn signature(&self) -> &Signature {
        self.state.signature()
    }

    /// The library that keeps the address mapped.
    pub(crate) fn library(&self) -> Option<&Mapping> {
        self.state.library.as_deref()
    }

    /// Compiles what engines call.
    #[cfg(feature = "conformance")]
    pub(crate) fn compile_for_engines(&self) -> Result<(), JitError> {
        self.state.prototype.compile_for_engines()
    }

    /// The number of clones, including this one.
    #[cfg(feature = "conformance")]
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.state)
    }

    /// The address of the C function.
    pub const fn address(&self) -> *const c_void {
        self.target.as_ptr()
    }

    /// The compiled code, which lives as long as the function. [`Function::call_unchecked`] calls it with the
    /// [address](Function::address) as its target. A lazy function is compiled now, unless it is compiled already.
    ///
    /// # Errors
    ///
    /// Memory for code is missing.
    #[inline]
    pub fn entry(&self) -> Result<SlotsEntry, CompileError> {
        match self.ready() {
            Some(entry) => Ok(entry),
            None => self.compiled(),
        }
    }

    #[inline]
    fn ready(&self) -> Option<SlotsEntry> {
        let entry = self.entry.load(Ordering::Acquire);
        // SAFETY: a pointer that is not null is a `SlotsEntry`, whose code the prototype keeps.
        (!entry.is_null()).then(|| unsafe { mem::transmute::<*mut (), SlotsEntry>(entry) })
    }

    /// The entry for a call now. The first calls of a lazy function get one that is not compiled.
    #[inline]
    pub(super) fn entry_for_a_call(&self) -> Result<SlotsEntry, CompileError> {
        match self.ready() {
            Some(entry) => Ok(entry),
            None => self.first_call(),
        }
    }

    #[cold]
    fn first_call(&self) -> Result<SlotsEntry, CompileError> {
        let (entry, for_good) = self.state.prototype.entry_for_a_call(&self.state.name)?;
        if for_good {
            self.entry.store(entry as *mut (), Ordering::Release);
        }
        Ok(entry)
    }

    #[cold]
    fn compiled(&self) -> Result<SlotsEntry, CompileError> {
        let entry = self.state.prototype.entry(&self.state.name)?;
        self.entry.store(entry as *mut (), Ordering::Release);
        Ok(entry)
    }

    /// The compiled code that also captures errno in its last parameter, for a runtime's own fast paths. It is compiled
    /// at the first use.
    ///
    /// # Errors
    ///
    /// The errors of making code.
    pub fn entry_with_errno(&self) -> Result<SlotsEntry, CompileError> {
        self.state.prototype.entry_with_errno(&self.state.name)
    }

    /// Returns true if prepared calls capture errno.
    pub fn captures_errno(&self) -> bool {
        self.state.capture_errno
    }
}

impl FunctionState {
    pub(super) fn signature(&self) -> &Signature {
        self.told.as_deref().unwrap_or_else(|| self.prototype.signature())
    }

    /// The name, as errors keep it.
    pub(super) fn name(&self) -> Box<str> {
        (*self.name).into()
    }

    /// Checks that the library is open and that each parameter has an argument.
    #[inline]
    pub(super) fn check_open_and_count(&self, given: usize) -> Result<(), CallError> {
        if let Some(library) = &self.library {
            library.check_open()?;
        }
        let expected = self.prototype.signature().params().len();
        if given != expected {
            return Err(CallError::ArgumentCount { function: self.name(), expected, given });
        }
        Ok(())
    }
}

impl Clone for Function {
    fn clone(&self) -> Self {
        let entry = AtomicPtr::new(self.entry.load(Ordering::Acquire));
        Self { entry, target: self.target, state: Arc::clone(&self.state) }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({}{} at {:p})", self.name(), self.signature(), self.target)
    }
}
