//! Handles that machine code cannot read: what it calls for all of a call's at once.
//!
//! Bytes that machine code could have read are read here too: an engine may not show them to the helper, as V8 does not show those
//! in its heap.

use std::ffi::c_void;

use crate::c::form::Form;
use crate::c::scalar::{Pointee, Scalar};
use crate::engine::fast_call::model::{Exit, FastCallHelpers, FastCallRole, Handles, ResolvedHandle};
use crate::engine::record::RecordHead;
use crate::entry::fast_call::key::FastCallKey;

/// What the handles of a function must be.
pub(crate) struct Needs {
    pub(crate) helpers: FastCallHelpers,
    exit: Exit,
    handles: Box<[Need]>,
}

struct Need {
    /// The index for the helper: that of the argument, or behind all of them for the result.
    index: usize,
    /// How many bytes it must have.
    size: u32,
    /// The objects with bytes, if it takes those.
    bytes: Option<Handles>,
}

impl Need {
    fn new(index: usize, param: Form, handles: &Handles) -> Self {
        let takes_bytes = match param {
            Form::Bytes(_) => true,
            Form::Scalar(scalar) => matches!(scalar, Scalar::Pointer(Pointee::Buffer | Pointee::Text)),
            Form::Void => false,
        };
        Self { index, size: param.bytes(), bytes: takes_bytes.then(|| handles.with_bytes()) }
    }

    /// What machine code finds for a handle.
    ///
    /// # Safety
    ///
    /// The handle is one that the call got for this.
    unsafe fn read(&self, handle: u64) -> Option<ResolvedHandle> {
        // SAFETY: the caller vouches for the handle, and the model's author for the rest.
        let found = unsafe { self.bytes.as_ref()?.resolve(handle) };
        found.filter(|found| found.len >= self.size.into())
    }
}

impl Needs {
    pub(crate) fn of(key: &FastCallKey) -> Self {
        let FastCallKey { model, helpers, params, result, .. } = key;
        let of = |handles: u8| &model.handles[usize::from(handles)];
        let need = |(index, ((_, role), param)): (usize, ((usize, FastCallRole), &Form))| {
            role.handles().map(|handles| Need::new(index, *param, of(handles)))
        };
        let args = model.arguments().zip(params).enumerate().filter_map(need);
        let result =
            model.result().map(|(_, handles)| Need::new(params.len(), Form::Bytes(result.bytes()), of(handles)));
        Self { helpers: *helpers, exit: model.exit, handles: args.chain(result).collect() }
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
    // SAFETY: the caller vouches for the needs and the values; the helpers are those of the engine, and leave bytes where they are.
    unsafe {
        let Needs { helpers, exit: way, handles } = &*needs;
        handles.iter().all(|need| {
            let &Need { index, size, .. } = need;
            let value = values.add(index);
            if let Some(found) = need.read(value.read()) {
                value.write(found.slot);
                return true;
            }
            let mut found = ResolvedHandle { slot: 0, len: 0 };
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
