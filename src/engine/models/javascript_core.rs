//! JavaScriptCore's objects: their layout, found in samples of a running engine.
//!
//! Values are those of [`nanbox::javascript_core`](super::nanbox::javascript_core). A *view* is a typed array or a `DataView`.
//! Behind each buffer is a *store*, the engine's struct that owns the bytes. Views with a buffer lead to its store too.
//!
//! ```text
//! header: structure, type │ typed array: address, count, mode ─► if it has a buffer ─┐
//!                         │ data view: address, length ──────────────────────────────┼─► store: address, length, flags
//!                         │ buffer ──────────────────────────────────────────────────┘
//!                         │ pointer object ─► address, class
//! ```
//!
//! A layout that is found may still be wrong by chance; [`Realm::with_samples`](crate::engine::Realm::with_samples)
//! compares it with the engine's answers.

use std::ops::Range;

use hotcall_jit::engine::fast_call::{ByteLength, Check, ElementSize, Object, Path, ResolvedHandle};
use hotcall_jit::engine::values::{ObjectClass, Test, Words};

use crate::engine::models::fields::{Sizes, WORD, only, only_path, read, within};

/// An object, and what the engine's public functions say about it.
#[derive(Clone, Copy, Debug)]
pub struct JavaScriptCoreSample {
    /// The value.
    pub value: Words,
    /// The kind of the object.
    pub kind: JavaScriptCoreKind,
}

/// The kind of an object among the samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JavaScriptCoreKind {
    /// A typed array.
    TypedArray {
        /// A number that typed arrays of its class have alone. The public `JSTypedArrayType` does not tell all of them.
        class: u32,
        /// Each element has `1 << shift` bytes.
        shift: u8,
        /// Its bytes.
        bytes: JavaScriptCoreBytes,
    },
    /// A `DataView`. Its elements are bytes.
    DataView(JavaScriptCoreBytes),
    /// An `ArrayBuffer`. Its elements are bytes.
    Buffer(JavaScriptCoreBytes),
    /// An object of a class of the program, as `JSObjectMake` makes it. The class has `kJSClassAttributeNoAutomaticPrototype`.
    Pointer {
        /// Its private pointer: `JSObjectGetPrivate`.
        address: u64,
        /// The class: a `JSClassRef`.
        class: u64,
    },
    /// Such an object that has got a property. Machine code leaves it to the interpreter.
    ChangedPointer,
}

/// The bytes of a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JavaScriptCoreBytes {
    /// They stay in place: the program has asked for their address, by `JSObjectGetTypedArrayBytesPtr` or
    /// `JSObjectGetArrayBufferBytesPtr`. From then on the engine does not detach the buffer. The length is fixed.
    Pinned(JavaScriptCorePlace),
    /// The program has asked for the address, but script can change the length: the buffer has a `maxByteLength`.
    Resizable(JavaScriptCorePlace),
    /// They are WebAssembly's memory, which the engine detaches when it grows. Nobody has asked for the address.
    WebAssembly,
    /// Nobody has asked for the address, or the buffer is detached. The length is fixed.
    Unpinned,
    /// Nobody has asked for the buffer of a typed array, so it does not have one yet.
    Unbuffered,
}

/// The place of a sample's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JavaScriptCorePlace {
    /// The address of the first byte.
    pub address: u64,
    /// The number of elements.
    pub count: u64,
    /// The value of the buffer: the sample itself, or that of the view.
    pub buffer: u64,
}

/// The bits that are 0 in the values of cells: objects, strings, symbols and BigInts.
const NOT_CELL: u64 = 0xfffe_0000_0000_0002;

/// The beginning of every cell: the number of its structure, its type, and other bytes.
const HEADER: Range<isize> = 0..8;

/// The fields of an object.
const OBJECT: Range<isize> = 8..64;

/// The fields behind one of the object's pointers, or in front of them.
const BEHIND: Range<isize> = -16..48;

/// The fields of a store.
const STORE: Range<isize> = 0..96;

/// Finds the layout of the engine's objects in samples.
///
/// The samples must have:
/// * pinned typed arrays of every class, pinned data views and pinned buffers, with different lengths and offsets, and
///   some that script has given properties or a class of its own;
/// * resizable ones, whose length is not their `maxByteLength`;
/// * WebAssembly's memory, detached buffers, and buffers of which nobody has asked for the address, with views of them;
/// * typed arrays of every class without a buffer;
/// * pointer objects of `class` and of another class, changed ones too.
///
/// `None` if no layout fits all of them, or more than one does. Then helpers read objects.
///
/// Machine code reads only views and buffers that are pinned. So the first
/// [`Engine::view`](crate::engine::Engine::view) of one should ask for its address. Calls then need no further pins. For
/// that, script must not be able to detach a buffer whose address was asked for: the program tries it before it uses the
/// layout.
///
/// The layout is that of one context. Pointer objects of other contexts are left to the interpreter.
///
/// The fields are read by [`probe::read`](hotcall_jit::probe::read), so it finds none on systems where that is not possible.
///
/// # Safety
///
/// The samples are objects of JavaScriptCore on a target with addresses of 64 bits.
pub unsafe fn objects(samples: &[JavaScriptCoreSample], class: u64) -> Option<ObjectClass> {
    let types = Types::find(samples)?;
    let stores = Stores::find(samples)?;
    let views = |is_meant: fn(JavaScriptCoreKind) -> bool| {
        let samples: Vec<_> = samples.iter().filter(|sample| is_meant(sample.kind)).copied().collect();
        let fields = within(OBJECT, samples.iter().map(|sample| sample.value[0]));
        (samples, fields)
    };

    let (arrays, fields) = views(|kind| matches!(kind, JavaScriptCoreKind::TypedArray { .. }));
    let bytes = Bytes::find(&arrays, fields.clone())?;
    let to_store = only_path([fields.clone(), BEHIND], &stores.of_views(&arrays))?;
    let mode = find_mode(&arrays, fields, [bytes.address, bytes.count, to_store[0]])?;
    // Only arrays with a buffer have a store. Resizable ones have another mode.
    let [is_pinned, is_not_web_assembly, _] = stores.checks(&to_store);
    let checks = [types.array(), mode, is_pinned, is_not_web_assembly, has_bytes(path(&[bytes.address]))];
    let mut kinds = vec![bytes.object(checks, types.element())];

    let (data_views, fields) = views(|kind| matches!(kind, JavaScriptCoreKind::DataView(_)));
    let bytes = Bytes::find(&data_views, fields.clone())?;
    let to_store = only_path([fields], &stores.of_views(&data_views))?;
    let checks = [types.view()].into_iter().chain(stores.checks(&to_store)).chain([has_bytes(path(&[bytes.address]))]);
    kinds.push(bytes.object(checks, ElementSize::Shift(0)));

    let [address, length] = [stores.address, stores.length].map(|field| path(&[stores.of_buffer, field]));
    let checks =
        [types.buffer()].into_iter().chain(stores.checks(&[stores.of_buffer])).chain([has_bytes(address.clone())]);
    kinds.push(Object::new([address]).checks(checks).length(length));

    kinds.push(pointers(samples, class)?);
    let objects = ObjectClass::new(Test::masked(0, 8, NOT_CELL, 0), kinds);
    agrees(&objects, samples, class).then_some(objects)
}

/// Returns true if machine code reads the samples as it should by a description, and leaves to the interpreter those that it
/// should. The result of [`objects`] agrees with its samples, as long as nobody asks for more addresses.
pub fn agrees(objects: &ObjectClass, samples: &[JavaScriptCoreSample], class: u64) -> bool {
    samples.iter().all(|sample| sample.is_read_by(objects, class))
}

fn path(offsets: &[i32]) -> Path {
    Path(offsets.into())
}

/// Returns a check that the integer of `len` bytes at the end of the path is this one.
fn equal(path: Path, len: u8, value: u64) -> Check {
    Check { at: path, test: Test::equal(0, len, value) }
}

/// Returns a check that a buffer is not detached: asking for the address of a detached one marks it as pinned too.
fn has_bytes(address: Path) -> Check {
    Check { at: address, test: Test::range(1, u64::MAX) }
}

/// The type of cells: the byte of their header by which the engine tells classes.
struct Types {
    at: i32,
    arrays: Sizes,
    view: u64,
    buffer: u64,
}

impl Types {
    /// Finds the only byte that is equal exactly in samples of one class.
    fn find(samples: &[JavaScriptCoreSample]) -> Option<Self> {
        let of_class = |at: isize| {
            let class = |sample: &JavaScriptCoreSample| Some((sample.class()?, read(sample.value[0], at, 1)?));
            let mut pairs: Vec<_> = samples.iter().filter_map(class).collect();
            pairs.sort_unstable();
            pairs.dedup();
            pairs
        };
        let is_one_to_one = |at: isize| {
            let pairs = of_class(at);
            let mut bytes: Vec<_> = pairs.iter().map(|&(_, byte)| byte).collect();
            bytes.sort_unstable();
            bytes.dedup();
            bytes.len() == pairs.len() && pairs.windows(2).all(|pair| pair[0].0 != pair[1].0)
        };
        let mut bytes = HEADER.filter(|&at| is_one_to_one(at));
        let (at, None) = (bytes.next()?, bytes.next()) else { return None };
        let (mut sizes, mut others) = (Vec::new(), [None; 2]);
        for (class, byte) in of_class(at) {
            match class {
                Class::Array { shift, .. } => sizes.push((byte, shift)),
                Class::View => others[0] = Some(byte),
                Class::Buffer => others[1] = Some(byte),
            }
        }
        // Types between those of the samples would be unknown ones.
        let arrays = Sizes::new(&sizes).filter(|sizes| sizes.is_complete)?;
        Some(Self { at: at as i32, arrays, view: others[0]?, buffer: others[1]? })
    }

    fn array(&self) -> Check {
        let range = self.arrays.first..=self.arrays.last;
        Check { at: path(&[self.at]), test: Test::masked_range(0, 1, u64::MAX, range) }
    }

    fn view(&self) -> Check {
        equal(path(&[self.at]), 1, self.view)
    }

    fn buffer(&self) -> Check {
        equal(path(&[self.at]), 1, self.buffer)
    }

    fn element(&self) -> ElementSize {
        let Sizes { first, shifts, .. } = self.arrays;
        ElementSize::ByNumber { at: path(&[self.at]), len: 1, first: first as u32, shifts }
    }
}

/// The class of a sample with bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Array { class: u32, shift: u8 },
    View,
    Buffer,
}

/// Where stores are, and their fields. Flags are bytes, 0 or 1.
struct Stores {
    /// The buffer's field that leads to its store.
    of_buffer: i32,
    address: i32,
    length: i32,
    is_pinned: i32,
    is_web_assembly: i32,
    is_resizable: i32,
}

impl Stores {
    fn find(samples: &[JavaScriptCoreSample]) -> Option<Self> {
        use JavaScriptCoreBytes::{Pinned, Resizable, Unpinned, WebAssembly};
        let buffers: Vec<_> = samples.iter().filter_map(JavaScriptCoreSample::buffer).collect();
        let asked = |(value, bytes): &(u64, JavaScriptCoreBytes)| Some((*value, bytes.place()?.address));
        let fields = within(OBJECT, buffers.iter().map(|buffer| buffer.0));
        let [of_buffer, address] = only_path([fields, STORE], &buffers.iter().filter_map(asked).collect::<Vec<_>>())?;
        let field = |&(value, _): &(u64, _), at, len| read(read(value, of_buffer as isize, WORD)?, at, len);
        let has_place = |(_, bytes): &(u64, JavaScriptCoreBytes)| bytes.place().is_some();
        // The length at most is equal to the length, unless the buffer is resizable.
        let length = only(STORE, WORD, &buffers, has_place, |buffer, at| {
            field(buffer, at, WORD).zip(buffer.1.place()).is_some_and(|(word, place)| word == place.count)
        })?;
        // A byte of an address may be 1 too. Behind a flag are bytes that have not been written.
        let is_address = |buffer: &_, at: isize| {
            let word = field(buffer, at - at % WORD as isize, WORD);
            word.is_some_and(|address| read(address, 0, 1).is_some())
        };
        let flag = |is: fn(JavaScriptCoreBytes) -> Option<bool>| {
            let is_meant = |buffer: &(_, _)| is(buffer.1).is_some();
            let set = || buffers.iter().filter(|buffer| is(buffer.1) == Some(true));
            only(STORE, 1, &buffers, is_meant, |buffer, at| {
                field(buffer, at, 1) == is(buffer.1).map(u64::from) && !set().all(|buffer| is_address(buffer, at))
            })
        };
        let is_pinned = flag(|bytes| match bytes {
            Pinned(_) | Resizable(_) => Some(true),
            Unpinned => Some(false),
            // The engine may count it as pinned.
            WebAssembly | JavaScriptCoreBytes::Unbuffered => None,
        })?;
        let is_web_assembly = flag(|bytes| Some(bytes == WebAssembly))?;
        let is_resizable = flag(|bytes| Some(matches!(bytes, Resizable(_))))?;
        Some(Self { of_buffer, address, length, is_pinned, is_web_assembly, is_resizable })
    }

    /// Returns the values of pinned views, with the addresses of their stores.
    fn of_views(&self, views: &[JavaScriptCoreSample]) -> Vec<(u64, u64)> {
        let store = |sample: &JavaScriptCoreSample| {
            Some((sample.value[0], read(sample.pinned()?.buffer, self.of_buffer as isize, WORD)?))
        };
        views.iter().filter_map(store).collect()
    }

    /// Returns the checks of the store at the end of a path: its bytes stay in place, and their number does not change.
    fn checks(&self, to_store: &[i32]) -> [Check; 3] {
        let flag = |at: i32, is_set: bool| equal(path(&[to_store, &[at]].concat()), 1, is_set.into());
        [flag(self.is_pinned, true), flag(self.is_web_assembly, false), flag(self.is_resizable, false)]
    }
}

/// Where a kind of view has the address of its bytes, and the number of its elements.
struct Bytes {
    address: i32,
    count: i32,
}

impl Bytes {
    fn find(views: &[JavaScriptCoreSample], fields: Range<isize>) -> Option<Self> {
        let field = |get: fn(JavaScriptCorePlace) -> u64| {
            let has_place = |sample: &JavaScriptCoreSample| sample.pinned().is_some();
            only(fields.clone(), WORD, views, has_place, |sample, at| {
                read(sample.value[0], at, WORD) == sample.pinned().map(get)
            })
        };
        Some(Self { address: field(|place| place.address)?, count: field(|place| place.count)? })
    }

    fn object(&self, checks: impl IntoIterator<Item = Check>, element: ElementSize) -> Object {
        let length = ByteLength::new(path(&[self.count]), 8, element);
        Object::new([path(&[self.address])]).checks(checks).length(length)
    }
}

/// Returns the check of the mode of typed arrays: the only byte that is equal in all that have a buffer of fixed length,
/// and another one in all others. It is not part of the fields that are known.
fn find_mode(arrays: &[JavaScriptCoreSample], fields: Range<isize>, known: [i32; 3]) -> Option<Check> {
    use JavaScriptCoreBytes::{Pinned, Resizable, Unbuffered, Unpinned, WebAssembly};
    let has_buffer = |sample: &JavaScriptCoreSample| match sample.bytes()? {
        Pinned(_) => Some(true),
        Resizable(_) | Unbuffered => Some(false),
        WebAssembly | Unpinned => None,
    };
    let byte = |sample: &JavaScriptCoreSample, at| read(sample.value[0], at, 1);
    let with_buffer = arrays.iter().find(|sample| has_buffer(sample) == Some(true))?;
    let at = only(
        fields,
        1,
        arrays,
        |sample| has_buffer(sample).is_some(),
        |sample, at| {
            let is_known = known.iter().any(|&field| (field as isize..field as isize + 8).contains(&at));
            !is_known && Some(byte(sample, at) == byte(with_buffer, at)) == has_buffer(sample)
        },
    )?;
    Some(equal(path(&[at]), 1, byte(with_buffer, at as isize)?))
}

/// Finds the layout of pointer objects. All objects of one structure have the same fields, and their class tells the
/// program's classes.
fn pointers(samples: &[JavaScriptCoreSample], class: u64) -> Option<Object> {
    const STRUCTURE: u8 = 4;
    let is_pointer = |sample: &&JavaScriptCoreSample| sample.class().is_none();
    let all: Vec<_> = samples.iter().filter(is_pointer).copied().collect();
    let fields = within(OBJECT, all.iter().map(|sample| sample.value[0]));
    let plain: Vec<_> = all.iter().filter_map(JavaScriptCoreSample::pointer).collect();
    let ends = |end: fn(&(u64, u64, u64)) -> u64| plain.iter().map(|all| (all.0, end(all))).collect::<Vec<_>>();
    let address = path(&only_path([fields.clone(), BEHIND], &ends(|all| all.1))?);
    let to_class = path(&only_path([fields, BEHIND], &ends(|all| all.2))?);

    let structure = |object, at| read(object, at, STRUCTURE.into());
    let of_plain = |at| structure(plain.first()?.0, at);
    let at = only(
        HEADER,
        STRUCTURE.into(),
        &all,
        |_| true,
        |sample, at| (structure(sample.value[0], at) == of_plain(at)) == sample.pointer().is_some(),
    )?;
    let of_structure = equal(path(&[at]), STRUCTURE, of_plain(at as isize)?);
    Some(Object::new([address]).checks([of_structure, equal(to_class, 8, class)]))
}

impl JavaScriptCoreBytes {
    const fn place(self) -> Option<JavaScriptCorePlace> {
        match self {
            Self::Pinned(place) | Self::Resizable(place) => Some(place),
            Self::WebAssembly | Self::Unpinned | Self::Unbuffered => None,
        }
    }
}

impl JavaScriptCoreSample {
    const fn bytes(&self) -> Option<JavaScriptCoreBytes> {
        match self.kind {
            JavaScriptCoreKind::TypedArray { bytes, .. }
            | JavaScriptCoreKind::DataView(bytes)
            | JavaScriptCoreKind::Buffer(bytes) => Some(bytes),
            JavaScriptCoreKind::Pointer { .. } | JavaScriptCoreKind::ChangedPointer => None,
        }
    }

    /// Returns the place of bytes that stay there.
    const fn pinned(&self) -> Option<JavaScriptCorePlace> {
        if let Some(JavaScriptCoreBytes::Pinned(place)) = self.bytes() { Some(place) } else { None }
    }

    const fn class(&self) -> Option<Class> {
        match self.kind {
            JavaScriptCoreKind::TypedArray { class, shift, .. } => Some(Class::Array { class, shift }),
            JavaScriptCoreKind::DataView(_) => Some(Class::View),
            JavaScriptCoreKind::Buffer(_) => Some(Class::Buffer),
            JavaScriptCoreKind::Pointer { .. } | JavaScriptCoreKind::ChangedPointer => None,
        }
    }

    /// Returns the value of a buffer, and its bytes.
    const fn buffer(&self) -> Option<(u64, JavaScriptCoreBytes)> {
        if let JavaScriptCoreKind::Buffer(bytes) = self.kind { Some((self.value[0], bytes)) } else { None }
    }

    /// Returns the value of a pointer object that is not changed, its address and its class.
    const fn pointer(&self) -> Option<(u64, u64, u64)> {
        if let JavaScriptCoreKind::Pointer { address, class } = self.kind {
            Some((self.value[0], address, class))
        } else {
            None
        }
    }

    /// Returns true if machine code reads the sample as it should: objects whose bytes stay, and pointer objects of this
    /// class. It leaves all others to the interpreter.
    fn is_read_by(&self, objects: &ObjectClass, class: u64) -> bool {
        let Some(readings) = objects.read_by_each(self.value) else { return false };
        let expected = match self.kind {
            JavaScriptCoreKind::TypedArray { shift, .. } => self.pinned().map(|place| place.resolved(shift)),
            JavaScriptCoreKind::DataView(_) | JavaScriptCoreKind::Buffer(_) => {
                self.pinned().map(|place| place.resolved(0))
            }
            JavaScriptCoreKind::Pointer { address, class: of } => {
                (of == class).then_some(ResolvedHandle { slot: address, len: u64::MAX })
            }
            JavaScriptCoreKind::ChangedPointer => None,
        };
        readings.into_iter().flatten().map(|reading| reading.found).eq(expected)
    }
}

impl JavaScriptCorePlace {
    const fn resolved(&self, shift: u8) -> ResolvedHandle {
        ResolvedHandle { slot: self.address, len: self.count << shift }
    }
}
