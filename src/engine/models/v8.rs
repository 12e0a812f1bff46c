//! The model of V8's "fast API calls", by which its optimised code calls C functions.
//!
//! Written after `include/v8-fast-api-calls.h` and the compiler behind it, for builds without pointer compression. The
//! versions differ in numbers and offsets, which a [`Generation`] holds. The rules are common:
//!
//! * The receiver comes first, then the arguments, last `FastApiCallbackOptions &`.
//! * V8 truncates numbers for `int32_t` and `uint32_t`, and converts every value for `bool`. So arguments of these
//!   types are not used. Integers and truth values come as handles. Machine code reads small integers, `true` and
//!   `false` itself, and refuses wrong values. If all arguments are numbers, `uint32_t` comes as `double`, because half
//!   of its values are not small integers. In versions in which refused calls throw, all come as handles, because such
//!   functions call a helper in any case.
//! * Some functions have more than six integers of up to 32 bits, and otherwise only floats, at most seven. If V8 can
//!   make a refused call again, their integers come as `int64_t`, and the first one as `double`. So those on the stack
//!   need not be moved: the double makes up for the receiver. V8 checks that they are integers, with one hole. Its
//!   compiler knows the range of some numbers, such as literals. From 2⁶³ on they arrive as if 2⁶⁴ were subtracted, and
//!   signed types of C take those from 2⁶⁴ − 2³¹ on.
//! * Pointers, buffers and structs come as handles. Machine code reads typed arrays and externals.
//! * A struct that the function returns is written to bytes that the caller passes after the arguments.
//!
//! After a refused argument, V8 calls the ordinary callback. In versions that do not support this, the function throws.
//! For this it gets V8's options, which take V8 three stores.
//!
//! **Before 11.4, an exception that the ordinary callback then throws passes by every `try` of the optimised
//! function.** V8 does not compile a way from there to a handler. So in these versions a callback of a function with
//! fast calls must not throw ([`Generation::misses_handlers`]). It keeps the exception in its realm and returns. Script
//! around the function checks whether one [waits](crate::engine::Realm::pending), and throws it. This also covers
//! exceptions of C's callbacks. So functions of floats alone, whose arguments are never refused, do not need options.
//!
//! **No script may run inside a fast call.** Up to 12.4 the process ends when it does. Later versions let it run. But
//! the script may invalidate assumptions of the compiled caller, which continues all the same, or ends the process. The
//! script may also make V8 move the bytes of small typed arrays while C has their address. So callbacks use
//! [`Realm::leave_fast_call`](crate::engine::Realm::leave_fast_call), or before 11.4
//! [`Realm::throw`](crate::engine::Realm::throw). C gets zeros, and when it has returned an exception is thrown: by
//! script before 11.4, by the ordinary function up to 12.8, and later by the fast call. Functions whose purpose is to
//! call script back do not have a fast call.

use hotcall_jit::engine::fast_call::{
    Check, Exit, FastCallModel, FastCallRole, Handles, MAX_FAST_CALL_PARAMETERS, Object, Path, Small, Tag,
};
use hotcall_jit::engine::values::Test;
use hotcall_jit::{Abi, Scalar, Signature, SignatureError, Type};

/// The properties of fast calls in some versions of V8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generation {
    numbers: Numbers,
    /// The offset of `fallback` in the options, if they have it.
    fallback: Option<u32>,
    /// True if exceptions pass by handlers.
    misses_handlers: bool,
    /// True if results may be integers of 64 bits.
    wide_results: bool,
    /// The bytes of a `CTypeInfo`.
    info_size: usize,
    view: ViewLayout,
}

/// `CTypeInfo::Type`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Numbers {
    int32: u8,
    uint32: u8,
    int64: u8,
    uint64: u8,
    float32: u8,
    float64: u8,
    pointer: Option<u8>,
    value: u8,
}

/// `CTypeInfo::Type::kVoid` and the like, which never changed.
const VOID: u8 = 0;
const BOOL: u8 = 1;

/// `CTypeInfo::kCallbackOptionsType`
const OPTIONS: u8 = 255;

/// Offsets of fields from an object's first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct ViewLayout {
    buffer: i32,
    /// The bit field. Its bits [`VARIABLE`] are not 0 if the length differs from the field.
    bit_field: i32,
    byte_length: i32,
    external_pointer: i32,
    base_pointer: i32,
    /// The buffer's bit field. The bits for detached and immutable must be 0.
    buffer_bit_field: i32,
    buffer_bits: u64,
}

/// `Map::instance_type`, of two bytes.
const INSTANCE_TYPE: i32 = 12;

/// `JSExternalObject`'s pointer.
const EXTERNAL_VALUE: i32 = 24;

/// `JSArrayBufferView::IsLengthTrackingBit`, `IsBackedByRabBit`. Other bits may have any value.
const VARIABLE: u64 = 0b11;

/// `JSArrayBuffer::WasDetachedBit`, `IsImmutableBit`
const DETACHED: u64 = 1 << 2;
const IMMUTABLE: u64 = 1 << 6;

/// Addresses of objects have a 1 in the lowest bit. The low 32 bits of small integers are 0.
const TAG: i32 = 1;

const NUMBERS_10_2: Numbers =
    Numbers { int32: 2, uint32: 3, int64: 4, uint64: 5, float32: 6, float64: 7, pointer: None, value: 8 };

const NUMBERS_11_0: Numbers =
    Numbers { int32: 3, uint32: 4, int64: 5, uint64: 6, float32: 7, float64: 8, pointer: Some(9), value: 10 };

const VIEW_10_0: ViewLayout = ViewLayout {
    buffer: 24,
    bit_field: 48,
    byte_length: 40,
    external_pointer: 64,
    base_pointer: 72,
    buffer_bit_field: 56,
    buffer_bits: DETACHED,
};

const VIEW_10_9: ViewLayout = ViewLayout { buffer_bit_field: 64, ..VIEW_10_0 };

const VIEW_12_6: ViewLayout = ViewLayout {
    buffer: 32,
    bit_field: 40,
    byte_length: 56,
    external_pointer: 72,
    base_pointer: 80,
    buffer_bit_field: 72,
    buffer_bits: DETACHED,
};

impl Generation {
    /// V8 10.2, as in Node 18. This version is tested here.
    pub const V10_2: Self = Self {
        numbers: NUMBERS_10_2,
        fallback: Some(0),
        misses_handlers: true,
        wide_results: false,
        info_size: 3,
        view: VIEW_10_0,
    };

    /// V8 11.3, as in Node 20.
    pub const V11_3: Self = Self { numbers: NUMBERS_11_0, view: VIEW_10_9, ..Self::V10_2 };

    /// V8 12.4, as in Node 22.
    pub const V12_4: Self = Self { misses_handlers: false, wide_results: true, ..Self::V11_3 };

    /// V8 13.6, as in Node 24.
    pub const V13_6: Self = Self { fallback: None, view: VIEW_12_6, ..Self::V12_4 };

    /// V8 15.0, as in Deno 2.9.
    pub const V15_0: Self =
        Self { info_size: 2, view: ViewLayout { buffer_bits: DETACHED | IMMUTABLE, ..VIEW_12_6 }, ..Self::V13_6 };

    /// The exit of a refused call, for functions that can be refused an argument. If the version [misses
    /// handlers](Self::misses_handlers), callbacks do not use it: they only [throw](crate::engine::Realm::throw).
    pub const fn exit(&self) -> Exit {
        match self.fallback {
            Some(offset) => Exit::Flag { offset },
            None => Exit::Raise,
        }
    }

    /// Returns true if the calling optimised function cannot catch an exception that the ordinary callback throws after
    /// a refused call. The script around each function that handles this is the [caller that
    /// looks](FastCallModel::caller_looks).
    pub const fn misses_handlers(&self) -> bool {
        self.misses_handlers
    }

    /// The number of bytes of a `CTypeInfo`. They are the first bytes of a [`V8CType`].
    pub const fn info_size(&self) -> usize {
        self.info_size
    }

    /// The handles of an isolate.
    ///
    /// Their users rely on the layout of V8's objects. [`Handles::resolve`] can test it: compare its result for a typed
    /// array with V8's own answers.
    pub fn handles(&self, roots: &Roots) -> Handles {
        let objects = [roots.typed_array.map(|number| self.view.typed_array(number)), roots.external.map(external)];
        Handles::new(Tag { mask: TAG as u64, bits: TAG as u64 })
            .indirect(true)
            .integers(Small::new(Tag { mask: TAG as u64, bits: 0 }, 32))
            .null(roots.null)
            .booleans([roots.no, roots.yes])
            .objects(objects.into_iter().flatten())
    }

    /// The model for calls of a C function by optimised code.
    ///
    /// # Errors
    ///
    /// The function does not have such a call; the ordinary callback serves it.
    pub fn fast_call(&self, signature: &Signature, roots: &Roots) -> Result<V8FastCall, NoFastCall> {
        let abi = convention().ok_or(NoFastCall::Host)?;
        let arrivals = self.arrivals(abi, signature);
        let mut call = Building { generation: self, native: vec![], roles: vec![], params: vec![] };
        call.push(Type::POINTER, FastCallRole::Ignored, self.numbers.value);
        for (ty, arrival) in signature.params().iter().zip(arrivals) {
            match arrival {
                Arrival::Handle => call.push(Type::POINTER, FastCallRole::Handle(0), self.numbers.value),
                Arrival::Int64 => call.push(Type::I64, FastCallRole::Argument, self.numbers.int64),
                Arrival::Float64 => call.push(Type::F64, FastCallRole::Argument, self.numbers.float64),
                Arrival::Float32 => call.push(ty.clone(), FastCallRole::Argument, self.numbers.float32),
            }
        }
        let result = match signature.result().map(|ty| (ty, ty.as_scalar())) {
            None => (None, VOID),
            Some((ty, Some(scalar))) => self.result(ty, scalar)?,
            Some((_, None)) => {
                call.push(Type::POINTER, FastCallRole::Result(0), self.numbers.value);
                (None, VOID)
            }
        };
        // Such a function refuses calls only when it is closed, and the script around it handles that.
        let only_floats = signature.params().iter().all(|ty| ty.as_scalar().is_some_and(Scalar::is_float));
        let is_refused_nothing = only_floats && signature.result().is_none_or(|ty| ty.as_scalar().is_some());
        if !(self.misses_handlers && is_refused_nothing) {
            call.push(Type::POINTER, FastCallRole::Exit, OPTIONS);
        }
        let big_ints = matches!(signature.result().and_then(Type::as_scalar), Some(scalar) if is_wide(scalar));
        call.finish(abi, result, roots, big_ints)
    }

    fn arrivals(&self, abi: Abi, signature: &Signature) -> Vec<Arrival> {
        let scalars: Vec<_> = signature.params().iter().map(Type::as_scalar).collect();
        let is_small = |scalar: Scalar| scalar.is_integer() && scalar.size() <= 4;
        let only_numbers =
            scalars.iter().all(|scalar| scalar.is_some_and(|scalar| scalar.is_float() || is_small(scalar)));
        let small = scalars.iter().flatten().filter(|&&scalar| is_small(scalar)).count();
        let floats = scalars.iter().flatten().filter(|scalar| scalar.is_float()).count();
        // V8 has one representation of integers of 64 bits for a whole function. If the result is a BigInt, arguments
        // that come as `int64_t` would be BigInts too.
        let by_number = !signature.result().and_then(Type::as_scalar).is_some_and(is_wide);
        // The double that makes up for the receiver takes one more register for floats.
        let on_the_stack = self.fallback.is_some()
            && (only_numbers && by_number)
            && need_stack(abi, &Type::I64, small)
            && !need_stack(abi, &Type::F64, floats + 1);
        let mut first = true;
        let mut integer = |scalar: Scalar| {
            if is_small(scalar) && on_the_stack {
                if std::mem::take(&mut first) { Arrival::Float64 } else { Arrival::Int64 }
            } else if scalar == Scalar::U32 && only_numbers && self.fallback.is_some() {
                // Half of these values are not small integers, and the code of functions of numbers alone calls no
                // helper.
                Arrival::Float64
            } else {
                Arrival::Handle
            }
        };
        // Types without a form of their own come as handles.
        let arrival = |scalar: &Option<Scalar>| match *scalar {
            Some(Scalar::F64) => Arrival::Float64,
            Some(Scalar::F32) => Arrival::Float32,
            Some(scalar) if scalar.is_integer() => integer(scalar),
            Some(_) | None => Arrival::Handle,
        };
        scalars.iter().map(arrival).collect()
    }

    fn result(&self, ty: &Type, scalar: Scalar) -> Result<(Option<Type>, u8), NoFastCall> {
        let Numbers { int32, uint32, int64, uint64, float32, float64, pointer, .. } = self.numbers;
        let number = |number: Option<u8>| match number {
            Some(number) => Ok((Some(ty.clone()), number)),
            None => Err(NoFastCall::Result { ty: ty.clone() }),
        };
        let wide = |integer| number(self.wide_results.then_some(integer));
        match scalar {
            Scalar::Bool => Ok((Some(Type::BOOL), BOOL)),
            Scalar::F32 => Ok((Some(Type::F32), float32)),
            Scalar::F64 => Ok((Some(Type::F64), float64)),
            Scalar::I8 | Scalar::I16 | Scalar::I32 => Ok((Some(Type::I32), int32)),
            Scalar::U8 | Scalar::U16 | Scalar::U32 => Ok((Some(Type::U32), uint32)),
            Scalar::I64 | Scalar::Isize => wide(int64),
            Scalar::U64 | Scalar::Usize => wide(uint64),
            Scalar::Pointer(_) => number(pointer),
            _ => Err(NoFastCall::Result { ty: ty.clone() }),
        }
    }
}

/// The convention of V8's calls: C's, except that each stack argument has 8 bytes on every platform. So it will differ
/// from C's on Apple's arm64, which packs them.
const fn convention() -> Option<Abi> {
    Abi::host()
}

/// Returns true if `count` arguments of a type do not fit in registers.
fn need_stack(abi: Abi, ty: &Type, count: usize) -> bool {
    Signature::new(vec![ty.clone(); count], None).is_ok_and(|all| abi.plan(&all).is_ok_and(|plan| plan.stack_size > 0))
}

const fn is_wide(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize)
}

/// The form in which an argument arrives.
#[derive(Clone, Copy)]
enum Arrival {
    Handle,
    Int64,
    Float64,
    Float32,
}

/// The words that machine code compares with. They are read from an isolate when the program starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Roots {
    /// The word of `null`.
    pub null: u64,
    /// The word of `false`.
    pub no: u64,
    /// The word of `true`.
    pub yes: u64,
    /// The [instance type](Roots::instance_type) of typed arrays. Without it the helper reads them.
    pub typed_array: Option<u16>,
    /// The instance type of externals, if no other objects have it.
    pub external: Option<u16>,
}

impl Roots {
    /// Roots of these words for `null`, `false` and `true`. The helper reads all objects.
    pub const fn new(null: u64, no: u64, yes: u64) -> Self {
        Self { null, no, yes, typed_array: None, external: None }
    }

    /// Sets the [instance type](Roots::instance_type) of typed arrays.
    pub const fn typed_array(self, instance_type: Option<u16>) -> Self {
        Self { typed_array: instance_type, ..self }
    }

    /// Sets the instance type of externals, if no other objects have it.
    pub const fn external(self, instance_type: Option<u16>) -> Self {
        Self { external: instance_type, ..self }
    }

    /// The instance type of an object.
    ///
    /// # Safety
    ///
    /// The word is that of an object.
    pub unsafe fn instance_type(word: u64) -> u16 {
        let address = |word: u64, offset: i32| {
            std::ptr::with_exposed_provenance::<u8>(word as usize).wrapping_offset((offset - TAG) as isize)
        };
        // SAFETY: an object begins with the word of its map, which has the type there.
        unsafe {
            let map = address(word, 0).cast::<u64>().read_unaligned();
            address(map, INSTANCE_TYPE).cast::<u16>().read_unaligned()
        }
    }
}

/// The description of a parameter or result for V8: the fields of `CTypeInfo`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct V8CType {
    /// `CTypeInfo::Type`, or `kCallbackOptionsType`.
    pub ty: u8,
    /// `CTypeInfo::SequenceType`: always 0. The last generation does not have it.
    pub sequence: u8,
    /// `CTypeInfo::Flags`: always 0.
    pub flags: u8,
}

/// The way in which optimised code calls a function.
///
/// Three objects must live as long as the function template: the array of `CTypeInfo`s, the `CFunctionInfo` over it,
/// and the record of [`Realm::fast_call`](crate::engine::Realm::fast_call). From 14.8 on the `CFunction` must, too.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct V8FastCall {
    /// The model for [`Realm::fast_call`](crate::engine::Realm::fast_call).
    pub model: FastCallModel,
    /// For V8: the receiver, the arguments, the memory for a struct if the function returns one, and the options, if
    /// the function uses them.
    pub params: Vec<V8CType>,
    /// For V8: the result of the function.
    pub result: V8CType,
    /// For V8: `Int64Representation::kBigInt`, in versions that have it.
    pub big_ints: bool,
}

/// The reason why a function does not have a fast call.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum NoFastCall {
    #[error("no calling convention is known for this machine")]
    Host,
    #[error("the fast call has {parameters} parameters, the receiver and others included: more than {max}")]
    Parameters { parameters: usize, max: usize },
    #[error("this version of V8 takes no {ty} as the result of a fast call")]
    Result { ty: Type },
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

struct Building<'a> {
    generation: &'a Generation,
    native: Vec<Type>,
    roles: Vec<FastCallRole>,
    params: Vec<V8CType>,
}

impl Building<'_> {
    fn push(&mut self, ty: Type, role: FastCallRole, number: u8) {
        self.native.push(ty);
        self.roles.push(role);
        self.params.push(V8CType::scalar(number));
    }

    fn finish(
        self,
        abi: Abi,
        (ty, number): (Option<Type>, u8),
        roots: &Roots,
        big_ints: bool,
    ) -> Result<V8FastCall, NoFastCall> {
        if self.native.len() > MAX_FAST_CALL_PARAMETERS {
            return Err(NoFastCall::Parameters { parameters: self.native.len(), max: MAX_FAST_CALL_PARAMETERS });
        }
        let exit = if self.roles.contains(&FastCallRole::Exit) { self.generation.exit() } else { Exit::Raise };
        let model = FastCallModel::new(abi, Signature::new(self.native, ty)?, self.roles, exit)
            .handles([self.generation.handles(roots)])
            .caller_looks(self.generation.misses_handlers);
        Ok(V8FastCall { model, params: self.params, result: V8CType::scalar(number), big_ints })
    }
}

impl V8CType {
    const fn scalar(ty: u8) -> Self {
        Self { ty, sequence: 0, flags: 0 }
    }
}

impl ViewLayout {
    fn typed_array(&self, instance_type: u16) -> Object {
        // For arrays in V8's own heap, the second word is that of the object that holds the bytes. It is 0 for others.
        Object::new([path(&[self.external_pointer]), path(&[self.base_pointer])])
            .checks([
                is_of_type(instance_type),
                Check { at: path(&[self.bit_field]), test: Test::masked(0, 4, VARIABLE, 0) },
                Check {
                    at: path(&[self.buffer, self.buffer_bit_field]),
                    test: Test::masked(0, 4, self.buffer_bits, 0),
                },
            ])
            .length(path(&[self.byte_length]))
    }
}

fn external(instance_type: u16) -> Object {
    Object::new([path(&[EXTERNAL_VALUE])]).checks([is_of_type(instance_type)])
}

fn is_of_type(instance_type: u16) -> Check {
    Check { at: path(&[0, INSTANCE_TYPE]), test: Test::equal(0, 2, instance_type.into()) }
}

/// The path from an object's word through fields that are objects to a field.
fn path(fields: &[i32]) -> Path {
    Path(fields.iter().map(|offset| offset - TAG).collect())
}
