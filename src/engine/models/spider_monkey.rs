//! SpiderMonkey's objects: their layout, found in samples of a running engine.
//!
//! Values are those of [`nanbox::spider_monkey`](super::nanbox::spider_monkey). A *view* is a typed array or a `DataView`.
//! The engine's classes are constant structs (`JSClass`), and those of typed arrays lie side by side.
//!
//! A layout that is found may still be wrong by chance; [`Realm::with_samples`](crate::engine::Realm::with_samples)
//! compares it with the engine's answers.

use std::ffi::c_void;
use std::ops::{Range, RangeInclusive};

use hotcall_jit::engine::fast_call::{ByteLength, Check, ElementSize, Object, Path};
use hotcall_jit::engine::values::{
    CallFunction, CallOutcome, CallRole, MakeFunction, MakeRole, ObjectClass, PinList, Singleton, Test, ValueModel,
    Words,
};
use hotcall_jit::{Signature, Type};

use crate::engine::models::fields::{Sizes, WORD, only, only_path, read};

/// An object, and what the engine's public functions say about it.
#[derive(Clone, Copy, Debug)]
pub struct SpiderMonkeySample {
    /// The value.
    pub value: Words,
    /// The address of its class: `JS::GetClass`.
    pub class: u64,
    /// The kind of the object.
    pub kind: SpiderMonkeyKind,
}

/// The kind of an object among the samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpiderMonkeyKind {
    /// A typed array.
    TypedArray {
        /// The address of the bytes, or 0 if the array is detached.
        address: u64,
        /// The number of elements.
        count: u64,
        /// Each element has `1 << shift` bytes.
        shift: u8,
        /// The value of its buffer: `JS_GetArrayBufferViewBuffer`. The array's bytes are there. `None` if neither script
        /// nor that function has made the buffer yet.
        buffer: Option<u64>,
    },
    /// A `DataView`: the address of its bytes, and their number. Both are 0 if it is detached.
    DataView {
        /// The address of the bytes.
        address: u64,
        /// The number of bytes.
        len: u64,
    },
    /// An `ArrayBuffer`: the address of its bytes, and their number. Both are 0 if it is detached.
    Buffer {
        /// The address of the bytes.
        address: u64,
        /// The number of bytes.
        len: u64,
    },
    /// A pointer object of the program's own class. The sum of two slots is the address.
    Pointer {
        /// The words of both slots, each a private value.
        slots: [u64; 2],
    },
}

/// The fields of an object.
const OBJECT: Range<isize> = 0..88;

/// The fields that lead from an object to its class, by way of two other structs.
const HEADER: Range<isize> = 0..32;

/// The bits of a value that are an object's address.
const ADDRESS: u64 = (1 << 47) - 1;

/// The addresses of bytes. Without bytes the field is 0 or a value, such as `undefined`.
const BYTES: RangeInclusive<u64> = 1..=ADDRESS;

/// Finds the layout of the engine's objects in samples.
///
/// The samples must have typed arrays of every class, with different numbers of elements and offsets, also some without a
/// buffer; a detached one; data views and array buffers of different lengths, and detached ones; and pointer objects.
/// `None` if no layout fits all of them, or more than one does.
///
/// The bytes of a typed array without a buffer move when script asks for the buffer. So machine code reads such arrays for
/// structs alone, which are copied. The first [`Engine::view`](crate::engine::Engine::view) of a typed array should give
/// it a buffer, by `JS_GetArrayBufferViewBuffer`.
///
/// Calls add objects to a [list](PinList) of pinned ones. A collector must be shown that list, and the program must not let
/// script detach the buffers of its objects while calls run; see
/// [`Realm::visit_pins`](crate::engine::Realm::visit_pins).
///
/// The fields are read by [`probe::read`](hotcall_jit::probe::read), so it finds none on systems where that is not possible.
///
/// # Safety
///
/// * The samples are objects of SpiderMonkey on a target with addresses of 64 bits.
/// * `class_size` is `sizeof(JSClass)`.
/// * The engine does not move objects: it does not have a nursery and does not compact its heap.
pub unsafe fn objects(samples: &[SpiderMonkeySample], class_size: usize) -> Option<ObjectClass> {
    let tag = samples.first()?.value[0] & !ADDRESS;
    let classes: Vec<_> = samples.iter().map(|sample| (sample.value[0] & ADDRESS, sample.class)).collect();
    let to_class = only_path([HEADER, HEADER, HEADER], &classes)?;
    let path = |at: i32| Path([at].into());
    let in_class = |at: i32| Path([&to_class[..], &[at]].concat().into());
    let is_object = |at: i32| Check { at: path(at), test: Test::masked(0, 8, !ADDRESS, tag) };
    let has_bytes = |at: i32| Check { at: path(at), test: Test::range(*BYTES.start(), *BYTES.end()) };
    let of_class = |low: u64, high: u64| Check { at: Path(to_class.into()), test: Test::range(low, high) };

    let is_array = |sample: &SpiderMonkeySample| sample.element().is_some();
    let arrays = Fields::of(samples, is_array)?;
    let buffer = only(OBJECT, WORD, samples, is_array, |sample, at| match sample.buffer() {
        Some(buffer) => sample.word(at) == Some(buffer),
        None => sample.word(at).is_some_and(|word| word & !ADDRESS != tag),
    })?;
    let ((first, last), element) = element_sizes(samples, class_size, in_class)?;
    let checks = [of_class(first, last), has_bytes(arrays.address)];
    let length = ByteLength::new(path(arrays.count), 8, element);
    let arrays = Object::new([path(arrays.address)]).checks(checks).length(length).stays(is_object(buffer));
    let mut kinds = vec![arrays];

    let is_view = |sample: &SpiderMonkeySample| matches!(sample.kind, SpiderMonkeyKind::DataView { .. });
    let is_buffer = |sample: &SpiderMonkeySample| matches!(sample.kind, SpiderMonkeyKind::Buffer { .. });
    for is_meant in [is_buffer, is_view] {
        let (class, fields) = (only_class(samples, is_meant)?, Fields::of(samples, is_meant)?);
        let checks = [of_class(class, class), has_bytes(fields.address)];
        kinds.push(Object::new([path(fields.address)]).checks(checks).length(path(fields.count)));
    }

    let is_pointer = |sample: &SpiderMonkeySample| sample.slots().is_some();
    let slot = |index: usize| {
        let fits = |sample: &SpiderMonkeySample, at| sample.word(at) == sample.slots().map(|slots| slots[index]);
        only(OBJECT, WORD, samples, is_pointer, fits).map(path)
    };
    let class = only_class(samples, is_pointer)?;
    kinds.push(Object::new([slot(0)?, slot(1)?]).checks([of_class(class, class)]));

    let class = ObjectClass::new(Test::masked(0, 8, !ADDRESS, tag), kinds);
    Some(class.mask(ADDRESS).pins(PinList::new()))
}

/// Describes the program's function that makes a `Uint8Array` of bytes: `uint64_t f(JSContext *, const uint8_t *bytes,
/// size_t len)`. It returns the value's bits, or those of `undefined` if an exception waits in the context.
///
/// # Safety
///
/// The address is that of such a function. The model is SpiderMonkey's.
///
/// # Panics
///
/// Does not panic.
pub unsafe fn bytes_function(address: *const c_void, model: &ValueModel) -> MakeFunction {
    let params = [Type::POINTER, Type::POINTER, Type::USIZE];
    let native = Signature::new(params, Type::U64).expect("the signature is within all limits");
    let Singleton { value: [undefined, _], .. } = model.undefined;
    // SAFETY: the caller promises the address of this function.
    unsafe {
        let roles = [MakeRole::Context, MakeRole::Value, MakeRole::Length];
        MakeFunction::new(address, native, roles, Test::equal(0, 8, undefined))
    }
}

/// Describes the program's function that calls functions of script: `bool f(JSContext *, uint64_t callee, uint64_t this, unsigned
/// argc, const uint64_t *argv, uint64_t *result)`. It gets the bits of values, and stores those of the result. It returns false
/// if an exception waits in the context.
///
/// The engine's own functions take rooted handles. This one makes them of its arguments, which do not move.
///
/// # Panics
///
/// Does not panic.
pub fn call_function(model: &ValueModel) -> CallFunction {
    let params = [Type::POINTER, Type::U64, Type::U64, Type::U32, Type::POINTER, Type::POINTER];
    CallFunction::new(
        Signature::new(params, Type::BOOL).expect("the signature is within all limits"),
        [CallRole::Context, CallRole::Callee, CallRole::This, CallRole::Argc, CallRole::Argv, CallRole::Result],
        model.undefined.value,
        CallOutcome::Stored { thrown: Test::masked(0, 1, 1, 0) },
    )
}

/// Where a kind of object has the address of its bytes, and the number of its elements.
struct Fields {
    address: i32,
    count: i32,
}

impl Fields {
    fn of(samples: &[SpiderMonkeySample], is_meant: impl Fn(&SpiderMonkeySample) -> bool) -> Option<Self> {
        let address = only(OBJECT, WORD, samples, &is_meant, |sample, at| {
            let (Some(word), Some([address, _])) = (sample.word(at), sample.bytes()) else { return false };
            word == address || address == 0 && !BYTES.contains(&word)
        })?;
        let count = only(OBJECT, WORD, samples, &is_meant, |sample, at| {
            sample.word(at).zip(sample.bytes()).is_some_and(|(word, [_, count])| word == count)
        })?;
        Some(Self { address, count })
    }
}

impl SpiderMonkeySample {
    /// Returns a word of the object.
    fn word(&self, at: isize) -> Option<u64> {
        read(self.value[0] & ADDRESS, at, WORD)
    }

    /// Returns the address of the bytes, and the number of elements.
    const fn bytes(&self) -> Option<[u64; 2]> {
        match self.kind {
            SpiderMonkeyKind::TypedArray { address, count, .. } => Some([address, count]),
            SpiderMonkeyKind::DataView { address, len } | SpiderMonkeyKind::Buffer { address, len } => {
                Some([address, len])
            }
            SpiderMonkeyKind::Pointer { .. } => None,
        }
    }

    const fn buffer(&self) -> Option<u64> {
        if let SpiderMonkeyKind::TypedArray { buffer, .. } = self.kind { buffer } else { None }
    }

    /// Returns the class of a typed array, and the shift of its elements.
    const fn element(&self) -> Option<(u64, u8)> {
        if let SpiderMonkeyKind::TypedArray { shift, .. } = self.kind { Some((self.class, shift)) } else { None }
    }

    const fn slots(&self) -> Option<[u64; 2]> {
        if let SpiderMonkeyKind::Pointer { slots } = self.kind { Some(slots) } else { None }
    }
}

/// Returns the only class of the samples that are meant.
fn only_class(samples: &[SpiderMonkeySample], is_meant: impl Fn(&SpiderMonkeySample) -> bool) -> Option<u64> {
    let mut classes = samples.iter().filter(|sample| is_meant(sample)).map(|sample| sample.class);
    let class = classes.next()?;
    classes.all(|other| other == class).then_some(class)
}

/// Returns the first and the last class of typed arrays, and the size of their elements, which a byte of the class tells.
/// `None` if other classes may lie between them.
fn element_sizes(
    samples: &[SpiderMonkeySample],
    class_size: usize,
    path: impl Fn(i32) -> Path,
) -> Option<((u64, u64), ElementSize)> {
    let mut classes: Vec<_> = samples.iter().filter_map(SpiderMonkeySample::element).collect();
    classes.sort_unstable();
    classes.dedup();
    let are_neighbours = classes.windows(2).all(|pair| pair[1].0 - pair[0].0 == class_size as u64);
    let (first, last) = (classes.first()?.0, classes.last()?.0);
    // A class is constant, so any byte serves that has few values, each of them with one size.
    let by_byte = (0..class_size as isize).find_map(|at| {
        let byte = |class: u64| read(class, at, 1);
        let numbers = classes.iter().map(|&(class, shift)| Some((byte(class)?, shift)));
        let Sizes { first, shifts, .. } = Sizes::new(&numbers.collect::<Option<Vec<_>>>()?)?;
        Some(ElementSize::ByNumber { at: path(at as i32), len: 1, first: first as u32, shifts })
    });
    by_byte.filter(|_| are_neighbours).map(|element| ((first, last), element))
}
