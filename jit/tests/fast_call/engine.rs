//! The tests' engine and the C function of a call: they write down their arguments, and answer as the scene says.

use std::cell::RefCell;
use std::ffi::c_void;

use hotcall_jit::Signature;
use hotcall_jit::engine::fast_call::{FastCallHelpers, NoResult, ResolvedHandle};
use hotcall_jit::engine::values::{Pending, RecordHead};
use hotcall_testing::random;

/// An event of a call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Event {
    /// The engine was asked about a handle.
    Resolve { index: usize, handle: u64 },
    /// The engine threw.
    Raise { index: usize, bits: u64 },
    /// The engine released the strings of the call.
    Release,
    /// C was called with these arguments: slots, or the bytes of structs without padding.
    Called(Vec<Vec<u8>>),
}

/// The circumstances of a call.
pub(crate) struct Scene {
    pub(crate) signature: Signature,
    /// The slot or the bytes that the C function returns.
    pub(crate) result: Vec<u8>,
    /// True if an exception waits when it has returned.
    pub(crate) throws: bool,
    /// The helper's answer for the handle at an index.
    pub(crate) answer: Box<dyn Fn(usize, u64) -> Option<ResolvedHandle>>,
    /// The function that the helpers must be told.
    pub(crate) exit: *mut c_void,
    pub(crate) record: *const RecordHead,
    /// The exit that the C function finds for the call that it runs in.
    pub(crate) seen_exit: *mut c_void,
    pub(crate) events: Vec<Event>,
}

thread_local! {
    pub(crate) static SCENE: RefCell<Option<Scene>> = const { RefCell::new(None) };
    static PENDING: &'static Pending = Box::leak(Box::default());
}

pub(crate) fn pending() -> &'static Pending {
    PENDING.with(|pending| *pending)
}

fn scene<T>(then: impl FnOnce(&mut Scene) -> T) -> T {
    SCENE.with_borrow_mut(|scene| then(scene.as_mut().unwrap()))
}

unsafe extern "C-unwind" fn release(_: *const RecordHead) {
    pending().set_texts(false);
    scene(|scene| scene.events.push(Event::Release));
}

pub(crate) const HELPERS: FastCallHelpers = FastCallHelpers { resolve, raise, release };

unsafe extern "C-unwind" fn resolve(
    record: *const RecordHead,
    exit: *mut c_void,
    index: usize,
    handle: u64,
    to: *mut ResolvedHandle,
) -> bool {
    scene(|scene| {
        assert_eq!((record, exit), (scene.record, scene.exit));
        scene.events.push(Event::Resolve { index, handle });
        let found = (scene.answer)(index, handle);
        if let Some(resolved) = found {
            // SAFETY: the native function hands over a place for it.
            unsafe { to.write(resolved) };
        }
        found.is_some()
    })
}

unsafe extern "C-unwind" fn raise(record: *const RecordHead, exit: *mut c_void, index: usize, bits: u64) -> NoResult {
    scene(|scene| {
        assert_eq!((record, exit), (scene.record, scene.exit));
        scene.events.push(Event::Raise { index, bits });
        pending().set(false);
    });
    NoResult::default()
}

/// The C function: the handler of a callback, which is a function of any signature.
///
/// # Safety
///
/// It is called by a thunk for the scene's signature.
pub(crate) unsafe extern "C-unwind" fn callee(_: *mut c_void, args: *const u64, result: *mut u64) {
    scene(|scene| {
        let types = scene.signature.params().iter().enumerate();
        // SAFETY: there is a slot for each parameter, and bytes behind those of structs; the result has this size.
        unsafe {
            let args = types.map(|(index, ty)| random::seen(ty, args.add(index).read())).collect();
            scene.events.push(Event::Called(args));
            result.cast::<u8>().copy_from_nonoverlapping(scene.result.as_ptr(), scene.result.len());
        }
        scene.seen_exit = pending().exit();
        pending().set(scene.throws);
    });
}
