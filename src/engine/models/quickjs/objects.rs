//! QuickJS-ng's objects: their layout, found in samples of a running engine.
//!
//! The engine's structs are private, and differ between versions. So nothing here is fixed: each field is the place
//! where all samples have what the engine's public functions say about them. A layout that is found may still be wrong
//! by chance; [`Realm::with_samples`](crate::engine::Realm::with_samples) compares it with the engine's answers.

use std::ops::Range;

use hotcall_jit::engine::fast_call::{ByteLength, Check, ElementSize, Object, Path};
use hotcall_jit::engine::values::{ObjectClass, PinList, Test, Words};

use super::values::{tag, tagged};
use crate::engine::models::fields::{Sizes, only, read};

/// An object, and what the engine's public functions say about it.
#[derive(Clone, Copy, Debug)]
pub struct ObjectSample {
    /// The value.
    pub value: Words,
    /// The number of its class: `JS_GetClassID`.
    pub class: u16,
    /// Its opaque pointer: `JS_GetOpaque` for its own class.
    pub opaque: usize,
    /// The kind of the object.
    pub kind: SampleKind,
}

/// The kind of an object among the samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SampleKind {
    /// A typed array: the address of its bytes, the number of its elements, and the binary logarithm of their size. The
    /// address is 0 if the array is detached.
    TypedArray {
        /// The address of the bytes.
        address: usize,
        /// The number of elements.
        count: u32,
        /// Each element has `1 << shift` bytes.
        shift: u8,
        /// The address of its `ArrayBuffer`, or 0 if that is not known.
        buffer: usize,
    },
    /// An `ArrayBuffer` or `SharedArrayBuffer`: the address of its bytes, and their number. Both are 0 if it is
    /// detached.
    Buffer {
        /// The address of the bytes.
        address: usize,
        /// The number of bytes.
        len: u32,
        /// True if the bytes must not change: `JS_IsImmutableArrayBuffer`.
        immutable: bool,
    },
    /// A pointer object. Its opaque pointer is the address.
    Pointer,
}

/// The fields of an object.
const OBJECT: Range<isize> = 0..72;

/// The fields of an array buffer behind its object.
const BUFFER: Range<isize> = 0..40;

/// The fields of a typed array behind its object.
const ARRAY: Range<isize> = 0..40;

/// Finds the layout of the engine's objects in samples.
///
/// The samples must have typed arrays of every class, with different numbers of elements and offsets; a detached one;
/// array buffers of different lengths, a detached one; and pointer objects. `None` if no layout fits all of them, or
/// more than one does. In versions that have immutable buffers, there must be several, because padding may be 1 in one buffer
/// and 0 in all others. Machine code does not write results into such buffers.
///
/// The fields are read by [`probe::read`](hotcall_jit::probe::read), so it finds none on systems where that is not possible.
///
/// `references` are the bytes from an object to its counter of references, for a [list](PinList) of pinned objects; see
/// [`counter`]. Without it, calls do not pin.
///
/// # Safety
///
/// The samples are objects of QuickJS-ng on a target with addresses of 64 bits, without `JS_NAN_BOXING`.
pub unsafe fn objects(samples: &[ObjectSample], references: Option<i32>) -> Option<ObjectClass> {
    let of = |sample: &ObjectSample| sample.value[0];
    let every = |_: &ObjectSample| true;
    let class = only(OBJECT, 2, samples, every, |sample, at| read(of(sample), at, 2) == Some(sample.class.into()))?;
    let is_array = |sample: &ObjectSample| matches!(sample.kind, SampleKind::TypedArray { .. });
    let is_buffer = |sample: &ObjectSample| matches!(sample.kind, SampleKind::Buffer { .. });
    let is_opaque = |sample: &ObjectSample| !is_array(sample);
    let data = only(OBJECT, 8, samples, is_array, |sample, at| read(of(sample), at, 8) == Some(sample.address()))?;
    let count = only(OBJECT, 4, samples, is_array, |sample, at| read(of(sample), at, 4) == Some(sample.count()))?;
    let opaque =
        only(OBJECT, 8, samples, is_opaque, |sample, at| read(of(sample), at, 8) == Some(sample.opaque as u64))?;
    let behind = |sample: &ObjectSample| sample.opaque as u64;
    let bytes =
        only(BUFFER, 8, samples, is_buffer, |sample, at| read(behind(sample), at, 8) == Some(sample.address()))?;
    let len = only(BUFFER, 4, samples, is_buffer, |sample, at| read(behind(sample), at, 4) == Some(sample.count()))?;

    let path = |offsets: &[i32]| Path(offsets.into());
    let is_immutable = |sample: &ObjectSample| matches!(sample.kind, SampleKind::Buffer { immutable: true, .. });
    let immutable = if samples.iter().any(is_immutable) {
        let is_flag = |sample: &ObjectSample, at| read(behind(sample), at, 1) == Some(u64::from(is_immutable(sample)));
        Some((only(BUFFER, 1, samples, is_buffer, is_flag)?, to_buffer(samples)?))
    } else {
        None
    };
    let is_mutable = |at| Check { at, test: Test::equal(0, 1, 0) };

    let of_class =
        |low: u64, high: u64| Check { at: path(&[class]), test: Test::masked_range(0, 2, u64::MAX, low..=high) };
    let has_bytes = |at| Check { at, test: Test::range(1, u64::MAX) };
    let elements: Vec<_> = samples.iter().filter_map(ObjectSample::element).collect();
    let Sizes { first, last, shifts, .. } = Sizes::new(&elements).filter(|sizes| sizes.is_complete)?;
    let element = ElementSize::ByNumber { at: path(&[class]), len: 2, first: first as u32, shifts };
    let mut kinds = vec![
        Object::new([path(&[data])])
            .checks([of_class(first, last), has_bytes(path(&[data]))])
            .writable(immutable.map(|(flag, [array, buffer])| is_mutable(path(&[array, buffer, opaque, flag]))))
            .length(ByteLength::new(path(&[count]), 4, element)),
    ];
    for buffer in classes(samples, is_buffer) {
        let address = path(&[opaque, bytes]);
        // Shared buffers are never immutable.
        let may_be_immutable = samples.iter().any(|sample| u64::from(sample.class) == buffer && is_immutable(sample));
        let flag = immutable.filter(|_| may_be_immutable).map(|(flag, _)| flag);
        kinds.push(
            Object::new([address.clone()])
                .checks([of_class(buffer, buffer), has_bytes(address)])
                .writable(flag.map(|flag| is_mutable(path(&[opaque, flag]))))
                .length(ByteLength::new(path(&[opaque, len]), 4, ElementSize::Shift(0))),
        );
    }
    for pointer in classes(samples, |sample| sample.kind == SampleKind::Pointer) {
        let address = path(&[opaque]);
        kinds.push(Object::new([address.clone()]).checks([of_class(pointer, pointer), has_bytes(address)]));
    }
    Some(ObjectClass::new(tagged(tag::OBJECT), kinds).pins(references.map(|at| PinList::new().references(at))))
}

/// Finds the counter of an object's references: the only field that `retain` adds 1 to. Returns the bytes from the
/// object to the counter.
///
/// # Safety
///
/// The value is an object of QuickJS-ng. `retain` is `JS_DupValue`.
pub unsafe fn counter(value: Words, retain: impl FnOnce()) -> Option<i32> {
    // Newer versions have it in the header of the memory block, in front of the object.
    const FIELDS: Range<isize> = -8..OBJECT.end;
    let fields = || FIELDS.step_by(4).map(|at| read(value[0], at, 4)).collect::<Vec<_>>();
    let before = fields();
    retain();
    let changed = before.into_iter().zip(fields()).enumerate().filter(|(_, (before, after))| before != after);
    match changed.collect::<Vec<_>>()[..] {
        [(index, (Some(before), Some(after)))] if after == before + 1 => Some(FIELDS.start as i32 + index as i32 * 4),
        _ => None,
    }
}

impl ObjectSample {
    const fn address(&self) -> u64 {
        match self.kind {
            SampleKind::TypedArray { address, .. } | SampleKind::Buffer { address, .. } => address as u64,
            SampleKind::Pointer => self.opaque as u64,
        }
    }

    /// Returns the class of a typed array, and the shift of its elements.
    fn element(&self) -> Option<(u64, u8)> {
        match self.kind {
            SampleKind::TypedArray { shift, .. } => Some((self.class.into(), shift)),
            SampleKind::Buffer { .. } | SampleKind::Pointer => None,
        }
    }

    const fn count(&self) -> u64 {
        match self.kind {
            SampleKind::TypedArray { count, .. } => count as u64,
            SampleKind::Buffer { len, .. } => len as u64,
            SampleKind::Pointer => 0,
        }
    }
}

/// Finds the way from a typed array to its buffer: the offset of a pointer, and that of a second pointer behind it.
fn to_buffer(samples: &[ObjectSample]) -> Option<[i32; 2]> {
    let buffer = |sample: &ObjectSample| match sample.kind {
        SampleKind::TypedArray { buffer, .. } if buffer != 0 => Some(buffer as u64),
        SampleKind::TypedArray { .. } | SampleKind::Buffer { .. } | SampleKind::Pointer => None,
    };
    let has_buffer = |sample: &ObjectSample| buffer(sample).is_some();
    let behind = |first: isize| {
        let leads = |sample: &ObjectSample, second| {
            let pointer = read(sample.value[0], first, 8);
            pointer.and_then(|pointer| read(pointer, second, 8)) == buffer(sample)
        };
        only(ARRAY, 8, samples, has_buffer, leads).map(|second| [first as i32, second])
    };
    let mut ways = OBJECT.step_by(8).filter_map(behind);
    let way = ways.next()?;
    if ways.next().is_some() { None } else { Some(way) }
}

/// The classes of the samples that are meant, in order.
fn classes(samples: &[ObjectSample], is_meant: impl Fn(&ObjectSample) -> bool) -> Vec<u64> {
    let meant = samples.iter().filter(|sample| is_meant(sample));
    let mut classes: Vec<_> = meant.map(|sample| sample.class.into()).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}
