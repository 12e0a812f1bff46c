//! Toy engines' heaps: words that are integers, truth values, null or the addresses of objects, and models' descriptions of
//! them.

use std::sync::OnceLock;

use hotcall_jit::engine::fast_call::{Check, Handles, Object, Path, ResolvedHandle, Small, Tag};
use hotcall_jit::engine::values::{DoubleObject, NumberObjects, Test, WideObject};
use hotcall_jit::{Pointee, Scalar, Type};

/// The thing that a handle stands for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Thing {
    Integer(i64),
    Null,
    Bool(bool),
    /// Memory: an object of one of two kinds, 0 and 1. 2 is one of the latter, whose bytes script may move.
    Bytes {
        address: u64,
        len: u64,
        kind: usize,
    },
    Pointer(u64),
    /// A number that is an object.
    Double(f64),
    /// An integer of any size: its sign, the number of its digits, and the lowest one.
    Wide {
        negative: bool,
        digits: u64,
        digit: u64,
    },
    /// Memory that was taken away from its object, which a check finds.
    Detached,
    /// An object of a kind that the model does not know.
    Odd,
}

/// A heap and its description.
pub(crate) struct Heap {
    pub(crate) handles: Handles,
    build: fn(&mut Heap, Thing) -> u64,
    /// The memory that words point to. It is never moved.
    memory: Vec<Box<[u64]>>,
}

fn path(offsets: &[i32]) -> Path {
    Path(offsets.into())
}

fn check(offsets: &[i32], test: Test) -> Check {
    Check { at: path(offsets), test }
}

impl Heap {
    fn new(handles: Handles, build: fn(&mut Heap, Thing) -> u64) -> Self {
        Self { handles, build, memory: Vec::new() }
    }

    /// A handle for a thing.
    pub(crate) fn handle(&mut self, thing: Thing) -> u64 {
        let word = (self.build)(self, thing);
        if self.handles.indirect { self.allocate(&[(0, word)]) } else { word }
    }

    /// Memory with these words at these offsets, and its address.
    fn allocate(&mut self, words: &[(usize, u64)]) -> u64 {
        let len = words.iter().map(|(offset, _)| offset / 8 + 2).max().unwrap_or(0);
        let mut memory = vec![0xeeee_eeee_eeee_eeee_u64; len].into_boxed_slice();
        let address = memory.as_mut_ptr();
        for &(offset, word) in words {
            // SAFETY: the memory has room for it.
            unsafe { address.byte_add(offset).write_unaligned(word) };
        }
        self.memory.push(memory);
        address.expose_provenance() as u64
    }

    /// Integers in the upper half of a word; all else is an address with a tag, and a handle is the address of a word. Kinds are
    /// told by a map's number. As in V8 without pointer compression.
    pub(crate) fn mapped() -> Self {
        let of_kind = |kind| check(&[-1, 7], Test::equal(4, 2, kind));
        let attached = check(&[23], Test::masked_range(0, 8, u64::MAX, 1..=u64::MAX));
        let objects = [
            // The memory's address is a sum, and another object says whether it is still there.
            Object::new([path(&[63]), path(&[71])])
                .checks([of_kind(0x401), attached.clone(), check(&[23, 55], Test::masked(0, 4, 4, 0))])
                .length(path(&[39])),
            Object::new([path(&[15])]).checks([of_kind(0x402)]),
            Object::new([path(&[23, 8])])
                .checks([check(&[-1, 11], Test::masked_range(0, 2, 0xffff, 0x410..=0x41f))])
                .length(path(&[23, 0]))
                .stays(check(&[23, 16], Test::equal(0, 1, 1))),
        ];
        let handles = Handles::new(Tag { mask: 1, bits: 1 })
            .indirect(true)
            .integers(Small::new(Tag { mask: 1, bits: 0 }, 32))
            .objects(objects)
            .numbers(NumberObjects::new(DoubleObject::new(of_kind(0x420), path(&[7]))).wide(WideObject::new(
                of_kind(0x421),
                path(&[11]),
                [1, !1],
                path(&[15]),
            )));
        let mut heap = Self::new(handles, build_mapped);
        let [null, no, yes] = singletons();
        (heap.handles.null, heap.handles.booleans) = (Some(null), Some([no, yes]));
        heap
    }

    fn mapped_object(&mut self, kind: u64, fields: &[(usize, u64)]) -> u64 {
        let map = self.allocate(&[(0, 0), (12, 0xeeee_0000 | kind)]) + 1;
        let fields: Vec<_> = [(0, map)].iter().chain(fields).copied().collect();
        self.allocate(&fields) + 1
    }

    /// Words as they are, with three bits of tag; objects begin with a byte that tells their kind.
    pub(crate) fn tagged() -> Self {
        let of_kind = |kind| check(&[-4], Test::equal(0, 1, kind));
        let objects = [
            Object::new([path(&[4])]).checks([of_kind(7)]),
            Object::new([path(&[4])]).checks([of_kind(1)]).length(path(&[12])),
            Object::new([path(&[4]), path(&[12]), path(&[20, 0])])
                .checks([of_kind(2), check(&[4], Test::range(1, 1 << 47))])
                .length(path(&[20, 8, 0]))
                .stays(check(&[28], Test::equal(0, 4, 1))),
        ];
        let handles = Handles::new(Tag { mask: 7, bits: 4 })
            .integers(Small::new(Tag { mask: 7, bits: 1 }, 3))
            .null(2)
            .booleans([3, 11])
            .objects(objects)
            .numbers(NumberObjects::new(DoubleObject::new(of_kind(8), path(&[4, 0]))).wide(WideObject::new(
                of_kind(9),
                path(&[4, 8]),
                [0x8000_0000, 0xffff],
                path(&[4, 0]),
            )));
        Self::new(handles, build_tagged)
    }

    /// Handles that machine code cannot read.
    pub(crate) fn opaque() -> Self {
        let handles = Handles::new(Tag::NONE);
        Self::new(handles, |heap, _| heap.allocate(&[(0, 1)]))
    }

    /// The slot or address that machine code finds for a thing if C wants this type, or `None` if it asks the helper.
    pub(crate) fn reads(&self, thing: Thing, ty: &Type) -> Option<u64> {
        let handles = &self.handles;
        if handles.objects.is_empty() {
            return None;
        }
        let Some(scalar) = ty.as_scalar() else {
            let size = super::native::size_of_type(ty) as u64;
            let Thing::Bytes { address, len, .. } = thing else { return None };
            return (len >= size).then_some(address);
        };
        match (thing, scalar) {
            (Thing::Bool(truth), Scalar::Bool) => Some(truth.into()),
            (Thing::Null, Scalar::Pointer(_)) => Some(0),
            (Thing::Bytes { address, kind: 0 | 1, .. }, Scalar::Pointer(Pointee::Buffer | Pointee::Text)) => {
                Some(address)
            }
            (Thing::Pointer(address), Scalar::Pointer(Pointee::Opaque | Pointee::Function | Pointee::Text)) => {
                Some(address)
            }
            (Thing::Double(number), scalar) if scalar.is_integer() => whole(scalar, number),
            (Thing::Wide { digits: 0, .. }, scalar) if scalar.is_integer() && scalar.size() == 8 => Some(0),
            (Thing::Wide { negative, digit, .. }, scalar) if scalar.is_integer() && scalar.size() == 8 => {
                Some(if negative { digit.wrapping_neg() } else { digit })
            }
            (Thing::Integer(number), scalar) if !matches!(scalar, Scalar::Bool | Scalar::Pointer(_)) => {
                Some(number as u64)
            }
            _ => None,
        }
    }

    /// The address of memory for a result of this type, if machine code finds it.
    pub(crate) fn writes(&self, thing: Thing, ty: &Type) -> Option<u64> {
        self.reads(thing, ty).filter(|_| !matches!(thing, Thing::Bytes { kind: 2, .. }))
    }

    /// The integers that are words.
    pub(crate) fn bits(&self) -> u32 {
        64 - self.handles.integers.map_or(0, |small| u32::from(small.shift))
    }
}

/// The slot of a number that is an integer of the type, and less than 2⁶³.
fn whole(scalar: Scalar, number: f64) -> Option<u64> {
    let integer = number as i64;
    let is_whole = integer as f64 == number && number < 2_f64.powi(63);
    (is_whole && super::numbers::range(scalar).contains(&integer.into())).then_some(integer as u64)
}

/// Null, `false` and `true` of all mapped heaps. Words other than integers are addresses of objects, which can be read.
///
/// The objects live for ever: `Handles` name them, and are compared with words of heaps made later. In a heap that is gone
/// they would leave their addresses to other objects.
fn singletons() -> [u64; 3] {
    static OBJECTS: OnceLock<(Heap, [u64; 3])> = OnceLock::new();
    let make = || {
        let mut heap = Heap::opaque();
        let words = std::array::from_fn(|_| heap.mapped_object(0x100, &[]));
        (heap, words)
    };
    OBJECTS.get_or_init(make).1
}

fn build_mapped(heap: &mut Heap, thing: Thing) -> u64 {
    match thing {
        Thing::Integer(number) => (number as u64) << 32,
        Thing::Null => heap.handles.null.unwrap(),
        Thing::Bool(truth) => heap.handles.booleans.unwrap()[usize::from(truth)],
        Thing::Bytes { address, len, kind: 0 } => {
            let buffer = heap.mapped_object(0x400, &[(56, !4)]);
            let fields = [(24, buffer), (40, len), (64, address.wrapping_sub(0x1234)), (72, 0x1234)];
            heap.mapped_object(0x401, &fields)
        }
        Thing::Bytes { address, len, kind } => {
            let store = heap.allocate(&[(0, len), (8, address), (16, u64::from(kind == 1))]);
            heap.mapped_object(0x41f, &[(24, store)])
        }
        Thing::Pointer(address) => heap.mapped_object(0x402, &[(16, address)]),
        Thing::Double(number) => heap.mapped_object(0x420, &[(8, number.to_bits())]),
        Thing::Wide { negative, digits, digit } => {
            let bits = digits << 1 | u64::from(negative);
            heap.mapped_object(0x421, &[(12, bits), (16, digit)])
        }
        Thing::Detached => {
            let buffer = heap.mapped_object(0x400, &[(56, 4)]);
            heap.mapped_object(0x401, &[(24, buffer), (40, 1 << 20), (64, 8), (72, 8)])
        }
        Thing::Odd => heap.mapped_object(0x3ff, &[]),
    }
}

fn build_tagged(heap: &mut Heap, thing: Thing) -> u64 {
    let object = match thing {
        Thing::Integer(number) => return (number as u64) << 3 | 1,
        Thing::Null => return 2,
        Thing::Bool(truth) => return if truth { 11 } else { 3 },
        Thing::Bytes { address, len, kind: 0 } => heap.allocate(&[(0, 0xee01), (8, address), (16, len)]),
        Thing::Bytes { address, len, kind } => {
            let inner = heap.allocate(&[(0, len)]);
            let middle = heap.allocate(&[(0, 5), (8, inner)]);
            heap.allocate(&[
                (0, 0xee02),
                (8, 1),
                (16, address.wrapping_sub(6)),
                (24, middle),
                (32, u64::from(kind == 1)),
            ])
        }
        Thing::Pointer(address) => heap.allocate(&[(0, 0xee07), (8, address)]),
        Thing::Double(number) => {
            let inner = heap.allocate(&[(0, number.to_bits())]);
            heap.allocate(&[(0, 0xee08), (8, inner)])
        }
        Thing::Wide { negative, digits, digit } => {
            let bits = 0xeeee_eeee_0000_0000 | u64::from(negative) << 31 | digits;
            let inner = heap.allocate(&[(0, digit), (8, bits)]);
            heap.allocate(&[(0, 0xee09), (8, inner)])
        }
        Thing::Detached => heap.allocate(&[(0, 0xee02), (8, 0), (16, 0), (24, 0)]),
        Thing::Odd => heap.allocate(&[(0, 0xee03)]),
    };
    object + 4
}

/// The answer of [`Handles::resolve`] for a thing.
pub(crate) fn resolved(thing: Thing) -> Option<ResolvedHandle> {
    match thing {
        Thing::Bytes { address, len, .. } => Some(ResolvedHandle { slot: address, len }),
        Thing::Pointer(address) => Some(ResolvedHandle { slot: address, len: u64::MAX }),
        Thing::Integer(_) | Thing::Double(_) | Thing::Wide { .. } => None,
        Thing::Null | Thing::Bool(_) | Thing::Detached | Thing::Odd => None,
    }
}

/// Later objects do not get the addresses that a dropped heap's description names.
#[test]
fn descriptions_outlive_their_heaps() {
    let [gone, mut heap] = [Heap::mapped(), Heap::mapped()];
    let named = gone.handles.clone();
    drop(gone);
    let named: Vec<_> = named.booleans.into_iter().flatten().chain(named.null).collect();
    assert_eq!(named.len(), 3);
    for _ in 0..100 {
        heap.handle(Thing::Odd);
    }
    let later: Vec<_> = heap.memory.iter().map(|object| object.as_ptr().addr() as u64 + 1).collect();
    assert!(!named.iter().any(|word| later.contains(word)), "{named:x?} are among {later:x?}");
}
