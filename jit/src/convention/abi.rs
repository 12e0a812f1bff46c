//! The calling conventions that hotcall knows, by name.

use crate::c::definitions::{Signature, Type};
use crate::c::layout::Layout;
use crate::convention::plan::{Plan, PlanError};
use crate::convention::registers::Convention;
use crate::convention::sysv64;

/// The name of a calling [`Convention`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Abi {
    /// System V x86-64: Linux, the BSDs, macOS.
    SysV64,
}

impl Abi {
    /// Returns the convention of C code on this machine, if hotcall knows it.
    pub const fn host() -> Option<Self> {
        if cfg!(all(target_arch = "x86_64", target_pointer_width = "64", not(windows))) {
            Some(Self::SysV64)
        } else {
            None
        }
    }

    /// Returns the convention as data.
    pub const fn convention(self) -> &'static Convention {
        match self {
            Self::SysV64 => &sysv64::CONVENTION,
        }
    }

    /// Plans a call of a function with this signature.
    ///
    /// # Errors
    ///
    /// A type or the whole call exceeds a limit; see [`PlanError`].
    pub fn plan(self, signature: &Signature) -> Result<Plan, PlanError> {
        let convention = self.convention();
        let plan = (convention.plan)(signature)?;
        if cfg!(debug_assertions) {
            let layout = |ty: &Type| Layout::of(ty).expect("a planned type has a layout");
            let params: Vec<_> = signature.params().iter().map(layout).collect();
            let result = signature.result().map(layout);
            if let Err(fault) = plan.verify(convention, &params, result.as_ref()) {
                panic!("the plan of {signature} is wrong: {fault}\n{plan}");
            }
        }
        Ok(plan)
    }
}
