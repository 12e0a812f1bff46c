//! Arguments beside others that have the function compiled and not assembled, or that send the call to the helper.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::transmute;
use std::ptr;

use hotcall_jit::engine::fast_call::{
    Check, Exit, FastCallHelpers, FastCallModel, FastCallRole, Handles, NoResult, Object, Path, ResolvedHandle, Tag,
};
use hotcall_jit::engine::values::{Pending, RecordHead, Test};
use hotcall_jit::{Abi, FastCall, Jit, Signature, Type};
use hotcall_testing::helpers::REFUSING;

/// Knows no objects; doubles what it gets.
unsafe extern "C-unwind" fn double(
    _: *const RecordHead,
    _: *mut c_void,
    index: usize,
    handle: u64,
    to: *mut ResolvedHandle,
) -> bool {
    // SAFETY: the native function hands over a place for it.
    unsafe { to.write(ResolvedHandle { slot: handle * 2, len: u64::MAX }) };
    index == 0
}

unsafe extern "C-unwind" fn raise(_: *const RecordHead, _: *mut c_void, _: usize, _: u64) -> NoResult {
    unreachable!("the exit is a flag")
}

fn model(params: Vec<Type>, roles: Vec<FastCallRole>, handles: Vec<Handles>, result: Type) -> FastCallModel {
    let native = Signature::new(params, result).unwrap();
    let exit = Exit::Flag { offset: 0 };
    FastCallModel::new(Abi::host().unwrap(), native, roles, exit).handles(handles)
}

fn handles(objects: Vec<Object>) -> Handles {
    let tag = Tag { mask: 1, bits: 0 };
    Handles::new(tag).objects(objects)
}

/// Floats in registers and on the stack, in 32 bits as C wants them, where the result has to be widened.
#[test]
fn singles_arrive_with_their_bits() {
    extern "C" fn nine(b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32, i: f32, j: f32) -> i8 {
        (b + 2.0 * c + 3.0 * d + 4.0 * e + 5.0 * f + 6.0 * g + 7.0 * h - 8.0 * i - 9.0 * j) as i8
    }
    let c = Signature::new(vec![Type::F32; 9], Type::I8).unwrap();
    let params = [vec![Type::POINTER], vec![Type::F32; 9], vec![Type::POINTER]].concat();
    let roles = [vec![FastCallRole::Ignored], vec![FastCallRole::Argument; 9], vec![FastCallRole::Exit]].concat();
    let model = model(params, roles, vec![], Type::I64);
    let code = Jit::shared().unwrap().fast_call(&c, &model, FastCallHelpers { raise, ..REFUSING }).unwrap();
    let pending = Pending::new();
    // SAFETY: the target has the signature, and the entry is a function of the model; the record outlives it.
    unsafe {
        let record = FastCall::record(nine as *const c_void, &pending);
        let native = code.bind(&record).unwrap();
        type Native = extern "C" fn(usize, f32, f32, f32, f32, f32, f32, f32, f32, f32, *mut u8) -> i64;
        let call = transmute::<*const c_void, Native>(native.entry());
        let mut refused = 0;
        assert_eq!(call(1, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, &mut refused), -14);
        assert_eq!(refused, 0);
    }
}

#[repr(C)]
struct Bytes {
    kind: u64,
    address: *const u8,
    len: u64,
}

/// A handle that the helper must take does not keep others' bytes from being read, which the helper may not see.
#[test]
fn bytes_are_read_beside_handles_for_the_helper() {
    unsafe extern "C" fn add(number: i64, bytes: *const u8) -> i64 {
        // SAFETY: the test passes a byte.
        number + unsafe { i64::from(*bytes) } * 100
    }
    let object = Object::new([Path([8].into())])
        .checks([Check { at: Path([0].into()), test: Test::masked(0, 8, u64::MAX, 7) }])
        .length(Path([16].into()));
    let c = Signature::new([Type::I64, Type::BUFFER], Type::I64).unwrap();
    let params = vec![Type::POINTER; 3];
    let model = model(
        params,
        vec![FastCallRole::Handle(0), FastCallRole::Handle(0), FastCallRole::Exit],
        vec![handles(vec![object])],
        Type::I64,
    );
    let code =
        Jit::shared().unwrap().fast_call(&c, &model, FastCallHelpers { resolve: double, raise, ..REFUSING }).unwrap();
    let pending = Pending::new();
    // SAFETY: the target has the signature, the record outlives the function, and the handle is the address of an object that
    // the model describes.
    unsafe {
        let record = FastCall::record(add as unsafe extern "C" fn(i64, *const u8) -> i64 as *const c_void, &pending);
        let native = code.bind(&record).unwrap();
        let call = transmute::<*const c_void, extern "C" fn(u64, *const Bytes, *mut u8) -> i64>(native.entry());
        let content = [5];
        let bytes = Bytes { kind: 7, address: content.as_ptr(), len: 1 };
        let mut refused = 0;
        assert_eq!((call(21, &bytes, &mut refused), refused), (542, 0));
        // Another kind is for the helper, which does not take it.
        let other = Bytes { kind: 8, ..bytes };
        assert_eq!((call(21, ptr::from_ref(&other), &mut refused), refused), (0, 1));
    }
}

/// The state of a call whose helper copies a string.
struct Copying {
    pending: Pending,
    /// The object whose bytes copying moves, and their new address.
    moved: Cell<(*mut Bytes, *const u8)>,
    releases: Cell<u32>,
}

thread_local! {
    static COPYING: &'static Copying = Box::leak(Box::new(Copying {
        pending: Pending::new(),
        moved: Cell::new((ptr::null_mut(), ptr::null())),
        releases: Cell::new(0),
    }));
}

/// Copies strings for all handles except 1, and moves the bytes of an object.
unsafe extern "C-unwind" fn copy(
    _: *const RecordHead,
    _: *mut c_void,
    _: usize,
    handle: u64,
    to: *mut ResolvedHandle,
) -> bool {
    COPYING.with(|copying| {
        let (object, address) = copying.moved.get();
        // SAFETY: the test's object lives during the call, and the native function hands over a place for the result.
        unsafe {
            (&raw mut (*object).address).write(address);
            to.write(ResolvedHandle { slot: handle, len: u64::MAX });
        }
        copying.pending.set_texts(true);
        handle != 1
    })
}

unsafe extern "C-unwind" fn release(_: *const RecordHead) {
    COPYING.with(|copying| {
        copying.pending.set_texts(false);
        copying.releases.set(copying.releases.get() + 1);
    });
}

/// A helper that copies a string may move the bytes of arguments in front of it.
#[test]
fn copied_strings_are_released_and_moved_bytes_are_found() {
    unsafe extern "C" fn add(bytes: *const u8, number: usize) -> i64 {
        // SAFETY: the test passes a byte.
        i64::from(unsafe { *bytes }) * 100 + number as i64
    }
    let kind = || Check { at: Path([0].into()), test: Test::masked(0, 8, u64::MAX, 7) };
    let object = Object::new([Path([8].into())]).checks([kind()]).length(Path([16].into()));
    let c = Signature::new([Type::BUFFER, Type::TEXT], Type::I64).unwrap();
    let roles = vec![FastCallRole::Handle(0), FastCallRole::Handle(0), FastCallRole::Exit];
    let model = model(vec![Type::POINTER; 3], roles, vec![handles(vec![object])], Type::I64);
    let code = Jit::shared().unwrap().fast_call(&c, &model, FastCallHelpers { resolve: copy, raise, release }).unwrap();
    let copying = COPYING.with(|copying| *copying);
    // SAFETY: the target has the signature, the record outlives the function, and handles are addresses of objects.
    unsafe {
        let target = add as unsafe extern "C" fn(*const u8, usize) -> i64 as *const c_void;
        let record = FastCall::record(target, &copying.pending);
        let native = code.bind(&record).unwrap();
        let call =
            transmute::<*const c_void, extern "C" fn(*const Bytes, *const Bytes, *mut u8) -> i64>(native.entry());
        let (before, after) = ([5], [6]);
        let mut bytes = Bytes { kind: 7, address: before.as_ptr(), len: 1 };
        let text = Bytes { kind: 8, ..bytes };
        let text = ptr::from_ref(&text);
        copying.moved.set((&raw mut bytes, after.as_ptr()));
        let mut refused = 0;
        assert_eq!(call(&raw const bytes, text, &mut refused), 600 + text as i64);
        assert_eq!((refused, copying.releases.get(), copying.pending.has_texts()), (0, 1, false));
        // Without a string nothing is released.
        let number = call(&raw const bytes, &raw const bytes, &mut refused);
        assert_eq!((number, refused, copying.releases.get()), (600 + after.as_ptr() as i64, 0, 1));
        // A refused handle behind a string, which is released too.
        assert_eq!(call(text, ptr::without_provenance(1), &mut refused), 0);
        assert_eq!((refused, copying.releases.get(), copying.pending.has_texts()), (1, 2, false));
    }
}
