//! The tests' engines: they convert values that the model does not have a class for, in a way that depends on the value alone.
//! They write down each event.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::values::{EngineHelpers, Failure, NativeCall, Pending, Words};
use hotcall_jit::{Scalar, Signature, Type};
use hotcall_testing::random::{self, Random};

use crate::heap::HeapObject;
use crate::memory;

/// An event of a call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Event {
    /// A value was converted for this parameter, or refused.
    Convert {
        index: usize,
        value: Words,
        slot: Option<u64>,
    },
    /// The function was called with these arguments: slots, or the bytes of structs without padding.
    Called(Vec<Vec<u8>>),
    /// Pins were released, the last one first.
    Finish(Vec<usize>),
    /// A value was made of this result, or not.
    Result {
        result: Vec<u8>,
        value: Option<Words>,
    },
    /// The list of pinned objects had these.
    TakePins(Vec<u64>),
    Fail(Failure),
}

/// The circumstances of a call.
pub(crate) struct Scene {
    pub(crate) signature: Signature,
    /// The bytes of a value.
    pub(crate) size: usize,
    /// True if helpers get and return addresses of values.
    pub(crate) indirect: bool,
    /// The slot or the bytes that the function returns.
    pub(crate) result: Vec<u8>,
    /// True if an exception is pending when it returns.
    pub(crate) throws: bool,
    /// The function that the helpers must be told.
    pub(crate) context: *mut c_void,
    pub(crate) exception: *mut c_void,
    /// Objects whose bytes move when a helper converts another one.
    pub(crate) heap: Vec<&'static HeapObject>,
    pub(crate) events: Vec<Event>,
}

thread_local! {
    pub(crate) static SCENE: RefCell<Option<Scene>> = const { RefCell::new(None) };
    static PENDING: Cell<&'static Pending> = Cell::new(new_pending(64));
}

/// The cell of the engine that runs.
pub(crate) fn pending() -> &'static Pending {
    PENDING.get()
}

/// Makes the cell of another engine, with a list of pinned objects.
pub(crate) fn new_pending(capacity: usize) -> &'static Pending {
    Box::leak(Box::new(Pending::with_pins(capacity)))
}

/// Sets the engine that runs.
pub(crate) fn set_pending(pending: &'static Pending) {
    PENDING.set(pending);
}

fn scene<T>(then: impl FnOnce(&mut Scene) -> T) -> T {
    SCENE.with_borrow_mut(|scene| then(scene.as_mut().unwrap()))
}

pub(crate) const HELPERS: EngineHelpers = EngineHelpers { convert, result, finish, take_pins, fail };

fn mix(words: &[u64]) -> u64 {
    words.iter().fold(7, |hash, &word| Random::new(hash ^ word).bits())
}

/// The slot that a value without a class becomes for a parameter; `None` if it is refused.
pub(crate) fn converted(ty: &Type, index: usize, value: Words) -> Option<u64> {
    let hash = mix(&[value[0], value[1], index as u64]);
    match ty.as_scalar() {
        _ if hash.is_multiple_of(8) => None,
        Some(scalar) => Some(random::slot(scalar, &hash.to_le_bytes()[..scalar.size() as usize]) & mask(scalar)),
        None => Some(memory::of_helpers() + hash % 64),
    }
}

/// `bool` has one bit.
fn mask(scalar: Scalar) -> u64 {
    if scalar == Scalar::Bool { 1 } else { u64::MAX }
}

/// The pin of a value without a class.
pub(crate) fn pin_for(ty: &Type, slot: u64) -> Option<usize> {
    let is_pinnable = ty.as_scalar().is_none_or(|scalar| matches!(scalar, Scalar::Pointer(_)));
    (is_pinnable && !slot.is_multiple_of(3)).then_some(slot as usize)
}

/// The value of a result that no class has; `None` if an exception is thrown.
pub(crate) fn made(result: &[u8], size: usize) -> Option<Words> {
    let hash = result.iter().fold(3, |hash, &byte| mix(&[hash, byte.into()]));
    // No model's sign of an exception.
    let value = [hash | 0x40, if size == 16 { hash.rotate_left(9) & !2 } else { 0 }];
    (!hash.is_multiple_of(5)).then_some(value)
}

unsafe extern "C-unwind" fn convert(call: *mut NativeCall, index: usize, value: *const Words, slot: *mut u64) -> bool {
    scene(|scene| {
        check(scene, call);
        scene.heap.iter().for_each(|object| object.move_bytes());
        let mut words = [0; 2];
        // SAFETY: the trampoline hands over a value of the model's size.
        unsafe {
            let value = if scene.indirect { ptr::with_exposed_provenance((*value)[0] as usize) } else { value };
            value.cast::<u8>().copy_to_nonoverlapping(words.as_mut_ptr().cast(), scene.size);
        }
        // The destination of the result comes behind C's arguments.
        let ty = scene.signature.params().get(index).or(scene.signature.result()).unwrap();
        let converted = converted(ty, index, words);
        if let Some(made) = converted {
            // SAFETY: the trampoline hands over a place for a slot; what is pinned is a pointer or a struct.
            unsafe {
                slot.write(made);
                if let Some(pin) = pin_for(ty, made) {
                    NativeCall::pin(call, pin);
                }
            }
        }
        scene.events.push(Event::Convert { index, value: words, slot: converted });
        converted.is_some()
    })
}

unsafe extern "C-unwind" fn result(call: *mut NativeCall, result: *const u64, value: *mut Words) -> bool {
    scene(|scene| {
        check(scene, call);
        let ty = scene.signature.result().unwrap();
        // SAFETY: the trampoline hands over a slot or bytes, and a place for a value.
        let result = unsafe { random::seen(ty, if ty.as_scalar().is_some() { result.read() } else { result as u64 }) };
        let made = made(&result, scene.size);
        if let Some(made) = made {
            // SAFETY: the trampoline hands over a place for a value.
            unsafe {
                value.write(match scene.indirect {
                    true => [ptr::from_mut(Box::leak(Box::new(made[0]))).expose_provenance() as u64, 0],
                    false => made,
                });
            }
        }
        scene.events.push(Event::Result { result, value: made });
        made.is_some()
    })
}

unsafe extern "C-unwind" fn finish(call: *mut NativeCall) {
    scene(|scene| {
        check(scene, call);
        // SAFETY: the call is the trampoline's.
        let pins = std::iter::from_fn(|| unsafe { NativeCall::unpin(call) }).collect();
        scene.events.push(Event::Finish(pins));
    });
}

unsafe extern "C-unwind" fn take_pins(call: *mut NativeCall) {
    scene(|scene| {
        check(scene, call);
        scene.events.push(Event::TakePins(pending().take_pins()));
    });
}

unsafe extern "C-unwind" fn fail(call: *mut NativeCall, why: Failure) {
    pending().set(false);
    scene(|scene| {
        check(scene, call);
        scene.events.push(Event::Fail(why));
    });
}

fn check(scene: &Scene, call: *mut NativeCall) {
    // SAFETY: the call is the trampoline's.
    let (context, exception) = unsafe { ((*call).context, (*call).exception) };
    assert_eq!((context, exception), (scene.context, scene.exception));
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
        pending().set(scene.throws);
    });
}
