//! A virtual machine with NaN-boxed values. Its native functions get only arguments: `Value f(int argc, Value *args)`, as those
//! of clox in "Crafting Interpreters". Numbers are doubles. It does not have BigInts, and does not round integers. Its buffers
//! belong to the program that embeds it, and do not move.

use std::cell::RefCell;
use std::mem::offset_of;

use hotcall::engine::{
    Boolean, CallFunction, CallOutcome, CallRole, Catch, Double, Engine, EngineError, Object, ObjectClass, Output,
    Path, ResultPath, Role, Singleton, Site, Test, ValueModel, View, Words,
};
use hotcall::{Signature, Type};

// The highest 16 bits of the values that are not doubles.
/// A boolean, whose lowest bit is the truth.
pub const BOOLEAN: u64 = 0xfff9 << 48;
/// Nil: the absence of a value.
pub const NIL: u64 = 0xfffa << 48;
/// The result of a native function that has thrown.
pub const THROWN: u64 = 0xfffb << 48;

/// A buffer: the address of its [`BareBuffer`].
pub const BYTES: u64 = 0xfffd << 48;
/// An address that C gave.
pub const POINTER: u64 = 0xfffe << 48;

/// The highest 16 bits, by which such values are told.
const TAG: u64 = 0xffff << 48;

/// The one NaN among the machine's numbers.
const NAN: u64 = 0x7ff8 << 48;

/// The integers up to here are doubles, without gaps.
const P53: u64 = 1 << 53;

/// The bytes of a buffer.
#[repr(C)]
pub struct BareBuffer {
    /// The first byte.
    pub address: *mut u8,
    /// The number of bytes.
    pub len: usize,
}

/// A native function.
pub type Native = unsafe extern "C" fn(argc: i32, args: *const u64) -> u64;

/// The machine's values in memory, and the calls of its native functions.
pub fn model() -> ValueModel {
    ValueModel::new(
        Signature::new([Type::I32, Type::POINTER], Type::U64).unwrap(),
        [Role::Argc, Role::Argv { first: 0 }],
        ResultPath::Returned { exception: [THROWN, 0] },
        Singleton::word(NIL),
    )
    .double(Double::new(Test::range(0, f64::NEG_INFINITY.to_bits()), [0, 0]).nan(NAN))
    .boolean(Boolean::new(Test::masked(0, 8, !1, BOOLEAN), [BOOLEAN, 0]))
    .null(Singleton::word(NIL))
    .objects(objects())
    .call(call_function())
}

/// `Value call(Value function, int argc, Value *args)`, which a program that embeds the machine has.
fn call_function() -> CallFunction {
    let native = Signature::new([Type::U64, Type::I32, Type::POINTER], Type::U64).unwrap();
    let thrown = Test::equal(0, 8, THROWN);
    CallFunction::new(
        native,
        [CallRole::Callee, CallRole::Argc, CallRole::Argv],
        [NIL, 0],
        CallOutcome::Returned { thrown },
    )
}

/// Buffers, whose bytes machine code finds, and addresses of C. Nothing moves, so nothing is pinned.
fn objects() -> ObjectClass {
    let field = |offset: usize| Path([offset as i32].into());
    let buffers = Object::new([field(offset_of!(BareBuffer, address))]).length(field(offset_of!(BareBuffer, len)));
    let tagged = |tag| Test::masked(0, 8, TAG, tag);
    ObjectClass::new(tagged(BYTES), [buffers]).mask(!TAG).pointers(tagged(POINTER))
}

/// The value of a number.
pub const fn number(number: f64) -> u64 {
    if number.is_nan() { NAN } else { number.to_bits() }
}

/// The address in a value.
pub const fn payload(value: u64) -> usize {
    (value & !TAG) as usize
}

thread_local! {
    /// The exception that was thrown last: native functions do not get a place for it.
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The message of the exception that was thrown last.
pub fn take_message() -> Option<String> {
    MESSAGE.take()
}

/// The services of the machine that hotcall uses.
pub struct Bare;

// SAFETY: the bytes of buffers do not move, and the program keeps them as long as the machine has the value.
unsafe impl Engine for Bare {
    type Exception = String;

    unsafe fn view(&self, _: Site, [value, _]: Words) -> View {
        match value & TAG {
            BOOLEAN => View::Boolean(value & 1 == 1),
            NIL => View::Null,
            BYTES => {
                // SAFETY: the value has the address of a buffer, which the program keeps.
                let &BareBuffer { address, len } = unsafe { &*std::ptr::with_exposed_provenance(payload(value)) };
                View::Bytes { address, len }
            }
            POINTER => View::Pointer(std::ptr::with_exposed_provenance_mut(payload(value))),
            _ => View::Number(f64::from_bits(value)),
        }
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, String> {
        if let Output::I64(integer) = output
            && integer.unsigned_abs() <= P53
        {
            return Ok([number(integer as f64), 0]);
        }
        if let Output::U64(integer) = output
            && integer <= P53
        {
            return Ok([number(integer as f64), 0]);
        }
        Err(format!("no value for {output:?}"))
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
        error.to_string()
    }

    unsafe fn throw(&self, _: Site, exception: String) {
        MESSAGE.set(Some(exception));
    }
}

// SAFETY: this runs no script.
unsafe impl Catch for Bare {
    unsafe fn catch(&self, _: Site, _: Words) -> String {
        take_message().unwrap_or_else(|| "a function of the machine has thrown".into())
    }
}
