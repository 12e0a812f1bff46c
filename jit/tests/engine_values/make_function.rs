//! Structs that C returns become values by the engine's own function.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::values::{EngineAbi, MakeFunction, MakeRole, ModelError, Test, ValueModel, Words};
use hotcall_jit::{Jit, Layout, Use};
use hotcall_testing::notation;
use hotcall_testing::random::Random;

use crate::engine::{self, Event, HELPERS, SCENE, Scene};
use crate::models::{self, Model, Passed};

thread_local! {
    /// The context and the bytes that the function got last.
    static GOT: RefCell<Option<(usize, Vec<u8>)>> = const { RefCell::new(None) };
}

const CONTEXT: usize = 0x10c0;

/// The words of the value for these bytes; the first word is 0 if the function throws.
fn words(bytes: &[u8]) -> Words {
    let sum = bytes.iter().fold(bytes.len() as u64, |sum, &byte| sum.wrapping_mul(257) ^ u64::from(byte));
    if sum.is_multiple_of(5) { [0, 0x77] } else { [sum | 1, sum.rotate_left(20)] }
}

/// # Safety
///
/// That many bytes can be read.
unsafe fn take(context: *mut c_void, bytes: *const u8, len: usize) -> Words {
    // SAFETY: the caller promises the bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len) }.to_vec();
    let words = words(&bytes);
    GOT.set(Some((context.addr(), bytes)));
    words
}

unsafe extern "C" fn one_word(context: *mut c_void, bytes: *const u8, len: usize) -> u64 {
    // SAFETY: the native function passes bytes and their number.
    unsafe { take(context, bytes, len)[0] }
}

#[repr(C)]
struct TwoWords(u64, u64);

unsafe extern "C" fn two_words(len: u32, bytes: *const u8, context: *mut c_void) -> TwoWords {
    // SAFETY: the native function passes bytes and their number.
    let [first, second] = unsafe { take(context, bytes, len as usize) };
    TwoWords(first, second)
}

#[repr(C)]
struct Mixed(u64, f64);

unsafe extern "C" fn in_two_classes(context: *mut c_void, bytes: *const u8, len: usize) -> Mixed {
    // SAFETY: the native function passes bytes and their number.
    let [first, second] = unsafe { take(context, bytes, len) };
    Mixed(first, f64::from_bits(second))
}

/// A function for values of this size, in one of the ways in which conventions return them.
fn function(size: u8, way: usize) -> MakeFunction {
    let [in_order, other] = [
        [MakeRole::Context, MakeRole::Value, MakeRole::Length],
        [MakeRole::Length, MakeRole::Value, MakeRole::Context],
    ];
    let thrown = Test::equal(0, 8, 0);
    let (address, text, roles) = match (size, way) {
        (8, _) => (one_word as *const c_void, "(pointer, pointer, usize) -> u64", in_order),
        (_, 0) => (two_words as _, "(u32, pointer, pointer) -> struct {u64, u64}", other),
        _ => (in_two_classes as _, "(pointer, pointer, usize) -> struct {u64, f64}", in_order),
    };
    // SAFETY: the function has this type.
    unsafe { MakeFunction::new(address, notation::signature(text), roles, thrown) }
}

const STRUCTS: [&str; 8] = [
    "struct {u8}",
    "struct {u8[3]}",
    "struct {f32, f32}",
    "struct {f64, f64}",
    "struct {i64, f64}",
    "struct {i64[2]}",
    "struct {u8[17]}",
    "struct {f64[9]}",
];

fn check(Model { name, model, call }: &Model, way: usize) {
    let abi = EngineAbi::new(model.clone().bytes(function(model.size, way)), HELPERS).unwrap();
    let jit = Jit::shared().unwrap();
    let mut random = Random::new(31);
    let (mut made, mut thrown) = (0, 0);
    let passes_context = model.roles.contains(&hotcall_jit::engine::values::Role::Context);
    let context: *mut c_void = ptr::without_provenance_mut(if passes_context { CONTEXT } else { 0 });
    for text in STRUCTS {
        let signature = notation::signature(&format!("() -> {text}"));
        let values = jit.engine_values(&signature, &abi).unwrap();
        let pool = jit.thunk(&signature).unwrap().stubs(Use::Plain);
        let stub = pool.take().unwrap();
        // SAFETY: the stub belongs to this test, and the thunk has the signature of each scene.
        unsafe { stub.bind(engine::callee, ptr::null_mut()) };
        // SAFETY: the target is a function of the signature; the cell is never freed.
        let record = unsafe { values.record(stub.entry(), engine::pending()) };
        // SAFETY: the record outlives its function.
        let native = unsafe { values.bind(&raw const record) }.unwrap();
        for _ in 0..40 {
            let layout = Layout::of(signature.result().unwrap()).unwrap();
            let bytes = random.value(&layout);
            SCENE.set(Some(Scene {
                signature: signature.clone(),
                size: model.size.into(),
                indirect: model.indirect,
                result: bytes.clone(),
                throws: false,
                context,
                exception: ptr::null_mut(),
                heap: Vec::new(),
                events: Vec::new(),
            }));
            let mut array = vec![0xeeee_eeee_eeee_eeee; 8];
            let record = (&raw const record).cast_mut().cast();
            let passed = Passed { context, argc: 0, array: array.as_mut_ptr(), exception: ptr::null_mut(), record };
            // SAFETY: the entry is a native function of the model.
            let returned = unsafe { call(native.entry(), &passed) };
            assert_eq!(GOT.take(), Some((context.addr(), bytes.clone())), "{name} {text}");
            let [first, second] = words(&bytes);
            let value = (first != 0).then_some([first, if model.size == 16 { second } else { 0 }]);
            assert_eq!(returned, value, "{name} {text}");
            assert_eq!(SCENE.take().unwrap().events, [Event::Called(vec![])], "no helper is asked");
            made += usize::from(first != 0);
            thrown += usize::from(first == 0);
        }
        drop(native);
        stub.retire();
        // SAFETY: the stub was taken from this pool, and nobody calls it any more.
        unsafe { pool.free(stub) };
    }
    assert!(made > 100 && thrown > 30, "{made} values, {thrown} exceptions");
}

#[test]
fn the_engines_function_makes_values_of_structs() {
    if !cfg!(feature = "cranelift") {
        // Helpers make all values then.
        return;
    }
    check(&models::tagged(), 0);
    check(&models::tagged(), 1);
    check(&models::offset_boxed(), 0);
    check(&models::tag_boxed(), 0);
}

#[test]
fn wrong_descriptions_are_refused() {
    type Change = fn(&mut MakeFunction);
    let refused = |change: Change| {
        let mut bytes = function(16, 1);
        change(&mut bytes);
        EngineAbi::new(models::tagged().model.bytes(bytes), HELPERS).unwrap_err()
    };
    assert_eq!(
        refused(|bytes| bytes.roles = [].into()),
        ModelError::MakeRoles { of: "bytes", parameters: 3, roles: 0 }
    );
    assert_eq!(refused(|bytes| bytes.roles[0] = MakeRole::Value), ModelError::MakeTwice { of: "bytes", role: "value" });
    assert_eq!(
        refused(|bytes| bytes.native = notation::signature("(pointer, pointer) -> struct {u64, f64}")),
        ModelError::MakeRoles { of: "bytes", parameters: 2, roles: 3 }
    );
    assert_eq!(
        refused(|bytes| bytes.native = notation::signature("(pointer, usize, usize) -> struct {u64, f64}")).to_string(),
        "parameter 2 of the function that makes values of bytes has the role value and the type usize"
    );
    assert_eq!(
        refused(|bytes| bytes.native = notation::signature("(pointer, pointer, usize) -> u64")),
        ModelError::MakeResult { of: "bytes", expected: "a value" }
    );
    assert_eq!(
        refused(|bytes| {
            bytes.native = notation::signature("(pointer, pointer) -> struct {u64, f64}");
            bytes.roles = [MakeRole::Context, MakeRole::Value].into();
        }),
        ModelError::MakeMissing { of: "bytes", role: "length" }
    );
    assert!(EngineAbi::new(ValueModel::bytes(models::tagged().model, None), HELPERS).is_ok());
}
