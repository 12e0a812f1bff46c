//! Trampolines and thunks, shared by shape.

use std::ffi::c_void;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::abi::Abi;
use crate::debug::Name;
use crate::error::JitError;
use crate::fork;
use crate::generator::{Code, Generator};
use crate::plan::{Plan, ResultForm, Return};
use crate::shape::{self, CallbackPlan, Options, Shape};
use crate::shared::{Life, Shared};
use crate::signature::Signature;
use crate::thunk::{Thunk, ThunkCode};
use crate::universal::incoming::Incoming;
use crate::universal::outgoing::Universal;

/// A trampoline as a function: the `slots` entry.
///
/// * `target`: the C function to call.
/// * `args`: as many slots as the function has parameters.
/// * `result`: one slot for a scalar; for an aggregate as many bytes as it has, aligned as its type is if the convention
///   returns it in memory; not touched for `void`. It may overlap the arguments.
/// * `errno`: where to write `errno` if the trampoline was made with [`Options::capture_errno`]; else not touched.
///
/// # Safety
///
/// `target` must be a function of the signature that the trampoline was made for, in the host's C convention; the slots
/// must be canonical for their types, and the addresses in them valid for what the function does with them.
pub type SlotsEntry =
    unsafe extern "C-unwind" fn(target: *const c_void, args: *const u64, result: *mut u64, errno: *mut i32);

/// The signature compiler with the code it made.
///
/// The code of a [`Trampoline`] lives as long as one that uses it, that of a [`Thunk`] as long as the process.
///
/// Where code cannot be generated, because the feature `cranelift` is off or the system refuses memory for code, trampolines
/// and thunks are *universal*: they read the plan of a call each time. They behave as generated ones, take some
/// times as long, and are limited in number: a shape's trampolines take one of 2,048 addresses that are part of the
/// program, and so does each callback.
pub struct Jit {
    /// `None`: everything is universal.
    generator: Option<Generator>,
    trampolines: Shared<Shape, SlotsCode>,
    thunks: Shared<Shape, Leaked>,
}

/// A thunk for ever.
struct Leaked(&'static Thunk);

/// What a [`Jit`] has made and still has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Shapes of calls that have code.
    pub trampolines: usize,
    /// Shapes of callbacks that have code.
    pub thunks: usize,
    /// Functions in code memory: trampolines, thunks, and the shims of variadic calls.
    pub functions: usize,
    /// Their bytes.
    pub code_bytes: usize,
    /// Bytes of memory for code, what is not filled included. Where it is mapped twice it counts once.
    pub mapped_bytes: usize,
    /// Callbacks that are bound to a handler.
    pub callbacks: usize,
    /// Stubs that are bound to none: of callbacks that were closed, or that are yet to come.
    pub retired_callbacks: usize,
}

/// What calls functions of one shape.
#[derive(Clone)]
pub struct Trampoline {
    code: Arc<SlotsCode>,
    entry: SlotsEntry,
    returns_in_memory: bool,
    result: ResultForm,
}

enum SlotsCode {
    Generated(Code),
    Universal(Universal),
}

impl Jit {
    /// A compiler with nothing compiled.
    ///
    /// # Errors
    ///
    /// The machine's convention is unknown, to the code generator or to hotcall.
    pub fn new() -> Result<Self, JitError> {
        Abi::host().ok_or(JitError::Host)?;
        Ok(Self::with(Generator::new()?))
    }

    /// One that never generates code: all its trampolines and thunks are universal.
    ///
    /// # Errors
    ///
    /// The machine's convention is unknown.
    pub fn universal() -> Result<Self, JitError> {
        Abi::host().ok_or(JitError::Host)?;
        Ok(Self::with(None))
    }

    fn with(generator: Option<Generator>) -> Self {
        Self { generator, trampolines: Shared::new(), thunks: Shared::new() }
    }

    /// What there is of this compiler's code now.
    pub fn stats(&self) -> Stats {
        let _no_fork = fork::hold_off();
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        let mut stats = Stats { trampolines: self.trampolines.live().len(), ..Stats::default() };
        if let Some(counters) = self.generator.as_ref().map(Generator::counters) {
            stats.functions = count(&counters.functions);
            stats.code_bytes = count(&counters.code_bytes);
            stats.mapped_bytes = count(&counters.mapped_bytes);
        }
        for thunk in self.thunks.live() {
            let (bound, retired) = thunk.0.count_stubs();
            stats.thunks += 1;
            stats.callbacks += bound;
            stats.retired_callbacks += retired;
        }
        stats
    }

    /// The compiler that the process shares.
    ///
    /// # Errors
    ///
    /// As for [`Jit::new`].
    pub fn shared() -> Result<&'static Self, JitError> {
        static SHARED: OnceLock<Jit> = OnceLock::new();
        if let Some(jit) = SHARED.get() {
            return Ok(jit);
        }
        let _no_fork = fork::hold_off();
        let jit = Self::new()?;
        Ok(SHARED.get_or_init(|| jit))
    }

    pub(crate) const fn generator(&self) -> Option<&Generator> {
        self.generator.as_ref()
    }

    /// The trampoline for functions of this signature, made unless there is one of the same shape.
    ///
    /// # Errors
    ///
    /// The machine's convention is unknown, the signature exceeds a limit, or code is not generated and no address is left.
    pub fn slots(&self, signature: &Signature, options: Options) -> Result<Trampoline, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let (returns_in_memory, result) = (matches!(plan.ret, Return::Hidden { .. }), plan.ret.form());
        let plan = shape::slots_plan(signature, plan);
        let shape = Shape::slots(abi, &plan, options);
        let _no_fork = fork::hold_off();
        let make = || {
            let name = Name::slots(signature, options.capture_errno);
            SlotsCode::new(self.generator.as_ref(), &name, abi, &plan, options)
        };
        let code = self.trampolines.get_or_make(shape, Life::Used, make)?;
        Ok(Trampoline::new(code, returns_in_memory, result))
    }

    /// The thunk for callbacks of this signature, made unless there is one of the same shape. It is never freed.
    ///
    /// # Errors
    ///
    /// The signature is variadic; else as for [`Jit::slots`].
    pub fn thunk(&self, signature: &Signature) -> Result<&'static Thunk, JitError> {
        if signature.first_variadic().is_some() {
            return Err(JitError::VariadicCallback);
        }
        let abi = Abi::host().ok_or(JitError::Host)?;
        let callback = CallbackPlan::of(signature, abi.plan(signature)?);
        let shape = Shape::thunk(abi, &callback);
        let _no_fork = fork::hold_off();
        let make = || {
            let code = thunk_code(self.generator.as_ref(), &Name::thunk(signature), abi, &callback)?;
            let universal = Box::leak(Box::new(Incoming::of(&callback)));
            Ok(Leaked(Box::leak(Box::new(Thunk::new(&callback.plan, code, universal)))))
        };
        self.thunks.get_or_make(shape, Life::Kept, make).map(|thunk| thunk.0)
    }
}

impl SlotsCode {
    /// Code for the plan if it can be generated.
    fn new(
        generator: Option<&Generator>,
        name: &Name,
        abi: Abi,
        plan: &Plan,
        options: Options,
    ) -> Result<Self, JitError> {
        match generator.map(|generator| generator.slots(name, abi, plan, options)) {
            None | Some(Err(JitError::Memory(_))) => Universal::new(plan, options).map(Self::Universal),
            Some(code) => code.map(Self::Generated),
        }
    }

    fn entry(&self) -> *const u8 {
        match self {
            Self::Generated(code) => code.entry(),
            Self::Universal(universal) => universal.entry(),
        }
    }
}

/// Code for the thunk if it can be generated.
fn thunk_code(
    generator: Option<&Generator>,
    name: &Name,
    abi: Abi,
    callback: &CallbackPlan,
) -> Result<Option<ThunkCode>, JitError> {
    match generator.map(|generator| generator.thunk(name, abi, callback)) {
        None | Some(Err(JitError::Memory(_))) => Ok(None),
        Some(code) => code.map(Some),
    }
}

impl Trampoline {
    fn new(code: Arc<SlotsCode>, returns_in_memory: bool, result: ResultForm) -> Self {
        // SAFETY: the code is a function of this type, and it is kept as long as the pointer.
        let entry = unsafe { std::mem::transmute::<*const u8, SlotsEntry>(code.entry()) };
        Self { code, entry, returns_in_memory, result }
    }

    /// The function to call with a target, slots and a result; valid as long as this trampoline or a clone of it lives.
    #[inline]
    pub const fn entry(&self) -> SlotsEntry {
        self.entry
    }

    /// Whether the function writes the result to `result` itself, which must then be aligned as the result's type is.
    pub const fn returns_in_memory(&self) -> bool {
        self.returns_in_memory
    }

    /// What is written to `result`.
    pub const fn result(&self) -> ResultForm {
        self.result
    }

    /// The machine code, none of which is generated for a universal trampoline.
    pub fn code(&self) -> &[u8] {
        match &*self.code {
            SlotsCode::Generated(code) => code.bytes(),
            SlotsCode::Universal(_) => &[],
        }
    }
}

impl fmt::Debug for Jit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jit").finish_non_exhaustive()
    }
}

impl fmt::Debug for Trampoline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trampoline").field("entry", &self.entry).field("code", &self.code().len()).finish()
    }
}

#[cfg(all(test, feature = "cranelift", target_arch = "x86_64", not(windows)))]
mod tests {
    use std::ptr;

    use super::*;
    use crate::Use;
    use crate::types::Type;

    extern "C-unwind" fn join(high: i32, low: u8) -> i64 {
        i64::from(high) << 8 | i64::from(low)
    }

    unsafe extern "C-unwind" fn handle(context: *mut c_void, args: *const u64, result: *mut u64) {
        // SAFETY: the context is the trampoline, and its signature that of the thunk.
        unsafe { ((*context.cast::<Trampoline>()).entry())(join as *const c_void, args, result, ptr::null_mut()) };
    }

    #[test]
    fn without_memory_for_code_all_is_universal() {
        let jit = Jit::with(Some(Generator::without_memory()));
        let signature = Signature::new([Type::I32, Type::U8], Type::I64).unwrap();
        let mut trampoline = jit.slots(&signature, Options::default()).unwrap();
        // A shim needs memory too.
        let variadic = Signature::variadic([Type::I32, Type::I32], 1, None).unwrap();
        assert!(jit.slots(&variadic, Options::default()).unwrap().code().is_empty());
        let thunk = jit.thunk(&signature).unwrap();
        assert!(trampoline.code().is_empty() && thunk.code().is_empty());

        let stub = thunk.stubs(Use::Plain).take().unwrap();
        let mut result = 0;
        // SAFETY: the trampoline lives as long as the stub is called; both have this signature.
        unsafe {
            stub.bind(handle, (&raw mut trampoline).cast());
            (trampoline.entry())(stub.entry(), [-2i64 as u64, 0xff].as_ptr(), &mut result, ptr::null_mut());
            stub.retire();
            thunk.stubs(Use::Plain).give_back(stub);
        }
        assert_eq!(result as i64, -257);
    }
}
