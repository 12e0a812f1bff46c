//! A C function that can be called: its compiled trampoline, its address, and what keeps both alive.

mod checked;

use std::ffi::c_void;
use std::fmt;
use std::mem;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotcall_jit::engine::fast_call::{Helpers, FastCallModel};
use hotcall_jit::engine::values::EngineAbi;
use hotcall_jit::{Extent, JitError, Natives, Signature, Typed, Values};

use crate::code::Entry;
use crate::errno;
use crate::error::Error;
use crate::library::Mapping;
use crate::owned_args::Aligned;
use crate::owned_call::OwnedCall;
use crate::prototype::{Prototype, ResultKind};
use crate::slot::Slot;

/// Choices when a function is made.
///
/// ```
/// use hotcall::FunctionOptions;
///
/// let options = FunctionOptions::new().lazy(true);
/// assert!(options.lazy && !options.capture_errno);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct FunctionOptions {
    /// Whether [prepared](Function::prepare) calls capture errno. Compiles the code of [`Function::call_errno`] at once
    /// instead of at its first use, unless the function is lazy.
    pub capture_errno: bool,
    /// Whether the function is compiled when it has been called often enough for that to pay, or when its code is asked for,
    /// instead of at once. What cannot be compiled because of a limit is an error at once all the same.
    pub lazy: bool,
}

impl FunctionOptions {
    /// The defaults: the function is compiled at once, and prepared calls do not capture errno.
    pub const fn new() -> Self {
        Self { capture_errno: false, lazy: false }
    }

    /// Sets whether [prepared](Function::prepare) calls capture errno.
    pub const fn capture_errno(self, capture_errno: bool) -> Self {
        Self { capture_errno, ..self }
    }

    /// Sets whether the function is compiled when that pays, instead of at once.
    pub const fn lazy(self, lazy: bool) -> Self {
        Self { lazy, ..self }
    }
}

/// A C function with a signature, ready to be called from any thread.
///
/// Clones are cheap. A function keeps its code and its library: it may outlive the [`Library`](crate::Library) it came
/// from, and refuses calls once that was closed.
///
/// [`Function::call`] takes [values](crate::Value), compares them with the signature, and returns one. Structs and unions are their
/// bytes:
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
/// A runtime that has compared arguments with the signature itself passes [slots](Slot), which is faster
/// ([`Function::call_slots`] and its kin; [`Function::call_unchecked`]). A slot does not know its type: an integer where the
/// signature has a `double` is another number for C.
#[repr(C)]
pub struct Function {
    // What a call needs comes first, so that it takes two loads from one cache line.
    /// The [`Entry`], or null as long as there is no code.
    entry: AtomicPtr<()>,
    target: NonNull<c_void>,
    shared: Arc<Shared>,
}

/// What a function has besides its code and its address.
struct Shared {
    /// Keeps the code alive.
    prototype: Arc<Prototype>,
    /// The signature as declared, unless the prototype's tells the same of its pointers.
    told: Option<Box<Signature>>,
    /// Keeps `target` mapped, unless it was given as an address.
    library: Option<Arc<Mapping>>,
    name: Arc<str>,
    capture_errno: bool,
}

// SAFETY: the target is code, which any thread may jump to and none writes to; everything else is `Send` and `Sync`.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Function {
    /// A function at an address, such as a function pointer that C returned. `name` is for messages.
    ///
    /// # Errors
    ///
    /// The address is null; no code can be made for the signature.
    ///
    /// # Safety
    ///
    /// The address stays that of a function as long as this or a clone of it is called.
    pub unsafe fn from_address(
        name: &str,
        address: *const c_void,
        signature: &Signature,
        options: FunctionOptions,
    ) -> Result<Self, Error> {
        let address = NonNull::new(address.cast_mut()).ok_or_else(|| Error::NullFunction { function: name.into() })?;
        Self::new(name.into(), address, signature, options, None)
    }

    pub(crate) fn new(
        name: Arc<str>,
        target: NonNull<c_void>,
        signature: &Signature,
        options: FunctionOptions,
        library: Option<Arc<Mapping>>,
    ) -> Result<Self, Error> {
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
    ) -> Result<Self, Error> {
        let FunctionOptions { capture_errno, lazy } = options;
        let tells_more = !signature.tells_as(prototype.signature());
        let told = tells_more.then(|| Box::new(signature.clone()));
        let shared = Shared { prototype, told, library, name, capture_errno };
        let function = Self { entry: AtomicPtr::default(), target, shared: Arc::new(shared) };
        if !lazy {
            function.compile()?;
        }
        Ok(function)
    }

    /// Compiles the code, unless that is done, so that no call has to.
    ///
    /// # Errors
    ///
    /// There is no memory for code.
    pub fn compile(&self) -> Result<(), Error> {
        self.entry()?;
        if self.shared.capture_errno {
            self.entry_with_errno()?;
        }
        Ok(())
    }

    /// The symbol's name, or what was given for it.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// What engines of this kind call.
    pub(crate) fn values(&self, engine: &EngineAbi) -> Result<Values, JitError> {
        self.shared.prototype.values(engine)
    }

    /// What compiled code of an engine calls as this model says.
    pub(crate) fn typed(&self, model: &FastCallModel, helpers: Helpers) -> Result<Typed, JitError> {
        Natives::shared()?.typed(self.signature(), model, helpers)
    }

    /// The signature, with all that its declaration tells of pointers.
    pub fn signature(&self) -> &Signature {
        self.shared.told.as_deref().unwrap_or_else(|| self.shared.prototype.signature())
    }

    /// What keeps the address mapped.
    pub(crate) fn library(&self) -> Option<&Mapping> {
        self.shared.library.as_deref()
    }

    /// How many clones there are, this one included.
    #[cfg(feature = "conformance")]
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.shared)
    }

    /// The address of the C function.
    pub const fn address(&self) -> *const c_void {
        self.target.as_ptr()
    }

    /// The compiled code, which lives as long as the function: what [`Function::call_unchecked`] calls with the
    /// [address](Function::address) as its target. Compiled now if the function is lazy and was not called before.
    ///
    /// # Errors
    ///
    /// There is no memory for code.
    #[inline]
    pub fn entry(&self) -> Result<Entry, Error> {
        match self.ready() {
            Some(entry) => Ok(entry),
            None => self.compiled(),
        }
    }

    #[inline]
    fn ready(&self) -> Option<Entry> {
        let entry = self.entry.load(Ordering::Acquire);
        // SAFETY: what is not null is an `Entry`, whose code the prototype keeps.
        (!entry.is_null()).then(|| unsafe { mem::transmute::<*mut (), Entry>(entry) })
    }

    /// What makes a call now: for the first calls of a lazy function something that need not be compiled.
    #[inline]
    fn entry_for_a_call(&self) -> Result<Entry, Error> {
        match self.ready() {
            Some(entry) => Ok(entry),
            None => self.first_call(),
        }
    }

    #[cold]
    fn first_call(&self) -> Result<Entry, Error> {
        let (entry, for_good) = self.shared.prototype.entry_for_a_call(&self.shared.name)?;
        if for_good {
            self.entry.store(entry as *mut (), Ordering::Release);
        }
        Ok(entry)
    }

    #[cold]
    fn compiled(&self) -> Result<Entry, Error> {
        let entry = self.shared.prototype.entry(&self.shared.name)?;
        self.entry.store(entry as *mut (), Ordering::Release);
        Ok(entry)
    }

    /// The compiled code that also captures errno in its last parameter, for fast paths of their own; compiled at the first
    /// use.
    ///
    /// # Errors
    ///
    /// Those of making code.
    pub fn entry_with_errno(&self) -> Result<Entry, Error> {
        self.shared.prototype.entry_with_errno(&self.shared.name)
    }

    /// Whether prepared calls capture errno.
    pub fn captures_errno(&self) -> bool {
        self.shared.capture_errno
    }

    /// The slot for a struct or union argument: the address of these bytes, which must live until the call returns.
    ///
    /// # Errors
    ///
    /// The parameter is no struct or union; its size is not the length.
    pub fn aggregate(&self, index: usize, bytes: &[u8]) -> Result<Slot, Error> {
        let shared = &*self.shared;
        let found = shared.prototype.aggregates().iter().find(|&&(at, _)| usize::from(at) == index);
        let (Some(&(_, size)), Some(ty)) = (found, self.signature().params().get(index)) else {
            return Err(Error::NotAggregate { function: shared.name(), index });
        };
        if bytes.len() != size as usize {
            return Err(Error::AggregateLength {
                function: shared.name(),
                index,
                ty: ty.clone(),
                expected: size as usize,
                given: bytes.len(),
            });
        }
        Ok(bytes.as_ptr().into())
    }

    /// Calls the function with arguments in slots, whose types nothing compares with the signature. The result is a scalar or
    /// `void` (an empty slot).
    ///
    /// ```
    /// # #[cfg(target_os = "linux")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::{Library, Signature, Type};
    ///
    /// // SAFETY: loading libm runs no code that could do harm.
    /// let libm = unsafe { Library::open("libm.so.6") }?;
    /// let pow = libm.function("pow", &Signature::new([Type::F64, Type::F64], Type::F64)?)?;
    /// // SAFETY: this is pow's signature, and these are slots of its types.
    /// assert_eq!(unsafe { pow.call_slots(&[2.0.into(), 10.0.into()]) }?.as_f64(), 1024.0);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(target_os = "linux"))]
    /// # fn main() {}
    /// ```
    ///
    /// C++ exceptions and panics of `extern "C-unwind"` functions pass through.
    ///
    /// # Errors
    ///
    /// Before the call: the library is closed, the number of arguments is wrong, the slot of a struct is null, or the
    /// result is a struct or union.
    ///
    /// # Safety
    ///
    /// * The function has this signature, and calling it with these arguments, on this thread, is sound.
    /// * The slots are in the canonical form of their parameters' types.
    /// * The slots of structs and unions are addresses of as many bytes as they have.
    pub unsafe fn call_slots(&self, args: &[Slot]) -> Result<Slot, Error> {
        self.shared.check(args)?;
        self.shared.check_slot_result()?;
        let entry = self.entry_for_a_call()?;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters.
        Ok(unsafe { self.invoke(entry, args, None) })
    }

    /// [`Function::call_slots`] for a function whose result is a struct or union. The result is written to `result`: as many
    /// bytes as it has, which need no particular alignment and may overlap arguments.
    ///
    /// # Errors
    ///
    /// Before the call: the library is closed, the number of arguments is wrong, the slot of a struct is null, the result
    /// is no struct or union, or `result` has not its length.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`].
    pub unsafe fn call_slots_into(&self, args: &[Slot], result: &mut [u8]) -> Result<(), Error> {
        self.shared.check(args)?;
        let extent = self.shared.check_bytes_result(result.len())?;
        let entry = self.entry_for_a_call()?;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters, the bytes as many as the result.
        unsafe { self.invoke_into(entry, args, result, extent, None) };
        Ok(())
    }

    /// [`Function::call_slots`], and errno straight after: 0 if the function did not touch it.
    ///
    /// # Errors
    ///
    /// Those of [`Function::call_slots`]; at the first use also those of making code.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`].
    pub unsafe fn call_slots_errno(&self, args: &[Slot]) -> Result<(Slot, i32), Error> {
        self.shared.check(args)?;
        self.shared.check_slot_result()?;
        let entry = self.entry_with_errno()?;
        let mut errno = 0;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters.
        let result = unsafe { self.invoke(entry, args, Some(&mut errno)) };
        Ok((result, errno))
    }

    /// [`Function::call_slots_into`], and errno straight after: 0 if the function did not touch it.
    ///
    /// # Errors
    ///
    /// Those of [`Function::call_slots_into`]; at the first use also those of making code.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`].
    pub unsafe fn call_slots_into_errno(&self, args: &[Slot], result: &mut [u8]) -> Result<i32, Error> {
        self.shared.check(args)?;
        let extent = self.shared.check_bytes_result(result.len())?;
        let entry = self.entry_with_errno()?;
        let mut errno = 0;
        // SAFETY: the caller vouches for the call; the slots are as many as the parameters, the bytes as many as the result.
        unsafe { self.invoke_into(entry, args, result, extent, Some(&mut errno)) };
        Ok(errno)
    }

    /// Calls the function without a check: two loads, a test whether it is compiled, and an indirect call of the trampoline.
    ///
    /// For runtimes that know by construction what [`Function::call`] checks, and that keep `args` and `result` in place
    /// from call to call.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`], and:
    /// * `args` has as many slots as the function has parameters, none of a struct or union null.
    /// * `result` is a slot to write a scalar result to, or the address of as many bytes as the struct or union has that is
    ///   returned, aligned as its type is. For `void` it is not touched.
    /// * The library may be closed, since the function keeps it mapped, and calls after closing are then the caller's affair.
    ///
    /// # Panics
    ///
    /// The function is lazy, was not [compiled](Function::compile) before, and there is no memory for code.
    #[inline]
    pub unsafe fn call_unchecked(&self, args: *const Slot, result: *mut Slot) {
        let entry = self.entry().expect("there is memory for the code of a lazy function");
        // SAFETY: the caller vouches for the call; slots are the trampoline's u64; errno is not captured by this code.
        unsafe { entry(self.target.as_ptr(), args.cast(), result.cast(), ptr::null_mut()) }
    }

    /// [`Function::prepare`] with arguments in slots, whose types nothing compares with the signature.
    ///
    /// # Errors
    ///
    /// The library is closed, the number of arguments is wrong, or the slot of a struct is null.
    ///
    /// # Safety
    ///
    /// * That of [`Function::call_slots`], on whichever thread [`OwnedCall::run`] is called, at that time.
    /// * What pointers among the arguments point to, also those inside structs, lives until then.
    pub unsafe fn prepare_slots(&self, args: &[Slot]) -> Result<OwnedCall, Error> {
        self.shared.check(args)?;
        let entry = if self.shared.capture_errno { self.entry_with_errno() } else { self.entry() }?;
        // SAFETY: the caller vouches that the slots of structs and unions are addresses of their bytes.
        Ok(unsafe { OwnedCall::new(self.clone(), entry, args, self.shared.prototype.aggregates()) })
    }

    /// # Safety
    ///
    /// That of [`Function::call_slots`]; the result is not a struct or union; `entry` captures errno if it is asked for.
    unsafe fn invoke(&self, entry: Entry, args: &[Slot], errno: Option<&mut i32>) -> Slot {
        let mut result = Slot::default();
        // SAFETY: the caller vouches for the call.
        unsafe { self.enter(entry, args, (&raw mut result).cast(), errno) };
        result
    }

    /// # Safety
    ///
    /// That of [`Function::call_slots`]; the result is a struct or union of this extent, and `result` has its size; `entry`
    /// captures errno if it is asked for.
    unsafe fn invoke_into(
        &self,
        entry: Entry,
        args: &[Slot],
        result: &mut [u8],
        extent: Extent,
        errno: Option<&mut i32>,
    ) {
        // C may write to the result's memory as its type is aligned; the trampoline itself writes anywhere.
        let aligned = result.as_ptr().addr().is_multiple_of(extent.align.into());
        if aligned || !self.shared.prototype.returns_in_memory() {
            // SAFETY: the caller vouches for the call and for the length of the result, which is aligned as it needs be.
            return unsafe { self.enter(entry, args, result.as_mut_ptr().cast(), errno) };
        }
        let mut aligned = vec![Aligned([0; 16]); result.len().div_ceil(16)];
        let address = aligned.as_mut_ptr().cast::<u8>();
        // SAFETY: the caller vouches for the call; the memory is aligned to 16 bytes, which is the most that a type has, and
        // as long as the result, which it is then copied to. They are different memory.
        unsafe {
            self.enter(entry, args, address.cast(), errno);
            ptr::copy_nonoverlapping(address, result.as_mut_ptr(), result.len());
        }
    }

    /// Calls the trampoline. errno is cleared at the last moment: allocating may set it.
    ///
    /// # Safety
    ///
    /// That of [`Function::call_slots`]; `result` is a place for the result, aligned for a function that writes to it itself;
    /// `entry` captures errno if it is asked for.
    unsafe fn enter(&self, entry: Entry, args: &[Slot], result: *mut u64, errno: Option<&mut i32>) {
        let errno = match errno {
            Some(errno) => {
                errno::clear();
                &raw mut *errno
            }
            None => ptr::null_mut(),
        };
        // SAFETY: the caller vouches for the call; slots are the trampoline's u64.
        unsafe { entry(self.target.as_ptr(), args.as_ptr().cast(), result, errno) }
    }
}

impl Shared {
    /// For errors.
    fn name(&self) -> Box<str> {
        (*self.name).into()
    }

    /// Checks that the library is open and that there is an argument for each parameter.
    #[inline]
    fn check_open_and_count(&self, given: usize) -> Result<(), Error> {
        if let Some(library) = &self.library {
            library.check_open()?;
        }
        let expected = self.prototype.signature().params().len();
        if given != expected {
            return Err(Error::ArgumentCount { function: self.name(), expected, given });
        }
        Ok(())
    }

    /// Checks what every call by slots needs.
    #[inline]
    fn check(&self, args: &[Slot]) -> Result<(), Error> {
        self.check_open_and_count(args.len())?;
        for &(index, _) in self.prototype.aggregates() {
            let index = usize::from(index);
            if args[index].to_bits() == 0 {
                let ty = self.prototype.signature().params()[index].clone();
                return Err(Error::NullAggregate { function: self.name(), index, ty });
            }
        }
        Ok(())
    }

    #[inline]
    fn check_slot_result(&self) -> Result<(), Error> {
        match self.prototype.result() {
            ResultKind::Slot => Ok(()),
            ResultKind::Bytes(_) => self.refuse_aggregate_result(),
        }
    }

    #[cold]
    fn refuse_aggregate_result(&self) -> Result<(), Error> {
        match self.prototype.signature().result() {
            Some(ty) => Err(Error::AggregateResult { function: self.name(), ty: ty.clone() }),
            None => Ok(()),
        }
    }

    #[inline]
    fn check_bytes_result(&self, given: usize) -> Result<Extent, Error> {
        let (ResultKind::Bytes(extent), Some(ty)) = (self.prototype.result(), self.prototype.signature().result())
        else {
            return Err(Error::ScalarResult { function: self.name() });
        };
        let expected = extent.size as usize;
        if given != expected {
            return Err(Error::ResultLength { function: self.name(), ty: ty.clone(), expected, given });
        }
        Ok(extent)
    }
}

impl Clone for Function {
    fn clone(&self) -> Self {
        let entry = AtomicPtr::new(self.entry.load(Ordering::Acquire));
        Self { entry, target: self.target, shared: Arc::clone(&self.shared) }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({}{} at {:p})", self.name(), self.signature(), self.target)
    }
}
