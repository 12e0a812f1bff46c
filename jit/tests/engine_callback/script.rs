//! Call functions, each of another type: what engines have and could have.

use std::ffi::c_void;
use std::mem;

use hotcall_jit::Scalar;
use hotcall_jit::engine::values::{CallFunction, CallOutcome, CallRole, Test, ValueModel, Words};
use hotcall_testing::notation;
use hotcall_testing::random::Random;

use crate::models;
use crate::scene::{Returned, call_script};

/// A model with its call function, as data and as a function.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) model: ValueModel,
    pub(crate) call: *const c_void,
    /// The value that means an exception.
    pub(crate) thrown: Words,
    /// True if the function stores a thrown value at an address.
    pub(crate) stores_exception: bool,
}

pub(crate) fn all() -> Vec<Script> {
    let narrow = [models::offset_boxed(), models::tag_boxed(), models::shifted(), models::doubles()];
    let of_narrow = narrow.into_iter().flat_map(|model| [returned(&model), stored(&model)]);
    [tagged(), wide(), crowded()].into_iter().chain(of_narrow).collect()
}

const THIS: u64 = 0x7415;

/// A value that has none of the model's classes, and so can mean an exception.
fn without_class(model: &ValueModel) -> Words {
    let mut random = Random::new(11);
    let scalars = [Scalar::I64, Scalar::F64, Scalar::Bool, Scalar::ALL[13]];
    let candidates = std::iter::repeat_with(|| [random.bits(), if model.size == 16 { random.bits() } else { 0 }]);
    let has_class = |value: &Words| {
        scalars.iter().any(|&scalar| model.unpack(scalar, *value).is_some()) || model.undefined.test.holds(*value)
    };
    // Small numbers come first: the models' values are in all parts of the range.
    let small = (0..1000).map(|word| [word, 0]);
    small.chain(candidates).find(|value| !has_class(value)).unwrap()
}

/// As `JS_Call`: values in two registers each, the last of them on the stack.
fn tagged() -> Script {
    #[repr(C)]
    struct Value(u64, u64);
    unsafe extern "C-unwind" fn call(
        context: *mut c_void,
        callee: Value,
        this: Value,
        argc: i32,
        argv: *const u64,
    ) -> Value {
        assert_eq!([this.0, this.1], [THIS, 3]);
        // SAFETY: the thunk passes so many values.
        match unsafe { call_script(context, [callee.0, callee.1], argc as usize, argv) } {
            Returned::Value([payload, tag]) => Value(payload, tag),
            Returned::Thrown(_) => Value(0, 6),
        }
    }
    let value = "struct {union {i32, f64, pointer}, i64}";
    let function = CallFunction::new(
        notation::signature(&format!("(pointer, {value}, {value}, i32, pointer) -> {value}")),
        [CallRole::Context, CallRole::Callee, CallRole::This, CallRole::Argc, CallRole::Argv],
        [THIS, 3],
        CallOutcome::Returned { thrown: Test::equal(8, 4, 6) },
    );
    let model = models::tagged().model.call(function);
    Script { name: "tagged", model, call: call as *const c_void, thrown: [0, 6], stores_exception: false }
}

/// Values take most registers, so that addresses go to the stack.
fn crowded() -> Script {
    #[repr(C)]
    struct Value(u64, u64);
    unsafe extern "C-unwind" fn call(
        this: Value,
        callee: Value,
        argc: u64,
        argv: *const u64,
        result: *mut Words,
        exception: *mut Words,
        context: *mut c_void,
    ) -> u32 {
        assert_eq!([this.0, this.1], [THIS, 3]);
        // SAFETY: the thunk passes so many values, and addresses for result and exception.
        unsafe {
            match call_script(context, [callee.0, callee.1], argc as usize, argv) {
                Returned::Value(value) => {
                    result.write(value);
                    0
                }
                Returned::Thrown(thrown) => {
                    exception.write(thrown);
                    0x8000_0001
                }
            }
        }
    }
    let value = "struct {union {i32, f64, pointer}, i64}";
    let function = CallFunction::new(
        notation::signature(&format!("({value}, {value}, u64, 4*pointer) -> u32")),
        [
            CallRole::This,
            CallRole::Callee,
            CallRole::Argc,
            CallRole::Argv,
            CallRole::Result,
            CallRole::Exception,
            CallRole::Context,
        ],
        [THIS, 3],
        CallOutcome::Stored { thrown: Test::range(1, u64::from(u32::MAX)) },
    );
    let model = models::tagged().model.call(function);
    Script { name: "crowded", model, call: call as *const c_void, thrown: [0, 6], stores_exception: true }
}

/// Values in memory, and the result in memory too.
fn wide() -> Script {
    #[derive(Clone, Copy)]
    #[repr(C, packed)]
    struct Value {
        first: u8,
        middle: u64,
        last: [u8; 7],
    }
    const EXCEPTION: Words = [u64::MAX; 2];
    unsafe extern "C-unwind" fn call(argv: *const u64, argc: i64, callee: Value, context: *mut c_void) -> Value {
        // SAFETY: both have 16 bytes without padding; the thunk passes so many values.
        unsafe {
            let callee = mem::transmute::<Value, Words>(callee);
            let value = match call_script(context, callee, argc as usize, argv) {
                Returned::Value(value) => value,
                Returned::Thrown(_) => EXCEPTION,
            };
            mem::transmute::<Words, Value>(value)
        }
    }
    let value = "struct {u8, packed i64, u8[7]}";
    let function = CallFunction::new(
        notation::signature(&format!("(pointer, i64, {value}, pointer) -> {value}")),
        [CallRole::Argv, CallRole::Argc, CallRole::Callee, CallRole::Context],
        [0; 2],
        // An integer of this model may be -1, so the tag is tested.
        CallOutcome::Returned { thrown: Test::equal(2, 2, 0xffff) },
    );
    let model = models::wide().model.call(function);
    Script { name: "wide", model, call: call as *const c_void, thrown: EXCEPTION, stores_exception: false }
}

thread_local! {
    /// The value that means an exception for `returned`, because each model has another.
    static EXCEPTION: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

impl Script {
    /// Prepares this thread for calls of the function.
    pub(crate) fn prepare(&self) {
        EXCEPTION.set(self.thrown[0]);
    }
}

/// As `JSObjectCallAsFunction`: a word that means an exception, which goes to an address.
fn returned(of: &models::Model) -> Script {
    unsafe extern "C-unwind" fn call(
        context: *mut c_void,
        callee: u64,
        this: *mut c_void,
        argc: usize,
        argv: *const u64,
        exception: *mut u64,
    ) -> u64 {
        assert_eq!(this as u64, THIS);
        // SAFETY: the thunk passes so many values, and an address for the exception.
        unsafe {
            assert_eq!(exception.read(), 0);
            match call_script(context, [callee, 0], argc, argv) {
                Returned::Value([word, _]) => word,
                Returned::Thrown([word, _]) => {
                    exception.write(word);
                    EXCEPTION.get()
                }
            }
        }
    }
    let thrown = without_class(&of.model);
    let function = CallFunction::new(
        notation::signature("(pointer, u64, pointer, usize, pointer, pointer) -> u64"),
        [CallRole::Context, CallRole::Callee, CallRole::This, CallRole::Argc, CallRole::Argv, CallRole::Exception],
        [THIS, 0],
        CallOutcome::Returned { thrown: Test::equal(0, 8, thrown[0]) },
    );
    let model = of.model.clone().call(function);
    Script { name: of.name, model, call: call as *const c_void, thrown, stores_exception: true }
}

/// A status in the low byte of a register, and the value at an address.
fn stored(of: &models::Model) -> Script {
    unsafe extern "C-unwind" fn call(
        result: *mut u64,
        argv: *const u64,
        argc: u32,
        callee: u64,
        context: *mut c_void,
        exception: *mut u64,
    ) -> i8 {
        // SAFETY: the thunk passes so many values, and addresses for result and exception.
        unsafe {
            match call_script(context, [callee, 0], argc as usize, argv) {
                Returned::Value([word, _]) => {
                    result.write(word);
                    1
                }
                Returned::Thrown([word, _]) => {
                    exception.write(word);
                    -3
                }
            }
        }
    }
    let function = CallFunction::new(
        notation::signature("(pointer, pointer, u32, u64, pointer, pointer) -> i8"),
        [CallRole::Result, CallRole::Argv, CallRole::Argc, CallRole::Callee, CallRole::Context, CallRole::Exception],
        [0; 2],
        CallOutcome::Stored { thrown: Test::equal(0, 8, -3_i64 as u64) },
    );
    let model = of.model.clone().call(function);
    let thrown = without_class(&of.model);
    Script { name: of.name, model, call: call as *const c_void, thrown, stores_exception: true }
}
