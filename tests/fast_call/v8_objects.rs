//! V8's objects as bytes, and calls with them. Offsets of fields in each version are written by hand after
//! `src/objects/js-array-buffer.tq`, `js-objects.tq` and `map.tq`. Machine code must read the fields that count and no others.

use hotcall::engine::v8::{Generation, Roots};
use hotcall::engine::{Engine, EngineError, Exit, Output, Realm, ResolvedHandle, Site, View, Words};
use hotcall::{Function, FunctionOptions, Slot};
use hotcall_testing::notation;

use crate::v8_calls::{GENERATIONS, ROOTS};
use crate::world::fixture;

/// From an object's first byte, on 64 bits and without pointer compression.
#[derive(Clone, Copy)]
struct Offsets {
    /// `JSArrayBufferView::buffer`
    buffer: usize,
    /// `JSArrayBufferView::bit_field`, of 4 bytes
    bit_field: usize,
    /// `JSArrayBufferView::raw_byte_length`
    byte_length: usize,
    /// `JSTypedArray::external_pointer`
    external_pointer: usize,
    /// `JSTypedArray::base_pointer`
    base_pointer: usize,
    /// `JSDataView::data_pointer`
    data_pointer: usize,
    /// `JSArrayBuffer::raw_byte_length`
    buffer_length: usize,
    /// `JSArrayBuffer::backing_store`
    backing_store: usize,
    /// `JSArrayBuffer::bit_field`, of 4 bytes
    flags: usize,
}

/// V8 10.2.
const FIRST: Offsets = Offsets {
    buffer: 24,
    bit_field: 48,
    byte_length: 40,
    external_pointer: 64,
    base_pointer: 72,
    data_pointer: 56,
    buffer_length: 24,
    backing_store: 40,
    flags: 56,
};

/// V8 11.3 and 12.4.
const SECOND: Offsets = Offsets { buffer_length: 32, backing_store: 48, flags: 64, ..FIRST };

/// V8 13.6 and later.
const THIRD: Offsets = Offsets {
    buffer: 32,
    bit_field: 40,
    byte_length: 56,
    external_pointer: 72,
    base_pointer: 80,
    data_pointer: 64,
    buffer_length: 40,
    backing_store: 56,
    flags: 72,
};

const OFFSETS: [Offsets; 5] = [FIRST, SECOND, SECOND, THIRD, THIRD];

/// `JSExternalObject`'s pointer, `Map::instance_type` (of 2 bytes)
const EXTERNAL: usize = 24;
const INSTANCE_TYPE: usize = 12;

/// An object, filled with bytes that no field may have.
struct Object(Box<[u64; 12]>);

impl Object {
    fn new(map: &Self) -> Self {
        let mut object = Self::garbage();
        object.put(0, &map.word().to_le_bytes());
        object
    }

    fn garbage() -> Self {
        Self(Box::new(std::array::from_fn(|index| 0xe1e3_e5e7_e9eb_ed0f | (index as u64 * 16))))
    }

    fn map(instance_type: u16) -> Self {
        let mut map = Self::garbage();
        map.put(INSTANCE_TYPE, &instance_type.to_le_bytes());
        map
    }

    fn put(&mut self, offset: usize, bytes: &[u8]) {
        for (index, byte) in bytes.iter().enumerate() {
            let (word, at) = ((offset + index) / 8, (offset + index) % 8 * 8);
            self.0[word] = self.0[word] & !(0xff << at) | u64::from(*byte) << at;
        }
    }

    /// Its address with the tag.
    fn word(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64 + 1
    }
}

/// A typed array over some bytes, with its buffer.
struct TypedArray {
    offsets: Offsets,
    map: Object,
    buffer: Object,
    view: Object,
}

impl TypedArray {
    fn new(offsets: Offsets, address: u64, len: u64) -> Self {
        let map = Object::map(ROOTS.typed_array.unwrap());
        let (mut buffer, mut view) = (Object::new(&map), Object::new(&map));
        // All that may be set: external, detachable, asm.js, shared, resizable.
        buffer.put(offsets.flags, &0b11_1011_u32.to_le_bytes());
        view.put(offsets.buffer, &buffer.word().to_le_bytes());
        view.put(offsets.byte_length, &len.to_le_bytes());
        view.put(offsets.external_pointer, &address.to_le_bytes());
        view.put(offsets.base_pointer, &[0; 8]);
        view.put(offsets.bit_field, &0xffff_fffc_u32.to_le_bytes());
        Self { offsets, map, buffer, view }
    }

    fn resolve(&self, generation: &Generation) -> Option<ResolvedHandle> {
        resolve(generation, self.view.word())
    }
}

fn resolve(generation: &Generation, word: u64) -> Option<ResolvedHandle> {
    let slot = Box::new(word);
    // SAFETY: a handle is the address of a word, and all words of tests belong to such objects, or are not addresses.
    unsafe { generation.handles(&ROOTS).resolve((&raw const *slot).expose_provenance() as u64) }
}

fn each(mut check: impl FnMut(&str, &Generation, Offsets)) {
    for ((name, generation), offsets) in GENERATIONS.iter().zip(OFFSETS) {
        check(name, generation, offsets);
    }
}

#[test]
fn typed_arrays_are_read_at_their_offsets() {
    each(|name, generation, offsets| {
        let mut array = TypedArray::new(offsets, 0x1234_5678_9abc, 0x4321);
        let found = Some(ResolvedHandle { slot: 0x1234_5678_9abc, len: 0x4321 });
        assert_eq!(array.resolve(generation), found, "{name}");
        // In V8's own heap: the sum of an object's word and a small number.
        array.view.put(offsets.external_pointer, &15_u64.to_le_bytes());
        array.view.put(offsets.base_pointer, &0x7f00_0000_1001_u64.to_le_bytes());
        assert_eq!(array.resolve(generation), Some(ResolvedHandle { slot: 0x7f00_0000_1010, len: 0x4321 }), "{name}");
    });
}

/// The roots with all kinds of bytes.
const ALL_ROOTS: Roots = ROOTS.array_buffer(Some(2062)).data_view(Some(2059));

fn resolve_all(generation: &Generation, object: &Object) -> Option<ResolvedHandle> {
    let slot = Box::new(object.word());
    // SAFETY: a handle is the address of a word, which belongs to such an object.
    unsafe { generation.handles(&ALL_ROOTS).resolve((&raw const *slot).expose_provenance() as u64) }
}

#[test]
fn array_buffers_are_read_at_their_offsets() {
    each(|name, generation, offsets| {
        let map = Object::map(ALL_ROOTS.array_buffer.unwrap());
        let mut buffer = Object::new(&map);
        buffer.put(offsets.buffer_length, &0x4321_u64.to_le_bytes());
        buffer.put(offsets.backing_store, &0x1234_5678_9abc_u64.to_le_bytes());
        // All that may be set: external, detachable, asm.js, shared.
        buffer.put(offsets.flags, &0b1_1011_u32.to_le_bytes());
        let found = Some(ResolvedHandle { slot: 0x1234_5678_9abc, len: 0x4321 });
        assert_eq!(resolve_all(generation, &buffer), found, "{name}");
        // Detached, resizable; immutable, in versions that have immutable buffers.
        for (bit, counts) in [(2, true), (5, true), (6, name == "15.0")] {
            buffer.put(offsets.flags, &(1_u32 << bit).to_le_bytes());
            assert_eq!(resolve_all(generation, &buffer).is_none(), counts, "{name}: bit {bit}");
        }
    });
}

#[test]
fn data_views_are_read_at_their_offsets() {
    each(|name, generation, offsets| {
        let mut view = TypedArray::new(offsets, 0xbad, 0x4321);
        view.map.put(INSTANCE_TYPE, &ALL_ROOTS.data_view.unwrap().to_le_bytes());
        view.view.put(offsets.data_pointer, &0x1234_5678_9abc_u64.to_le_bytes());
        let found = Some(ResolvedHandle { slot: 0x1234_5678_9abc, len: 0x4321 });
        assert_eq!(resolve_all(generation, &view.view), found, "{name}");
        view.buffer.put(offsets.flags, &4_u32.to_le_bytes());
        assert_eq!(resolve_all(generation, &view.view), None, "{name}: detached");
        view.buffer.put(offsets.flags, &0_u32.to_le_bytes());
        view.view.put(offsets.bit_field, &1_u32.to_le_bytes());
        assert_eq!(resolve_all(generation, &view.view), None, "{name}: length-tracking");
    });
}

#[test]
fn numbers_that_are_objects_are_called_with_in_every_generation() {
    each(|name, generation, _| {
        let maps = [0, 1].map(|_| Object::garbage());
        let roots = ROOTS.heap_number(Some(maps[0].word())).big_int(Some(maps[1].word()));
        let double = |number: f64| {
            let mut object = Object::new(&maps[0]);
            object.put(8, &number.to_le_bytes());
            object
        };
        let big_int = |bits: u32, digit: u64| {
            let mut object = Object::new(&maps[1]);
            object.put(8, &bits.to_le_bytes());
            object.put(16, &digit.to_le_bytes());
            object
        };
        for (object, expected) in [
            (double(9_007_199_254_740_992.0), 1_u64 << 53),
            (double(-0.0), 0),
            (big_int(0, 7), 0),
            (big_int(1 << 1, 7), 7),
            (big_int(1 << 1 | 1, 7), -7_i64 as u64),
            (big_int(3 << 1 | 1, 1 << 63), 1 << 63),
        ] {
            let arg = Argument(object.word(), f64::NAN);
            let (result, flagged, thrown) = call_with(generation, &roots, "low_i64", "(i64) -> i32", &[arg]);
            assert_eq!((result.as_i32(), flagged, thrown), (expected as i32, false, vec![]), "{name}");
        }
        // SAFETY: the samples are objects.
        assert_eq!(unsafe { Roots::map(double(1.5).word()) }, maps[0].word());
    });
}

#[test]
fn what_may_have_moved_or_shrunk_is_left_to_the_helper() {
    each(|name, generation, offsets| {
        // Length-tracking, or on a buffer that may be resized.
        for bit in [1_u32, 2] {
            let mut array = TypedArray::new(offsets, 8, 8);
            array.view.put(array.offsets.bit_field, &bit.to_le_bytes());
            assert_eq!(array.resolve(generation), None, "{name}");
        }
        // Detached; immutable, in versions that have immutable buffers.
        for (bit, counts) in [(2, true), (6, name == "15.0")] {
            let mut array = TypedArray::new(offsets, 8, 8);
            array.buffer.put(offsets.flags, &(1_u32 << bit).to_le_bytes());
            assert_eq!(array.resolve(generation).is_none(), counts, "{name}: bit {bit}");
        }
    });
}

#[test]
fn other_values_are_left_to_the_helper() {
    each(|name, generation, offsets| {
        for instance_type in [0, 1, 2060, 2062, u16::MAX] {
            let mut array = TypedArray::new(offsets, 8, 8);
            array.map.put(INSTANCE_TYPE, &instance_type.to_le_bytes());
            assert_eq!(array.resolve(generation), None, "{name}");
        }
        // Small integers are not addresses.
        for integer in [0, 1, -1, i32::MIN] {
            assert_eq!(resolve(generation, (integer as u64) << 32), None);
        }
        let map = Object::map(ROOTS.external.unwrap());
        let mut external = Object::new(&map);
        external.put(EXTERNAL, &0xabcd_u64.to_le_bytes());
        assert_eq!(
            resolve(generation, external.word()),
            Some(ResolvedHandle { slot: 0xabcd, len: u64::MAX }),
            "{name}"
        );
        // SAFETY: it is an object.
        assert_eq!(unsafe { Roots::instance_type(external.word()) }, ROOTS.external.unwrap());
        // Objects that the roots do not name are left to the helper.
        let none = generation.handles(&ROOTS.typed_array(None).external(None));
        assert!(none.objects.is_empty() && none.indirect);
        assert_eq!((none.null, none.booleans), (Some(ROOTS.null), Some([ROOTS.no, ROOTS.yes])));
    });
}

/// The part of V8 that the helper needs: small integers and doubles by their words.
struct Isolate(std::cell::RefCell<Vec<String>>);

/// The word of a number that is not a small integer.
const ONE_AND_A_HALF: u64 = 0xf1f1;

// SAFETY: this engine's values do not have bytes.
unsafe impl Engine for Isolate {
    type Exception = String;

    unsafe fn view(&self, _: Site, [handle, _]: Words) -> View {
        // SAFETY: handles are addresses of words.
        match unsafe { *std::ptr::with_exposed_provenance::<u64>(handle as usize) } {
            word if word & 1 == 0 => View::Number(f64::from((word >> 32) as i32)),
            ONE_AND_A_HALF => View::Number(1.5),
            _ => View::Undefined,
        }
    }

    unsafe fn make(&self, _: Site, _: Output<'_>) -> Result<Words, String> {
        Err("nothing is made here".into())
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
        error.to_string()
    }

    unsafe fn throw(&self, _: Site, exception: String) {
        self.0.borrow_mut().push(exception);
    }
}

/// A call by the machine as V8's code would make it: the arguments' words, or numbers.
fn call(generation: &Generation, symbol: &str, signature: &str, args: &[Argument]) -> (Slot, bool, Vec<String>) {
    call_with(generation, &ROOTS, symbol, signature, args)
}

/// A call by machine code that knows these roots.
fn call_with(
    generation: &Generation,
    roots: &Roots,
    symbol: &str,
    signature: &str,
    args: &[Argument],
) -> (Slot, bool, Vec<String>) {
    let function = fixture().function(symbol, &notation::signature(signature)).unwrap();
    let fast = generation.fast_call(function.signature(), roots).unwrap();
    let realm = Realm::of_handles(Isolate(Default::default()));
    // SAFETY: the fixture's functions take these arguments; words are as the model says.
    let record = unsafe { realm.fast_call(&function, &fast.model) }.unwrap();
    let native = &fast.model.native;
    // SAFETY: the record lives until the end.
    let native =
        unsafe { Function::from_address("native", record.entry(), native, FunctionOptions::default()) }.unwrap();
    let mut options = [0_u64; 4];
    let words: Vec<Box<u64>> = args.iter().map(|Argument(word, _)| Box::new(*word)).collect();
    let mut slots = vec![Slot::from(0_u64)];
    for ((info, word), Argument(_, number)) in fast.params[1..].iter().zip(&words).zip(args) {
        let kinds = if *generation == Generation::V10_2 { [8, 4, 6, 7] } else { [10, 5, 7, 8] };
        slots.push(match kinds.iter().position(|kind| *kind == info.ty).unwrap() {
            0 => Slot::from((&raw const **word).expose_provenance()),
            1 => (*number as i64).into(),
            2 => (*number as f32).into(),
            _ => (*number).into(),
        });
    }
    slots.push((&raw mut options).into());
    // SAFETY: these are the arguments of the native function.
    let result = unsafe { native.call_slots(&slots) }.unwrap();
    let [flag, rest @ ..] = options;
    assert!(flag <= 1 && rest == [0; 3]);
    assert!(flag == 0 || generation.exit() != Exit::Raise);
    let thrown = realm.engine().0.take();
    (result, flag == 1, thrown)
}

/// A value as V8 has it: its word, and the number that it is.
#[derive(Clone, Copy)]
struct Argument(u64, f64);

const fn number(number: i32) -> Argument {
    Argument((number as u64) << 32, number as f64)
}

const FRACTION: Argument = Argument(ONE_AND_A_HALF, 1.5);

#[test]
fn numbers_are_called_with_in_every_generation() {
    each(|name, generation, _| {
        let add = |args: &[Argument]| call(generation, "add_i32", "(i32, i32) -> i32", args);
        let (result, flagged, thrown) = add(&[number(-44), number(2)]);
        assert_eq!((result.as_i32(), flagged, thrown), (-42, false, vec![]), "{name}");
        let (_, flagged, thrown) = add(&[number(1), FRACTION]);
        let raises = generation.exit() == Exit::Raise;
        let message = "cannot call \"add_i32\": argument 2 (i32): 1.5 is not an integer";
        assert_eq!((flagged, thrown), (!raises, if raises { vec![message.to_string()] } else { vec![] }), "{name}");

        let digits = |args: &[Argument]| call(generation, "digits9", "(9*i32) -> f64", args);
        let args: Vec<_> = (1..=9).map(number).collect();
        let (result, flagged, thrown) = digits(&args);
        assert_eq!((result.as_f64(), flagged, thrown), (123_456_789.0, false, vec![]), "{name}");
        for index in 0..9 {
            let mut args = args.clone();
            args[index] = Argument(ONE_AND_A_HALF, 2_f64.powi(31));
            let (_, flagged, thrown) = digits(&args);
            assert_eq!((flagged, thrown.len()), (!raises, usize::from(raises)), "{name}: {index}");
            assert!(thrown.iter().all(|thrown| thrown.contains(&format!("argument {} (i32)", index + 1))));
        }
    });
}

#[test]
fn typed_arrays_are_called_with_in_every_generation() {
    each(|name, generation, offsets| {
        let bytes = [1_u8, 2, 3, 4];
        let array = TypedArray::new(offsets, bytes.as_ptr().expose_provenance() as u64, 4);
        let arg = Argument(array.view.word(), f64::NAN);
        let read = |arg| call(generation, "read_le", "(buffer, u32) -> u32", &[arg, number(3)]);
        let (result, flagged, thrown) = read(arg);
        assert_eq!((result.as_u32(), flagged, thrown), (0x03_0201, false, vec![]), "{name}");
        let (_, flagged, thrown) = read(number(5));
        assert_eq!(flagged, thrown.is_empty(), "{name}");
        assert!(thrown.iter().all(|thrown| thrown.ends_with("expected null or a buffer, not a number")));
        let id = call(generation, "id_bool", "(bool) -> bool", &[Argument(ROOTS.yes, f64::NAN)]);
        assert_eq!((id.0.as_bool(), id.1, id.2), (true, false, vec![]), "{name}");
    });
}
