//! Models of real and of possible engines, each with its native function as Rust sees it.

use std::ffi::c_void;
use std::mem;

use hotcall_jit::engine::values::{Boolean, Double, Integer, ResultPath, Role, Singleton, Test, ValueModel, Words};
use hotcall_testing::notation;

/// The arguments of a native function.
pub(crate) struct Passed {
    pub(crate) context: *mut c_void,
    pub(crate) argc: usize,
    /// The array of values, with the words before the first argument.
    pub(crate) array: *mut u64,
    pub(crate) exception: *mut c_void,
    pub(crate) record: *mut c_void,
}

/// The outcome of a native function: a value, or an exception.
pub(crate) type Returned = Option<Words>;

pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) model: ValueModel,
    /// # Safety
    ///
    /// The entry is a native function of the model.
    pub(crate) call: unsafe fn(entry: *const c_void, passed: &Passed) -> Returned,
}

const IGNORED: u64 = 0x0bad_0bad_0bad_0bad;

pub(crate) fn all() -> Vec<Model> {
    vec![tagged(), offset_boxed(), tag_boxed(), shifted(), wide(), doubles()]
}

/// As QuickJS: 16 bytes, a payload and a tag.
pub(crate) fn tagged() -> Model {
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Value(u64, u64);
    type EngineFunction = unsafe extern "C" fn(*mut c_void, Value, i32, *mut u64, i32, *mut c_void) -> Value;
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        // SAFETY: the caller promises the entry of this model.
        let Value(payload, tag) = unsafe {
            let native = mem::transmute::<*const c_void, EngineFunction>(entry);
            let this = Value(IGNORED, IGNORED);
            native(passed.context, this, passed.argc as i32, passed.array, -1, passed.record)
        };
        (tag != 6).then_some([payload, tag])
    }
    let test = |tag| Test::equal(8, 4, tag);
    let integer = |tag| Integer::new(test(tag), 4, [0, tag]);
    let constant = |tag| Singleton::new(test(tag), [0, tag]);
    let value = "struct {union {i32, f64, pointer}, i64}";
    let model = ValueModel::new(
        notation::signature(&format!("(pointer, {value}, i32, pointer, i32, pointer) -> {value}")),
        [Role::Context, Role::Ignored, Role::Argc, Role::Argv { first: 0 }, Role::Ignored, Role::Data],
        ResultPath::Returned { exception: [0, 6] },
        constant(3),
    )
    .size(16)
    .padded(true)
    .integer(integer(0))
    .double(Double::new(test(8), [0, 8]))
    .wide(integer(7))
    .boolean(Boolean::new(test(1), [0, 1]))
    .null(constant(2));
    Model { name: "tagged", model, call }
}

/// As JavaScriptCore: doubles are offset by 2⁴⁹, and each function has an address of its own.
pub(crate) fn offset_boxed() -> Model {
    type EngineFunction = unsafe extern "C" fn(*mut c_void, u64, u64, usize, *mut u64, *mut c_void) -> u64;
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        // SAFETY: the caller promises the entry of this model.
        let value = unsafe {
            let native = mem::transmute::<*const c_void, EngineFunction>(entry);
            native(passed.context, IGNORED, IGNORED, passed.argc, passed.array, passed.exception)
        };
        (value != 0).then_some([value, 0])
    }
    const INTEGER: u64 = 0xfffe_0000_0000_0000;
    let model = ValueModel::new(
        notation::signature("(3*pointer, usize, pointer, pointer) -> u64"),
        [Role::Context, Role::Ignored, Role::Ignored, Role::Argc, Role::Argv { first: 0 }, Role::Exception],
        // The engine has its own way to tell; the tests need one too.
        ResultPath::Returned { exception: [0, 0] },
        Singleton::word(10),
    )
    .integer(Integer::new(Test::range(INTEGER, u64::MAX), 4, [INTEGER, 0]))
    .double(Double::new(Test::range(1 << 49, INTEGER - 1), [0; 2]).bias(1 << 49).nan(0x7ff8_0000_0000_0000))
    .boolean(Boolean::new(Test::masked(0, 8, !1, 6), [6, 0]))
    .null(Singleton::word(2));
    Model { name: "offset_boxed", model, call }
}

/// As SpiderMonkey: all but doubles have a tag of 17 bits; the result goes to the callee's place.
pub(crate) fn tag_boxed() -> Model {
    type EngineFunction = unsafe extern "C" fn(*mut c_void, u32, *mut u64) -> u8;
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        // SAFETY: the caller promises the entry of this model; the array begins with the callee and `this`.
        unsafe {
            let native = mem::transmute::<*const c_void, EngineFunction>(entry);
            match native(passed.context, passed.argc as u32, passed.array) {
                0 => None,
                success => {
                    assert_eq!(success, 1);
                    Some([passed.array.read(), 0])
                }
            }
        }
    }
    const fn tag(class: u64) -> u64 {
        (0x1fff0 | class) << 47
    }
    let model = ValueModel::new(
        notation::signature("(pointer, u32, pointer) -> bool"),
        [Role::Context, Role::Argc, Role::Argv { first: 2 }],
        ResultPath::Stored { index: 0, success: 1, exception: 0 },
        Singleton::word(tag(3)),
    )
    .integer(Integer::new(Test::masked(0, 8, u64::MAX << 47, tag(1)), 4, [tag(1), 0]))
    .double(Double::new(Test::range(0, tag(0)), [0; 2]).nan(0x7ff8_0000_0000_0000))
    .boolean(Boolean::new(Test::masked(0, 8, !1, tag(2)), [tag(2), 0]))
    .null(Singleton::word(tag(4)));
    Model { name: "tag_boxed", model, call }
}

/// Integers of 63 bits above a zero bit. All other values have memory of their own: there are no classes of doubles, booleans
/// or null. The arguments that count arrive on the stack.
pub(crate) fn shifted() -> Model {
    type EngineFunction = unsafe extern "C" fn(
        f64,
        u64,
        u64,
        u64,
        u64,
        u64,
        u64,
        *mut c_void,
        u8,
        u32,
        *mut u64,
        *mut c_void,
        *mut c_void,
    ) -> u64;
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        let &Passed { context, argc, array, exception, record } = passed;
        // SAFETY: the caller promises the entry of this model.
        let value = unsafe {
            let native = mem::transmute::<*const c_void, EngineFunction>(entry);
            let i = IGNORED;
            native(0.5, i, i, i, i, i, i, context, 7, argc as u32, array, exception, record)
        };
        (value != 0x31).then_some([value, 0])
    }
    let ignored = Role::Ignored;
    let model = ValueModel::new(
        notation::signature("(f64, 6*u64, pointer, u8, u32, 3*pointer) -> pointer"),
        [
            [ignored; 7].as_slice(),
            &[Role::Context, ignored, Role::Argc, Role::Argv { first: 0 }, Role::Exception, Role::Data],
        ]
        .concat(),
        ResultPath::Returned { exception: [0x31, 0] },
        Singleton::word(0x21),
    )
    .integer(Integer::new(Test::masked(0, 1, 1, 0), 8, [0; 2]).shift(1));
    Model { name: "shifted", model, call }
}

/// 16 bytes with a tag of two bytes in the middle of the first word, 64-bit integers, tests of every length, and a result
/// in memory.
pub(crate) fn wide() -> Model {
    #[derive(Clone, Copy)]
    #[repr(C, packed)]
    struct Value {
        first: u8,
        middle: u64,
        last: [u8; 7],
    }
    type EngineFunction = unsafe extern "C" fn(*mut c_void, *mut u64, f32, i64, *mut c_void) -> Value;
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        // SAFETY: the caller promises the entry of this model; a value is 16 bytes without padding.
        let value = unsafe {
            let native = mem::transmute::<*const c_void, EngineFunction>(entry);
            let value = native(passed.record, passed.array, 1.0, passed.argc as i64, passed.context);
            mem::transmute::<Value, Words>(value)
        };
        (value != [u64::MAX; 2]).then_some(value)
    }
    const fn tag(tag: u64) -> u64 {
        tag << 16
    }
    let test = |of| Test::equal(2, 2, of);
    let model = ValueModel::new(
        notation::signature("(pointer, pointer, f32, i64, pointer) -> struct {u8, packed i64, u8[7]}"),
        [Role::Data, Role::Argv { first: 1 }, Role::Ignored, Role::Argc, Role::Context],
        ResultPath::Returned { exception: [u64::MAX; 2] },
        Singleton::new(Test::equal(1, 1, 0xfe), [0xfe00, 7]),
    )
    .size(16)
    .integer(Integer::new(test(0xfff9), 8, [tag(0xfff9), 0]).offset(8))
    .double(Double::new(test(0x8001), [tag(0x8001), 0]).offset(8).bias(3))
    // 24 bits, in the upper half of the first word.
    .wide(Integer::new(Test::equal(0, 1, 0x88), 4, [0x88, 0]).offset(4).shift(8))
    .boolean(Boolean::new(Test::masked_range(2, 2, 0xff0f, 0x7003..=0x7008), [tag(0x7004), 0]).offset(7))
    .null(Singleton::new(Test::masked_range(1, 1, u64::MAX, 0xf0..=0xfd), [0xf500, 0x9000_0000_0000_0000]));
    Model { name: "wide", model, call }
}

/// Doubles alone: every number is a double. The wide integers, which are not numbers, have 31 bits.
pub(crate) fn doubles() -> Model {
    type EngineFunction = unsafe extern "C" fn(*mut c_void, *mut u64, i64, *mut c_void) -> i32;
    unsafe fn call(entry: *const c_void, passed: &Passed) -> Returned {
        // SAFETY: the caller promises the entry of this model; the array has a place for the result.
        unsafe {
            let native = mem::transmute::<*const c_void, EngineFunction>(entry);
            match native(passed.context, passed.array, passed.argc as i64, passed.exception) {
                -2 => None,
                success => {
                    assert_eq!(success, 7);
                    Some([passed.array.add(1).read(), 0])
                }
            }
        }
    }
    const TAG: u64 = 0xfffa_0000_0000_0000;
    let model = ValueModel::new(
        notation::signature("(pointer, pointer, i64, pointer) -> i32"),
        [Role::Context, Role::Argv { first: 3 }, Role::Argc, Role::Exception],
        ResultPath::Stored { index: 1, success: 7, exception: -2_i64 as u64 },
        Singleton::word(0xfffd_0000_0000_0000),
    )
    .double(Double::new(Test::range(0, 0xfff8_0000_0000_0000), [0; 2]).nan(0xfff8_0000_0000_0000))
    .wide(Integer::new(Test::equal(4, 4, TAG >> 32), 4, [TAG, 0]).shift(1))
    .boolean(Boolean::new(Test::equal(6, 2, 0xfffb), [0xfffb_0000_0000_0000, 0]).offset(5))
    .null(Singleton::new(Test::equal(6, 2, 0xfffc), [0xfffc_0000_0000_0000, 0]));
    Model { name: "doubles", model, call }
}

impl Model {
    /// The words of a value.
    pub(crate) fn words(&self) -> usize {
        usize::from(self.model.size / 8)
    }

    /// The index of the first argument in the array.
    pub(crate) fn first(&self) -> usize {
        let first = |role: &Role| if let Role::Argv { first } = *role { Some(first.into()) } else { None };
        // A struct leads to the first argument itself.
        self.model.roles.iter().find_map(first).unwrap_or(0)
    }

    /// The parameters that the engine passes.
    pub(crate) fn passes(&self, role: Role) -> bool {
        let info = self.model.info.as_ref().filter(|_| role == Role::Context);
        self.model.roles.contains(&role) || info.is_some_and(|info| info.context.is_some())
    }
}
