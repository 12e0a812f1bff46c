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
/// * `args`: one slot for each parameter.
/// * `result`: one slot for a scalar, the bytes of an aggregate, and untouched for `void`. If the convention returns an
///   aggregate in memory, `result` must have its type's alignment. It may overlap the arguments.
/// * `errno`: the address for `errno` if the trampoline was made with [`Options::capture_errno`]; untouched otherwise.
///
/// # Safety
///
/// * `target` must be a function of the signature that the trampoline was made for, in the host's C convention.
/// * The slots must be canonical for their types, and the addresses in them valid for the function.
pub type SlotsEntry =
    unsafe extern "C-unwind" fn(target: *const c_void, args: *const u64, result: *mut u64, errno: *mut i32);

/// Code that calls functions of one shape.
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

    /// Returns the trampoline for functions of this signature. A trampoline with an equal key is reused.
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

    /// Returns the number of trampolines.
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
        // SAFETY: the code is a function of this type, and the trampoline keeps it as long as the pointer.
        let entry = unsafe { std::mem::transmute::<*const u8, SlotsEntry>(code.entry()) };
        Self { code, entry, returns_in_memory }
    }

    /// Returns the function to call with a target, slots and a result. It is valid as long as this trampoline or a
    /// clone of it lives.
    #[inline]
    pub const fn entry(&self) -> SlotsEntry {
        self.entry
    }

    /// Returns true if the function writes the result to `result` itself, which must have the alignment of the result's
    /// type then.
    pub const fn returns_in_memory(&self) -> bool {
        self.returns_in_memory
    }

    /// Returns the generated machine code. It is empty for a universal trampoline.
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
