//! Handles that machine code cannot read: one function that it calls for all such handles of a call.
//!
//! The function also reads bytes that machine code could have read, because an engine may hide them from the helper. V8
//! hides bytes inside its heap. It reads them last, because the helper may move them.

use std::ffi::c_void;

use crate::c::form::Form;
use crate::engine::fast_call::model::{Exit, FastCallHelpers, FastCallRole, Handles, MAX_FAST_CALL_PARAMETERS};
use crate::engine::object::{ResolvedHandle, Want};
use crate::engine::record::RecordHead;
use crate::entry::fast_call::key::FastCallKey;

/// The requirements on the handles of a function.
pub(crate) struct Needs {
    pub(crate) helpers: FastCallHelpers,
    exit: Exit,
    handles: Box<[Need]>,
}

struct Need {
    /// The index for the helper: the argument's, or the number of parameters for the result.
    index: usize,
    /// The smallest number of bytes that the object must have.
    size: u32,
    /// The objects with bytes, if the parameter accepts them.
    bytes: Option<(Handles, Want)>,
}

impl Need {
    fn new(index: usize, size: u32, want: Option<Want>, handles: &Handles) -> Self {
        Self { index, size, bytes: want.map(|want| (handles.with_bytes(), want)) }
    }

    /// Resolves a handle by the rules that machine code uses.
    ///
    /// # Safety
    ///
    /// The call got the handle for this parameter.
    unsafe fn read(&self, handle: u64) -> Option<u64> {
        let (handles, want) = self.bytes.as_ref()?;
        // SAFETY: the caller promises a handle of the call, and the model's author promises that the model describes
        // it.
        unsafe { handles.address(handle, *want) }
    }
}

impl Needs {
    pub(crate) fn of(key: &FastCallKey) -> Self {
        let FastCallKey { model, helpers, params, result, .. } = key;
        let of = |handles: u8| &model.handles[usize::from(handles)];
        let need = |(index, ((_, role), param)): (usize, ((usize, FastCallRole), &Form))| {
            role.handles().map(|handles| Need::new(index, param.bytes(), Want::of(*param, false), of(handles)))
        };
        let args = model.arguments().zip(params).enumerate().filter_map(need);
        let result = model.result().map(|(_, handles)| {
            let size = result.bytes();
            Need::new(params.len(), size, Some(Want::Destination { size, pins: false }), of(handles))
        });
        Self { helpers: *helpers, exit: model.exit, handles: args.chain(result).collect() }
    }
}

/// Replaces the handles among the values of a call by what the helper finds. `false` means that a handle was refused.
/// If the exit is [`Exit::Raise`], the error has been raised then.
///
/// # Safety
///
/// * The needs are those of the called function.
/// * There are as many values as it has arguments, and one more for a result in memory.
pub(crate) unsafe extern "C-unwind" fn resolve_all(
    record: *const RecordHead,
    exit: *mut c_void,
    needs: *const Needs,
    values: *mut u64,
) -> bool {
    // SAFETY: the caller promises needs and values of the called function. The record is the function's, and its cell lives as
    // long.
    unsafe {
        let needs = &*needs;
        let is_resolved = needs.help(record, exit, values).is_some_and(|helped| needs.read(helped, values));
        if !is_resolved && (*(*record).pending()).has_texts() {
            (needs.helpers.release)(record);
        }
        is_resolved
    }
}

/// The handles that helpers have resolved, as bits.
type Helped = u32;

const _: () = assert!(MAX_FAST_CALL_PARAMETERS <= Helped::BITS as usize);

impl Needs {
    /// Replaces the handles that machine code cannot read. `None` if one was refused.
    ///
    /// # Safety
    ///
    /// The contract of [`resolve_all`].
    unsafe fn help(&self, record: *const RecordHead, exit: *mut c_void, values: *mut u64) -> Option<Helped> {
        let mut helped = 0;
        for (bit, need) in self.handles.iter().enumerate() {
            let &Need { index, size, .. } = need;
            // SAFETY: the caller promises values of the called function, and the helpers belong to the engine.
            unsafe {
                let value = values.add(index);
                if need.read(value.read()).is_some() {
                    continue;
                }
                let mut found = ResolvedHandle { slot: 0, len: 0 };
                if !(self.helpers.resolve)(record, exit, index, value.read(), &mut found) {
                    return None;
                }
                if found.len < size.into() {
                    if self.exit == Exit::Raise {
                        (self.helpers.raise)(record, exit, index, found.len);
                    }
                    return None;
                }
                value.write(found.slot);
            }
            helped |= 1 << bit;
        }
        Some(helped)
    }

    /// Replaces the other handles.
    ///
    /// # Safety
    ///
    /// The contract of [`resolve_all`].
    unsafe fn read(&self, helped: Helped, values: *mut u64) -> bool {
        let others = self.handles.iter().enumerate().filter(|(bit, _)| helped & (1 << bit) == 0);
        others.map(|(_, need)| need).all(|need| {
            // SAFETY: the caller promises values of the called function.
            unsafe {
                let value = values.add(need.index);
                // Moving bytes does not change what machine code can read.
                need.read(value.read()).map(|address| value.write(address)).is_some()
            }
        })
    }
}
