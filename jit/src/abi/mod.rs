//! Calling conventions: one file for each, written after its specification. A convention turns a signature into a
//! [`Plan`]; no other module decides anything about registers.

mod departure;
mod sysv64;

use crate::layout::Layout;
use crate::plan::{Plan, PlanError};
use crate::signature::Signature;
use crate::types::Type;

pub use departure::Departure;

/// A calling convention.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Abi {
    /// System V x86-64: Linux, the BSDs, macOS.
    SysV64,
}

/// A C compiler that has rules of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CCompiler {
    /// GCC.
    Gcc,
    /// Clang.
    Clang,
}

/// How many registers a convention has for a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Registers {
    /// Integer registers for arguments.
    pub(crate) int: u8,
    /// Floating-point registers for arguments.
    pub(crate) float: u8,
    /// All integer registers that the callee may overwrite, so that they need not be saved.
    pub(crate) int_scratch: u8,
}

impl Abi {
    /// The convention of C code on the machine this runs on, if hotcall knows it.
    pub const fn host() -> Option<Self> {
        if cfg!(all(target_arch = "x86_64", target_pointer_width = "64", not(windows))) {
            Some(Self::SysV64)
        } else {
            None
        }
    }

    /// The registers of the argument sequences.
    #[cfg_attr(not(feature = "cranelift"), expect(dead_code, reason = "only lowering asks"))]
    pub(crate) const fn registers(self) -> Registers {
        match self {
            Self::SysV64 => sysv64::REGISTERS,
        }
    }

    /// Returns the departures of C compilers from the convention's document that concern an argument or a result of this
    /// type. Code of such a compiler does not understand hotcall's calls with the type, nor the other compiler's.
    pub fn departures(self, ty: &Type) -> Vec<Departure> {
        Departure::all(self, ty)
    }

    /// Plans a call of a function with this signature.
    ///
    /// # Errors
    ///
    /// A type or the whole call exceeds a limit; see [`PlanError`].
    pub fn plan(self, signature: &Signature) -> Result<Plan, PlanError> {
        let plan = match self {
            Self::SysV64 => sysv64::plan(signature)?,
        };
        if cfg!(debug_assertions) {
            let layout = |ty: &Type| Layout::of(ty).expect("a planned type has a layout");
            let params: Vec<_> = signature.params().iter().map(layout).collect();
            let result = signature.result().map(layout);
            if let Err(fault) = plan.verify(&params, result.as_ref()) {
                panic!("the plan of {signature} is wrong: {fault}\n{plan}");
            }
        }
        Ok(plan)
    }
}
