//! Trampolines and thunks, shared by shape.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::c_void;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use crate::abi::Abi;
use crate::compile::Compiler;
use crate::debug::Name;
use crate::error::JitError;
use crate::fork;
use crate::lower::callback::Incoming;
use crate::lower::shape::Shape;
use crate::lower::shim::Shim;
use crate::lower::signature::Outgoing;
use crate::lower::{Options, slots};
use crate::memory::{Code, Linker};
use crate::plan::Return;
use crate::signature::Signature;
use crate::thunk::Thunk;

/// The compiled form of the `slots` entry.
///
/// * `target`: the C function to call.
/// * `args`: as many slots as the function has parameters.
/// * `result`: one slot for a scalar; for an aggregate as many bytes as it has, aligned as its type is if the convention
///   returns it in memory; not touched for `void`. It may overlap the arguments.
/// * `errno`: where to write `errno` if the trampoline was compiled with [`Options::capture_errno`]; else not touched.
///
/// # Safety
///
/// `target` must be a function of the signature that the trampoline was compiled for, in the host's C convention; the slots
/// must be canonical for their types, and the addresses in them valid for what the function does with them.
pub type SlotsEntry =
    unsafe extern "C-unwind" fn(target: *const c_void, args: *const u64, result: *mut u64, errno: *mut i32);

/// The signature compiler with the code it made.
///
/// The code of a [`Trampoline`] lives as long as one that uses it, that of a [`Thunk`] as long as the process.
pub struct Jit {
    state: Mutex<State>,
}

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

struct State {
    compiler: Compiler,
    linker: Linker,
    trampolines: Shared<Shape>,
    thunks: HashMap<Shape, &'static Thunk>,
    shims: Shared<Shim>,
}

impl State {
    fn new() -> Result<Self, JitError> {
        let compiler = Compiler::new()?;
        let linker = Linker::new(compiler.isa().clone());
        Ok(Self { compiler, linker, trampolines: Shared::new(), thunks: HashMap::new(), shims: Shared::new() })
    }
}

/// Code of the host's convention for calling functions of one shape.
#[derive(Clone)]
pub struct Trampoline {
    code: Arc<Code>,
    entry: SlotsEntry,
    returns_in_memory: bool,
}

impl Jit {
    /// A compiler with nothing compiled.
    ///
    /// # Errors
    ///
    /// The code generator does not know this machine.
    pub fn new() -> Result<Self, JitError> {
        Ok(Self { state: Mutex::new(State::new()?) })
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, JitError> {
        self.state.lock().or_else(|poisoned| {
            // A panic in the code generator left it in an unknown state. What was compiled before lives on in its users.
            let mut state = poisoned.into_inner();
            *state = State::new()?;
            self.state.clear_poison();
            Ok(state)
        })
    }

    /// What there is of this compiler's code now.
    ///
    /// # Errors
    ///
    /// The code generator does not know this machine.
    pub fn stats(&self) -> Result<Stats, JitError> {
        let _no_fork = fork::hold_off();
        let state = self.state()?;
        let State { linker, trampolines, thunks, .. } = &*state;
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        let counters = linker.counters();
        let mut stats = Stats {
            trampolines: trampolines.live(),
            thunks: thunks.len(),
            functions: count(&counters.functions),
            code_bytes: count(&counters.code_bytes),
            mapped_bytes: count(&counters.mapped_bytes),
            callbacks: 0,
            retired_callbacks: 0,
        };
        for thunk in thunks.values() {
            let (bound, retired) = thunk.count_stubs();
            stats.callbacks += bound;
            stats.retired_callbacks += retired;
        }
        Ok(stats)
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

    /// The trampoline for functions of this signature, compiled unless there is one of the same shape.
    ///
    /// # Errors
    ///
    /// The machine's convention is unknown, the signature exceeds a limit, or there is no memory for code.
    pub fn slots(&self, signature: &Signature, options: Options) -> Result<Trampoline, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = slots::normalise(signature, abi.plan(signature)?);
        let returns_in_memory = matches!(plan.ret, Return::Hidden { .. });
        let shape = Shape::slots(abi, &plan, options);
        let _no_fork = fork::hold_off();
        let mut state = self.state()?;
        let State { compiler, linker, trampolines, shims, .. } = &mut *state;
        let code = trampolines.get_or_make(shape, || {
            let outgoing = Outgoing::of(abi, &plan);
            let shim = match outgoing.shim {
                None => None,
                Some(shim) => Some(shims.get_or_make(shim, || linker.assembled("shim", shim.code()))?),
            };
            let compiled = compiler.slots(&plan, &outgoing, options, shim.as_deref().map(Code::entry))?;
            linker.link(&Name::slots(signature, options.capture_errno), &compiled, shim)
        })?;
        Ok(Trampoline::new(code, returns_in_memory))
    }

    /// The thunk for callbacks of this signature, compiled unless there is one of the same shape. It is never freed.
    ///
    /// # Errors
    ///
    /// The signature is variadic; else as for [`Jit::slots`].
    pub fn thunk(&self, signature: &Signature) -> Result<&'static Thunk, JitError> {
        if signature.first_variadic().is_some() {
            return Err(JitError::VariadicCallback);
        }
        let abi = Abi::host().ok_or(JitError::Host)?;
        let incoming = Incoming::of(abi, signature, abi.plan(signature)?);
        let shape = Shape::thunk(abi, &incoming);
        let _no_fork = fork::hold_off();
        let mut state = self.state()?;
        let State { compiler, linker, thunks, .. } = &mut *state;
        match thunks.entry(shape) {
            Entry::Occupied(entry) => Ok(entry.get()),
            Entry::Vacant(entry) => {
                let code = linker.link(&Name::thunk(signature), &compiler.thunk(&incoming)?, None)?;
                Ok(entry.insert(Box::leak(Box::new(Thunk::new(&incoming, Arc::new(code))))))
            }
        }
    }
}

impl Trampoline {
    fn new(code: Arc<Code>, returns_in_memory: bool) -> Self {
        // SAFETY: the code was compiled as a function of this type, and it is kept as long as the pointer.
        let entry = unsafe { std::mem::transmute::<*const u8, SlotsEntry>(code.entry()) };
        Self { code, entry, returns_in_memory }
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

    /// The machine code.
    pub fn code(&self) -> &[u8] {
        self.code.bytes()
    }
}

/// Code by what it depends on, as long as it is used.
struct Shared<K> {
    code: HashMap<K, Weak<Code>>,
    /// The number of entries at which dead ones are removed; doubled so that this costs little for each insertion.
    sweep_at: usize,
}

impl<K: Eq + Hash> Shared<K> {
    fn new() -> Self {
        Self { code: HashMap::new(), sweep_at: 64 }
    }

    fn live(&self) -> usize {
        self.code.values().filter(|code| code.strong_count() > 0).count()
    }

    fn get_or_make(&mut self, key: K, make: impl FnOnce() -> Result<Code, JitError>) -> Result<Arc<Code>, JitError> {
        if self.code.len() >= self.sweep_at {
            self.code.retain(|_, code| code.strong_count() > 0);
            self.sweep_at = (self.code.len() * 2).max(64);
        }
        match self.code.entry(key) {
            Entry::Occupied(mut entry) => {
                if let Some(code) = entry.get().upgrade() {
                    return Ok(code);
                }
                let code = Arc::new(make()?);
                entry.insert(Arc::downgrade(&code));
                Ok(code)
            }
            Entry::Vacant(entry) => {
                let code = Arc::new(make()?);
                entry.insert(Arc::downgrade(&code));
                Ok(code)
            }
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
        f.debug_struct("Trampoline").field("code", &self.code().as_ptr_range()).finish()
    }
}
