//! The model of the functions that V8 calls where its code is not optimised.

use std::ffi::c_void;

use hotcall_jit::engine::fast_call::Path;
use hotcall_jit::engine::values::{
    CallInfo, Integer, MakeFunction, MakeRole, NumberClass, ObjectClass, ResultPath, Role, Singleton, Test, ValueModel,
};
use hotcall_jit::probe;
use hotcall_jit::{Signature, Type};

use super::generation::Generation;
use super::objects::numbers;
use super::roots::{Roots, TAG};

/// The layout of the struct that a callback gets, `FunctionCallbackInfo`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallbackLayout {
    /// Offsets of words through which the fields are reached: see [`Path`].
    argc: &'static [i32],
    argv: &'static [i32],
    result: &'static [i32],
    isolate: &'static [i32],
}

impl CallbackLayout {
    /// The layout of versions up to 14.1: the addresses of two arrays, and the number of arguments.
    pub const ARRAYS: Self = Self { argc: &[16], argv: &[8, 0], result: &[0, 24], isolate: &[0, 8] };

    /// The layout of version 14.6: the frame of the call itself.
    pub const FRAME: Self = Self { argc: &[0], argv: &[80], result: &[48], isolate: &[40] };

    /// The layout of a version that was tried, or of 10.2 by its header. `None` for others; [`find`](Self::find) may tell.
    pub const fn of_version(major: u32, minor: u32) -> Option<Self> {
        match (major, minor) {
            (10, 2) | (11, 3) | (12, 4) | (13, 6) | (14, 1) => Some(Self::ARRAYS),
            (14, 6) => Some(Self::FRAME),
            _ => None,
        }
    }

    /// Finds the layout of the struct that a callback has got, by the isolate and the words of its arguments. `None` if it is
    /// none of the known layouts, or if it could be several of them.
    ///
    /// The arguments should be several different objects or integers. Memory is read by
    /// [`probe::read`](hotcall_jit::probe::read), so any address does no harm. On systems where that is not possible, no
    /// layout is found.
    pub fn find(info: *const c_void, isolate: *const c_void, arguments: &[u64]) -> Option<Self> {
        let info = info.expose_provenance();
        let isolate = isolate.expose_provenance() as u64;
        let mut found = [Self::ARRAYS, Self::FRAME].into_iter().filter(|layout| layout.is(info, isolate, arguments));
        let layout = found.next()?;
        found.next().is_none().then_some(layout)
    }

    /// Returns true if the struct at this address has this layout.
    fn is(&self, info: usize, isolate: u64, arguments: &[u64]) -> bool {
        let argc = follow(info, self.argc).and_then(load).map(|argc| argc as u32);
        let has = |(index, word): (usize, &u64)| {
            follow(info, self.argv).and_then(|argv| load(argv.wrapping_add(index * 8))) == Some(*word)
        };
        argc == u32::try_from(arguments.len()).ok()
            && follow(info, self.isolate).and_then(load) == Some(isolate)
            && follow(info, self.result).and_then(load).is_some()
            && arguments.iter().enumerate().all(has)
    }

    fn info(self) -> CallInfo {
        let path = |offsets: &[i32]| Path(offsets.into());
        CallInfo::new(path(self.argc), path(self.argv), path(self.result)).context(path(self.isolate))
    }
}

/// Returns the address of a field. `None` if a word on the way cannot be read.
fn follow(start: usize, path: &[i32]) -> Option<usize> {
    let (last, through) = path.split_last()?;
    let mut at = start;
    for &offset in through {
        at = usize::try_from(load(at.wrapping_add_signed(offset as isize))?).ok()?;
    }
    Some(at.wrapping_add_signed(*last as isize))
}

fn load(at: usize) -> Option<u64> {
    let mut word = [0; 8];
    probe::read(at, &mut word).then_some(u64::from_ne_bytes(word))
}

impl Generation {
    /// The model of callbacks in an isolate with these roots and this word of `undefined`. It does not have the
    /// [functions](MakeFunction) that make values.
    ///
    /// Its users rely on the layout of V8's objects; see [`handles`](Self::handles).
    ///
    /// # Panics
    ///
    /// Does not panic.
    pub fn callback(&self, layout: CallbackLayout, roots: &Roots, undefined: u64) -> ValueModel {
        let is_object = Test::masked(0, 1, TAG as u64, TAG as u64);
        let small = Integer::new(Test::equal(0, 4, 0), 4, [0; 2]).offset(4);
        // Script may detach or resize any buffer.
        let kinds = self.view.objects(roots).map(|kind| if kind.length.is_some() { kind.moving() } else { kind });
        ValueModel::new(
            Signature::new([Type::POINTER], None).expect("the signature is within all limits"),
            [Role::Info],
            ResultPath::Info,
            Singleton::word(undefined),
        )
        .info(layout.info())
        .indirect(true)
        .integer(small)
        .truths([roots.no, roots.yes])
        .null(Singleton::word(roots.null))
        .constants_are_objects(true)
        .repeats(self.fallback.is_some())
        .objects(ObjectClass::new(is_object, kinds))
        .numbers(numbers(roots).map(|objects| NumberClass::new(is_object, objects)))
    }
}

/// Describes `Local<Number> Number::New(Isolate *, double)`, for [`ValueModel::make_number`].
///
/// # Safety
///
/// The address is that of the function.
///
/// # Panics
///
/// Does not panic.
pub unsafe fn number_function(address: *const c_void) -> MakeFunction {
    // SAFETY: the caller promises the address of this function.
    unsafe { make_function(address, [Type::POINTER, Type::F64], [MakeRole::Context, MakeRole::Value]) }
}

/// Describes `Local<BigInt> BigInt::New(Isolate *, int64_t)`, for [`ValueModel::make_signed`].
///
/// # Safety
///
/// The address is that of the function.
///
/// # Panics
///
/// Does not panic.
pub unsafe fn signed_function(address: *const c_void) -> MakeFunction {
    // SAFETY: the caller promises the address of this function.
    unsafe { make_function(address, [Type::POINTER, Type::I64], [MakeRole::Context, MakeRole::Value]) }
}

/// Describes `Local<BigInt> BigInt::NewFromUnsigned(Isolate *, uint64_t)`, for [`ValueModel::make_unsigned`].
///
/// # Safety
///
/// The address is that of the function.
///
/// # Panics
///
/// Does not panic.
pub unsafe fn unsigned_function(address: *const c_void) -> MakeFunction {
    // SAFETY: the caller promises the address of this function.
    unsafe { make_function(address, [Type::POINTER, Type::U64], [MakeRole::Context, MakeRole::Value]) }
}

/// Describes `Local<External> External::New(Isolate *, void *)`, for [`ValueModel::make_pointer`]. Later versions of V8 take a
/// tag of 16 bits too, which is 0 here.
///
/// # Safety
///
/// The address is that of one of these functions.
///
/// # Panics
///
/// Does not panic.
pub unsafe fn external_function(address: *const c_void) -> MakeFunction {
    let params = [Type::POINTER, Type::POINTER, Type::U16];
    let roles = [MakeRole::Context, MakeRole::Value, MakeRole::Zero];
    // SAFETY: the caller promises the address of such a function. One without a tag ignores the register of the third
    // parameter.
    unsafe { make_function(address, params, roles) }
}

/// # Safety
///
/// The address is that of a function of V8 with these parameters, which returns a `Local`.
unsafe fn make_function<const N: usize>(
    address: *const c_void,
    params: [Type; N],
    roles: [MakeRole; N],
) -> MakeFunction {
    // A `Local` is the address of a word, or null if V8 has thrown.
    let native = Signature::new(params, Type::POINTER).expect("the signature is within all limits");
    // SAFETY: the caller promises a function of this type.
    unsafe { MakeFunction::new(address, native, roles, Test::equal(0, 8, 0)) }
}
