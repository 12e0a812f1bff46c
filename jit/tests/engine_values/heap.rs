//! Objects of an engine that could be: typed arrays of elements of 1 to 8 bytes, pointers, and others.

use std::cell::Cell;
use std::ptr;

use hotcall_jit::engine::fast_call::{ByteLength, Check, ElementSize, Object, Path};
use hotcall_jit::engine::values::{ObjectClass, PinList, Test, Words};
use hotcall_jit::{Pointee, Scalar, Type};
use hotcall_testing::random::Random;

use crate::memory;
use crate::models::{self, Model};

/// The tag of objects in values of 16 bytes.
pub(crate) const TAG: u64 = 0xffff_ffff;

/// The class of arrays of bytes; those behind it have elements of 2, 4 and 8 bytes.
const BYTES: u16 = 20;
const POINTER: u16 = 30;
const OTHER: u16 = 24;

/// An object's memory.
#[repr(C)]
pub(crate) struct HeapObject {
    class: u16,
    /// 1 if the bytes stay in place when a helper runs.
    stays: u16,
    count: u32,
    address: Cell<u64>,
    /// Not 0 if the bytes of an array must not change.
    frozen: u8,
    /// [`UNCOUNTED`], and the references that lists of pinned objects own.
    references: Cell<u32>,
    /// The place to which the bytes move.
    spare: Cell<u64>,
}

/// The references that lists do not own.
const UNCOUNTED: u32 = 7;

/// The engine's objects, as machine code knows them.
pub(crate) fn objects(test: Test) -> ObjectClass {
    let at = |offset: usize| Path([offset as i32].into());
    let class = || at(std::mem::offset_of!(HeapObject, class));
    let address = || at(std::mem::offset_of!(HeapObject, address));
    let element = ElementSize::ByNumber { at: class(), len: 2, first: BYTES.into(), shifts: 0b11_10_01_00 };
    let arrays = Object::new([address()])
        .checks([
            Check { at: class(), test: Test::masked_range(0, 2, u64::MAX, BYTES.into()..=(BYTES + 3).into()) },
            // The bytes of the others went elsewhere.
            Check { at: address(), test: Test::range(1, u64::MAX) },
        ])
        .writable([Check { at: at(std::mem::offset_of!(HeapObject, frozen)), test: Test::equal(0, 1, 0) }])
        .length(ByteLength::new(at(std::mem::offset_of!(HeapObject, count)), 4, element))
        .stays(Check { at: at(std::mem::offset_of!(HeapObject, stays)), test: Test::equal(0, 2, 1) });
    let pointers = Object::new([address()]).checks([Check { at: class(), test: Test::equal(0, 2, POINTER.into()) }]);
    let references = std::mem::offset_of!(HeapObject, references) as i32;
    ObjectClass::new(test, [arrays, pointers]).pins(PinList::new().references(references))
}

/// The largest number of bytes of an array.
const MAX_BYTES: usize = 1024;

/// A random object, which lives for ever.
pub(crate) fn random(random: &mut Random) -> &'static HeapObject {
    let shift = (random.bits() % 4) as u16;
    let address = memory::of_objects() + random.bits() % 64;
    // Half of them are arrays that stay and may be written. Otherwise few calls with several objects would reach C.
    let is_plain = random.bits().is_multiple_of(2);
    let bytes = match random.bits() % 3 {
        0 if !is_plain => random.bits() % 24,
        _ => MAX_BYTES as u64,
    };
    let (class, address) = match random.bits() % 12 {
        0 if !is_plain => (BYTES + shift, 0),
        1 | 2 if !is_plain => (POINTER, random.bits()),
        3 if !is_plain => (OTHER, address),
        _ => (BYTES + shift, address),
    };
    let count = (bytes >> shift) as u32;
    let frozen = u8::from(!is_plain && random.bits().is_multiple_of(8));
    let has_bytes = (BYTES..BYTES + 4).contains(&class) && address != 0;
    let stays = u16::from(is_plain || !(has_bytes && random.bits().is_multiple_of(6)));
    let (address, spare) = match stays {
        1 => (address, 0),
        _ => (leak(address), leak(address)),
    };
    let [address, spare] = [address, spare].map(Cell::new);
    let references = Cell::new(UNCOUNTED);
    Box::leak(Box::new(HeapObject { class, stays, count, address, frozen, references, spare }))
}

/// Returns a copy of bytes of the memory.
fn leak(address: u64) -> u64 {
    let start = (address - memory::of_objects()) as usize;
    let bytes = memory::contents()[start..start + MAX_BYTES].to_vec();
    bytes.leak().as_mut_ptr().expose_provenance() as u64
}

/// Releases a reference to an object of this file.
pub(crate) fn release(word: u64) {
    // SAFETY: all objects live for ever.
    let object = unsafe { &*ptr::with_exposed_provenance::<HeapObject>(word as usize) };
    object.references.set(object.references.get() - 1);
}

impl HeapObject {
    /// Returns true if the bytes do not stay.
    pub(crate) const fn moves(&self) -> bool {
        self.stays == 0
    }

    /// Moves the bytes, unless they stay. Others are there afterwards.
    pub(crate) fn move_bytes(&self) {
        if self.moves() {
            self.address.swap(&self.spare);
            let [from, to] =
                [&self.spare, &self.address].map(|at| ptr::with_exposed_provenance_mut::<u8>(at.get() as usize));
            // SAFETY: both are the object's own, and have room for the largest array.
            unsafe {
                to.copy_from_nonoverlapping(from, MAX_BYTES);
                from.write_bytes(0xee, MAX_BYTES);
            }
        }
    }

    /// The references that lists of pinned objects own.
    pub(crate) fn references(&self) -> u32 {
        self.references.get() - UNCOUNTED
    }

    /// The address of the object.
    pub(crate) fn word(&'static self) -> u64 {
        ptr::from_ref(self).expose_provenance() as u64
    }

    /// The value that holds it, in a model whose objects have this class.
    pub(crate) fn value(&'static self, objects: &ObjectClass) -> Words {
        let tag = objects.test.low;
        if objects.test.offset == 8 { [self.word(), tag] } else { [self.word() | tag, 0] }
    }

    /// The value that holds a pointer object's address itself, in a model with such values.
    pub(crate) fn pointer(&'static self, objects: &ObjectClass) -> Option<Words> {
        let test = objects.pointers.filter(|_| self.class == POINTER)?;
        Some([self.address.get() & objects.mask | test.low, 0])
    }

    /// The slot for a type that takes the object. `None` if machine code leaves that to the helper.
    pub(crate) fn slot(&self, ty: &Type, size: u32) -> Option<u64> {
        let (is_array, is_pointer) = (self.is_array(), self.class == POINTER);
        let taken = match ty.as_scalar() {
            None => self.has_bytes(size),
            Some(Scalar::Pointer(Pointee::Buffer)) => is_array && !self.moves(),
            Some(Scalar::Pointer(Pointee::Text)) => is_array && !self.moves() || is_pointer,
            Some(Scalar::Pointer(_)) => is_pointer,
            Some(_) => false,
        };
        taken.then_some(self.address.get())
    }

    /// The address for a result of this size. `None` if machine code leaves that to the helper.
    pub(crate) fn destination(&self, size: u32) -> Option<u64> {
        (self.has_bytes(size) && self.frozen == 0 && !self.moves()).then_some(self.address.get())
    }

    fn is_array(&self) -> bool {
        (BYTES..BYTES + 4).contains(&self.class) && self.address.get() != 0
    }

    fn has_bytes(&self, size: u32) -> bool {
        self.is_array() && self.count << (self.class - BYTES) >= size
    }
}

/// Returns true if the type takes objects.
pub(crate) fn is_object(ty: &Type) -> bool {
    ty.as_scalar().is_none_or(|scalar| matches!(scalar, Scalar::Pointer(_)))
}

/// Returns true if objects of this type are pinned.
pub(crate) fn pins(ty: &Type) -> bool {
    matches!(ty.as_scalar(), Some(Scalar::Pointer(Pointee::Buffer | Pointee::Text)))
}

/// As QuickJS, with objects that machine code reads.
pub(crate) fn tagged_with_objects() -> Model {
    let Model { model, call, .. } = models::tagged();
    Model { name: "tagged_with_objects", model: model.objects(objects(Test::equal(8, 4, TAG))), call }
}

/// As JavaScriptCore, with objects whose words have neither tag.
pub(crate) fn offset_boxed_with_objects() -> Model {
    let Model { model, call, .. } = models::offset_boxed();
    let objects = objects(Test::masked(0, 8, 0xfffe_0000_0000_0002, 0));
    Model { name: "offset_boxed_with_objects", model: model.objects(objects), call }
}

/// As SpiderMonkey, with objects whose addresses are below the tag, and no counters.
pub(crate) fn tag_boxed_with_objects() -> Model {
    let Model { model, call, .. } = models::tag_boxed();
    const OBJECT: u64 = 0x1fffc << 47;
    const POINTER: u64 = 0x1fffd << 47;
    let tagged = |tag| Test::masked(0, 8, u64::MAX << 47, tag);
    let objects = objects(tagged(OBJECT)).mask((1 << 47) - 1).pointers(tagged(POINTER)).pins(PinList::new());
    Model { name: "tag_boxed_with_objects", model: model.objects(objects), call }
}
