//! Arguments beside others that have the function compiled and not assembled, or that send the call to the helper.

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
    let code =
        Jit::shared().unwrap().fast_call(&c, &model, FastCallHelpers { resolve: REFUSING.resolve, raise }).unwrap();
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
    let code = Jit::shared().unwrap().fast_call(&c, &model, FastCallHelpers { resolve: double, raise }).unwrap();
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
