//! Handles that machine code cannot read: what it calls for all of a call's at once.

use std::ffi::c_void;

use super::{Exit, Helpers, Resolved, TypedModel};
use crate::shape::{TypedParam, TypedPlan, ValuesResult};
use crate::typed::Role;
use crate::values::RecordHead;

/// What the handles of a function must be.
pub(crate) struct Needs {
    pub(crate) helpers: Helpers,
    exit: Exit,
    handles: Box<[Need]>,
}

struct Need {
    /// The index for the helper: that of the argument, or behind all of them for the result.
    index: usize,
    /// How many bytes it must have.
    size: u32,
}

impl Needs {
    pub(crate) fn of(model: &TypedModel, helpers: Helpers, plan: &TypedPlan) -> Self {
        let need = |(index, ((_, role), param)): (usize, ((usize, Role), &TypedParam))| {
            let size = if let TypedParam::Bytes(size) = *param { size } else { 0 };
            matches!(role, Role::Handle(_)).then_some(Need { index, size })
        };
        let args = model.arguments().zip(&plan.params).enumerate().filter_map(need);
        let size = if let ValuesResult::Bytes(size) = plan.result { size } else { 0 };
        let result = model.result().map(|_| Need { index: plan.params.len(), size });
        Self { helpers, exit: model.exit, handles: args.chain(result).collect() }
    }
}

/// Replaces the handles among the values of a call by what the helper finds. `false`: one is refused, which has been raised if
/// that is what is done.
///
/// # Safety
///
/// The needs are those of the function that is called, and there are as many values as it has arguments, and one for the result if
/// that is memory.
pub(crate) unsafe extern "C-unwind" fn resolve_all(
    record: *const RecordHead,
    exit: *mut c_void,
    needs: *const Needs,
    values: *mut u64,
) -> bool {
    // SAFETY: the caller vouches for the needs and the values; the helpers are those of the engine.
    unsafe {
        let Needs { helpers, exit: way, handles } = &*needs;
        handles.iter().all(|&Need { index, size }| {
            let value = values.add(index);
            let mut found = Resolved { slot: 0, len: 0 };
            if !(helpers.resolve)(record, exit, index, value.read(), &mut found) {
                return false;
            }
            if found.len < size.into() {
                if *way == Exit::Raise {
                    (helpers.raise)(record, exit, index, found.len);
                }
                return false;
            }
            value.write(found.slot);
            true
        })
    }
}
