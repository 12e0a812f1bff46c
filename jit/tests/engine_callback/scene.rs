//! Events in a call of a callback: all of them are written down.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::values::{
    EngineCallbackHelpers, EngineCallbackRecord, EngineHelpers, Failure, NativeCall, Pending, Words,
};
use hotcall_jit::{Form, Scalar, Signature, Type};
use hotcall_testing::random::{self, Random};

/// An event of a call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Event {
    /// The handler was called with these arguments.
    Handler(Vec<Vec<u8>>),
    /// A value was made of this argument, or not.
    Argument {
        index: usize,
        argument: Vec<u8>,
        value: Option<Words>,
    },
    /// Script ran with these values.
    Script(Vec<Words>),
    /// These values were released.
    Release(Vec<Words>),
    /// This value was converted for C.
    Result(Words),
    Thrown(Words),
    Ended,
}

/// The end of the script function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Returned {
    Value(Words),
    Thrown(Words),
}

/// The data of a call.
pub(crate) struct Scene {
    pub(crate) signature: Signature,
    pub(crate) model: hotcall_jit::engine::values::ValueModel,
    pub(crate) returned: Returned,
    /// The other work of the script function.
    pub(crate) act: Box<dyn Fn()>,
    pub(crate) context: *mut c_void,
    pub(crate) callee: Words,
    /// The slot or the bytes that the handler returns.
    pub(crate) answer: Vec<u8>,
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

/// The address that helpers must find in the record.
pub(crate) const DATA: *const c_void = ptr::without_provenance(0xda7a);

pub(crate) const HELPERS: EngineCallbackHelpers = EngineCallbackHelpers { argument, release, result, thrown, ended };

/// Native functions of these models are not called.
pub(crate) const NO_HELPERS: EngineHelpers = {
    unsafe extern "C-unwind" fn convert(_: *mut NativeCall, _: usize, _: *const Words, _: *mut u64) -> bool {
        unreachable!("no native function is called")
    }
    unsafe extern "C-unwind" fn result(_: *mut NativeCall, _: *const u64, _: *mut Words) -> bool {
        unreachable!("no native function is called")
    }
    unsafe extern "C-unwind" fn finish(_: *mut NativeCall) {
        unreachable!("no native function is called")
    }
    unsafe extern "C-unwind" fn take_pins(_: *mut NativeCall) {
        unreachable!("no native function is called")
    }
    unsafe extern "C-unwind" fn fail(_: *mut NativeCall, _: Failure) {
        unreachable!("no native function is called")
    }
    EngineHelpers { convert, result, finish, take_pins, fail }
};

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(3, |hash, &byte| Random::new(hash ^ u64::from(byte)).bits())
}

/// Makes the value of an argument that no class has; `None` if something is thrown.
pub(crate) fn made(argument: &[u8], size: usize) -> Option<Words> {
    let hash = hash(argument);
    (!hash.is_multiple_of(7)).then_some([hash, if size == 16 { hash.rotate_left(9) } else { 0 }])
}

/// Returns the slot or the bytes of a value that no class has.
pub(crate) fn converted(ty: &Type, value: Words) -> Vec<u8> {
    let hash = hash(&value.map(u64::to_le_bytes).concat());
    let mut random = Random::new(hash);
    match (ty.as_scalar(), Form::of(Some(ty))) {
        (Some(Scalar::Bool), _) => (hash & 1).to_le_bytes().into(),
        (Some(scalar), _) => random::slot(scalar, &hash.to_le_bytes()[..scalar.size() as usize]).to_le_bytes().into(),
        (None, Form::Bytes(size)) => random.bytes(size as usize),
        (None, _) => Vec::new(),
    }
}

/// # Safety
///
/// There are so many values of the scene's model.
unsafe fn values(scene: &Scene, count: usize, argv: *const u8) -> Vec<Words> {
    let size = usize::from(scene.model.size);
    let value = |index: usize| {
        let mut words = [0; 2];
        // SAFETY: the caller promises the value.
        unsafe { argv.add(index * size).copy_to_nonoverlapping(words.as_mut_ptr().cast(), size) };
        words
    };
    (0..count).map(value).collect()
}

/// Does the work of the call functions.
///
/// # Safety
///
/// There are so many values at `argv`.
pub(crate) unsafe fn call_script(context: *mut c_void, callee: Words, argc: usize, argv: *const u64) -> Returned {
    // Script may call functions that leave their own.
    pending().set_exit(ptr::without_provenance_mut(0xbad));
    let (act, returned) = scene(|scene| {
        assert_eq!((context, callee), (scene.context, scene.callee));
        // SAFETY: the caller promises so many values.
        let args = unsafe { values(scene, argc, argv.cast()) };
        scene.events.push(Event::Script(args));
        (std::mem::replace(&mut scene.act, Box::new(|| {})), scene.returned)
    });
    act();
    returned
}

fn check(record: *const EngineCallbackRecord) {
    // SAFETY: a thunk calls the helper.
    assert_eq!(unsafe { (*record).data() }, DATA);
}

unsafe extern "C" fn argument(
    record: *const EngineCallbackRecord,
    index: usize,
    slot: *const u64,
    argv: *mut u8,
) -> bool {
    check(record);
    scene(|scene| {
        // SAFETY: the thunk hands over the slot of the parameter, and room for all values.
        unsafe {
            let argument = random::seen(&scene.signature.params()[index], slot.read());
            let size = usize::from(scene.model.size);
            let value = made(&argument, size);
            if let Some(value) = value {
                value.as_ptr().cast::<u8>().copy_to_nonoverlapping(argv.add(index * size), size);
            }
            scene.events.push(Event::Argument { index, argument, value });
            value.is_some()
        }
    })
}

unsafe extern "C" fn release(record: *const EngineCallbackRecord, argv: *const u8) {
    check(record);
    scene(|scene| {
        // SAFETY: the thunk has made a value for each parameter.
        let released = unsafe { values(scene, scene.signature.params().len(), argv) };
        scene.events.push(Event::Release(released));
    });
}

unsafe extern "C" fn result(record: *const EngineCallbackRecord, value: *const u64, result: *mut u64) {
    check(record);
    scene(|scene| {
        // SAFETY: the thunk hands over a value.
        let value = unsafe { values(scene, 1, value.cast()) }[0];
        let ty = scene.signature.result();
        // Rare numbers are left to the helper, such as denormal ones.
        let unpacked = ty.and_then(Type::as_scalar).and_then(|scalar| scene.model.unpack(scalar, value));
        if unpacked.is_none() {
            scene.events.push(Event::Result(value));
        }
        let bytes = match (unpacked, ty) {
            (Some(slot), _) => slot.to_le_bytes().into(),
            (None, Some(ty)) => converted(ty, value),
            (None, None) => Vec::new(),
        };
        // SAFETY: the thunk hands over a slot, or as many bytes as the result has, which are zero.
        unsafe {
            let result = result.cast::<u8>();
            assert!((0..bytes.len()).all(|index| result.add(index).read() == 0));
            result.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    });
}

unsafe extern "C" fn thrown(record: *const EngineCallbackRecord, thrown: *const u64) {
    check(record);
    scene(|scene| {
        // SAFETY: the thunk hands over the memory of a value.
        let value = unsafe { values(scene, 1, thrown.cast()) }[0];
        scene.events.push(Event::Thrown(value));
    });
}

unsafe extern "C" fn ended(record: *const EngineCallbackRecord) {
    check(record);
    scene(|scene| scene.events.push(Event::Ended));
}

/// The handler of the stubs.
///
/// # Safety
///
/// It is called by a thunk for the scene's signature.
pub(crate) unsafe extern "C-unwind" fn handler(_: *mut c_void, args: *const u64, result: *mut u64) {
    scene(|scene| {
        let types = scene.signature.params().iter().enumerate();
        // SAFETY: there is a slot for each parameter, and bytes behind those of structs; the result has this size.
        unsafe {
            let args = types.map(|(index, ty)| random::seen(ty, args.add(index).read())).collect();
            scene.events.push(Event::Handler(args));
            result.cast::<u8>().copy_from_nonoverlapping(scene.answer.as_ptr(), scene.answer.len());
        }
    });
}
