//! Models like V8's: a struct describes a call, constants and large numbers are objects, and helpers get addresses of values.

use std::ffi::c_void;
use std::mem;
use std::sync::OnceLock;

use hotcall_jit::engine::fast_call::{Check, Path};
use hotcall_jit::engine::values::{
    CallInfo, DoubleObject, Integer, NumberClass, NumberObjects, ResultPath, Role, Singleton, Test, ValueModel,
    WideObject,
};
use hotcall_testing::notation;
use hotcall_testing::random::Random;

use crate::heap;
use crate::models::{self, Model, Passed, Returned};

/// All models whose objects are not read.
pub(crate) fn all() -> Vec<Model> {
    models::all().into_iter().chain([frame(), arrays()]).collect()
}

/// The bit that tells objects. The low 32 bits of small integers are 0.
const TAG: u64 = 1;

/// The first words of numbers. No other object begins so.
const DOUBLE: u64 = 0x5555_0000_0000_7777;
const WIDE: u64 = 0x5555_0000_0000_7779;

/// A result that was not written.
const UNWRITTEN: u64 = 0x0bad_0bad_0bad_0bad;

/// The words of undefined, null, false and true.
fn constants() -> [u64; 4] {
    static CONSTANTS: OnceLock<[u64; 4]> = OnceLock::new();
    // Objects without a kind.
    *CONSTANTS.get_or_init(|| [0; 4].map(|_| leak([0_u64; 8])))
}

/// Returns the word of a new object.
fn leak<T>(fields: T) -> u64 {
    Box::leak(Box::new(fields) as Box<T>) as *mut T as *mut c_void as usize as u64 + TAG
}

/// Returns the word of an object that holds a double.
pub(crate) fn double(number: f64) -> u64 {
    leak([DOUBLE, number.to_bits()])
}

/// Returns the word of an object that holds an integer of any size, and its low 64 bits.
pub(crate) fn wide(random: &mut Random) -> (u64, u64) {
    let is_negative = random.bits() & 1;
    let digit = random.bits() >> (random.bits() % 64);
    match random.bits() % 4 {
        // Nothing lies behind its field.
        0 => (leak([WIDE, 0xfeed << 32]), 0),
        digits => {
            let bits = 0xfeed << 32 | digits << 1 | is_negative;
            let low = if is_negative == 1 { digit.wrapping_neg() } else { digit };
            (leak([WIDE, bits, digit, random.bits()]), low)
        }
    }
}

fn model(info: CallInfo) -> ValueModel {
    let [undefined, null, no, yes] = constants();
    let path = |offset: i32| Path([offset - TAG as i32].into());
    let begins = |word| Check { at: path(0), test: Test::equal(0, 8, word) };
    let wide = WideObject::new(begins(WIDE), path(8), [1, !1], path(16));
    let numbers = NumberObjects::new(DoubleObject::new(begins(DOUBLE), path(8))).wide(wide);
    ValueModel::new(notation::signature("(pointer)"), [Role::Info], ResultPath::Info, Singleton::word(undefined))
        .info(info)
        .indirect(true)
        .integer(Integer::new(Test::equal(0, 4, 0), 4, [0; 2]).offset(4))
        .truths([no, yes])
        .null(Singleton::word(null))
        .constants_are_objects(true)
        .numbers(NumberClass::new(Test::masked(0, 1, TAG, TAG), numbers))
}

/// The words of the frame before the arguments.
const FRAME: usize = 10;

/// As V8 14.6: the struct is the frame, which has the arguments.
pub(crate) fn frame() -> Model {
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        let mut frame: Vec<u64> = (0..FRAME as u64).map(|index| UNWRITTEN ^ index << 32).collect();
        // SAFETY: the caller passes as many values.
        frame.extend(unsafe { std::slice::from_raw_parts(passed.array, passed.argc) });
        frame[0] = passed.argc as u64;
        frame[5] = passed.context.expose_provenance() as u64;
        frame[6] = UNWRITTEN;
        let before = frame.clone();
        // SAFETY: the caller promises the entry of this model.
        unsafe {
            let native = mem::transmute::<*const c_void, unsafe extern "C" fn(*mut u64)>(entry);
            native(frame.as_mut_ptr());
        }
        let result = mem::replace(&mut frame[6], UNWRITTEN);
        assert!(frame == before, "nothing but the result is written");
        (result != UNWRITTEN).then_some([result, 0])
    }
    let path = |offset: i32| Path([offset].into());
    let info = CallInfo::new(path(0), path(80), path(48)).context(path(40));
    Model { name: "frame", model: model(info), call }
}

/// As V8 up to 14.1: the struct has the addresses of two arrays.
pub(crate) fn arrays() -> Model {
    #[repr(C)]
    struct Info {
        implicit: *mut u64,
        values: *mut u64,
        length: u32,
        unused: u32,
    }
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        let context = passed.context.expose_provenance() as u64;
        let mut implicit = [3, context, 5, UNWRITTEN, 7];
        let mut info = Info {
            implicit: implicit.as_mut_ptr(),
            values: passed.array,
            length: passed.argc as u32,
            unused: u32::MAX,
        };
        // SAFETY: the caller promises the entry of this model.
        unsafe {
            let native = mem::transmute::<*const c_void, unsafe extern "C" fn(*mut Info)>(entry);
            native(&raw mut info);
        }
        assert_eq!(info.unused, u32::MAX);
        assert_eq!([implicit[0], implicit[1], implicit[2], implicit[4]], [3, context, 5, 7]);
        (implicit[3] != UNWRITTEN).then_some([implicit[3], 0])
    }
    let path = |offsets: &[i32]| Path(offsets.into());
    let info = CallInfo::new(path(&[16]), path(&[8, 0]), path(&[0, 24])).context(path(&[0, 8]));
    Model { name: "arrays", model: model(info), call }
}

/// With objects that machine code reads.
pub(crate) fn frame_with_objects() -> Model {
    let Model { model, call, .. } = frame();
    let objects = heap::objects(Test::masked(0, 1, TAG, TAG)).mask(!TAG);
    Model { name: "frame_with_objects", model: model.objects(objects), call }
}
