//! Trampolines, shared by key.

use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use crate::c::definitions::Signature;
use crate::code::generator::{self, Generator};
use crate::code::linker::Code;
use crate::code::once_map::{Life, OnceMap};
use crate::convention::abi::Abi;
use crate::convention::plan::Return;
use crate::debug::name::Name;
use crate::entry::slots::key::{Options, SlotsKey};
use crate::error::JitError;
use crate::lock::{HoldOff, hold_off};
use crate::universal::outgoing::UniversalTrampoline;

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

/// What calls functions of one shape.
#[derive(Clone)]
pub struct Trampoline {
    code: Arc<SlotsCode>,
    entry: SlotsEntry,
    returns_in_memory: bool,
}

enum SlotsCode {
    Generated(Code),
    Universal(UniversalTrampoline),
}

/// The trampolines of a compiler.
pub(crate) struct Trampolines {
    generator: Option<Arc<Generator>>,
    code: OnceMap<SlotsKey, SlotsCode>,
}

impl Trampolines {
    pub(crate) fn new(generator: Option<Arc<Generator>>) -> Self {
        Self { generator, code: OnceMap::new() }
    }

    /// The trampoline for functions of this signature, made unless there is one with an equal key.
    pub(crate) fn get(&self, signature: &Signature, options: Options) -> Result<Trampoline, JitError> {
        let abi = Abi::host().ok_or(JitError::Host)?;
        let plan = abi.plan(signature)?;
        let returns_in_memory = matches!(plan.ret, Return::Hidden { .. });
        let key = SlotsKey::of(abi, signature, plan, options);
        let no_fork = hold_off();
        let code = self.code.get_or_make(&no_fork, &key, Life::Used, || {
            let name = Name::new(if options.capture_errno { "slots errno" } else { "slots" }, signature);
            match generator::make(&no_fork, self.generator.as_deref(), &name, &key)? {
                Some(code) => Ok(SlotsCode::Generated(code)),
                None => UniversalTrampoline::new(&key.plan, options.capture_errno).map(SlotsCode::Universal),
            }
        })?;
        Ok(Trampoline::new(code, returns_in_memory))
    }

    /// How many there are.
    pub(crate) fn count(&self, no_fork: &HoldOff) -> usize {
        self.code.live(no_fork).len()
    }
}

impl SlotsCode {
    fn entry(&self) -> *const u8 {
        match self {
            Self::Generated(code) => code.entry(),
            Self::Universal(universal) => universal.entry(),
        }
    }
}

impl Trampoline {
    fn new(code: Arc<SlotsCode>, returns_in_memory: bool) -> Self {
        // SAFETY: the code is a function of this type, and it is kept as long as the pointer.
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

    /// The machine code, none of which is generated for a universal trampoline.
    pub fn code(&self) -> &[u8] {
        match &*self.code {
            SlotsCode::Generated(code) => code.bytes(),
            SlotsCode::Universal(_) => &[],
        }
    }
}

impl fmt::Debug for Trampoline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trampoline").field("entry", &self.entry).field("code", &self.code().len()).finish()
    }
}
