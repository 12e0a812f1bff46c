//! A machine with V8's values: objects at V8's offsets, and calls of callbacks as V8 makes them. Objects live as long as the
//! process.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::mem;
use std::rc::Rc;

use hotcall::engine::v8::{self, CallbackLayout, Generation, Roots};
use hotcall::engine::{Engine, EngineError, Kind, Output, Realm, Record, Site, ValueModel, View, Words};

/// A version of V8. Offsets are from an object's first byte, after the objects of such versions in memory.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    pub(crate) name: &'static str,
    pub(crate) generation: Generation,
    pub(crate) layout: CallbackLayout,
    /// The number of `JSArrayBufferView`'s and `JSArrayBuffer`'s words of each field.
    view_buffer: usize,
    view_bits: usize,
    view_length: usize,
    view_pointer: usize,
    array_pointer: usize,
    array_base: usize,
    buffer_length: usize,
    buffer_pointer: usize,
    buffer_bits: usize,
}

pub(crate) const VERSIONS: [Version; 2] = [
    Version {
        name: "12.4",
        generation: Generation::V12_4,
        layout: CallbackLayout::ARRAYS,
        view_buffer: 3,
        view_bits: 6,
        view_length: 5,
        view_pointer: 7,
        array_pointer: 8,
        array_base: 9,
        buffer_length: 4,
        buffer_pointer: 6,
        buffer_bits: 8,
    },
    Version {
        name: "14.6",
        generation: Generation::V15_0,
        layout: CallbackLayout::FRAME,
        view_buffer: 4,
        view_bits: 5,
        view_length: 7,
        view_pointer: 8,
        array_pointer: 9,
        array_base: 10,
        buffer_length: 5,
        buffer_pointer: 7,
        buffer_bits: 9,
    },
];

/// The words of an object. No field of a view is behind them.
const FIELDS: usize = 12;

/// Bits of a buffer.
pub(crate) const DETACHED: u64 = 1 << 2;
pub(crate) const SHARED: u64 = 1 << 4;
pub(crate) const RESIZABLE: u64 = 1 << 5;

/// Instance types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
enum Class {
    HeapNumber = 130,
    BigInt = 131,
    Oddball = 132,
    Text = 133,
    DataView = 2059,
    TypedArray = 2061,
    ArrayBuffer = 2063,
    External = 2129,
}

const CLASSES: [Class; 8] = [
    Class::HeapNumber,
    Class::BigInt,
    Class::Oddball,
    Class::Text,
    Class::DataView,
    Class::TypedArray,
    Class::ArrayBuffer,
    Class::External,
];

/// The value that a call did not return.
const NOT_RETURNED: u64 = 0x0bad_0bad_0bad_0bad;

/// A word, as V8 has it in its frames and objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Word(pub(crate) u64);

/// An isolate.
pub(crate) struct Isolate {
    pub(crate) version: Version,
    maps: Vec<Word>,
    pub(crate) null: Word,
    pub(crate) undefined: Word,
    pub(crate) no: Word,
    pub(crate) yes: Word,
    thrown: RefCell<Option<String>>,
    /// The values that the engine was asked about, and those that it has made.
    pub(crate) viewed: Cell<u32>,
    pub(crate) made: Cell<u32>,
    /// The values that V8's own functions have made.
    pub(crate) new: Cell<u32>,
    pub(crate) pins: RefCell<Vec<u64>>,
    pub(crate) pinned: Cell<u32>,
    /// An array in V8's heap whose bytes move when the engine is asked about a value.
    pub(crate) moving: Cell<Option<Word>>,
}

/// Makes an object of these words, and returns its word.
fn leak(fields: impl Into<Vec<u64>>) -> Word {
    Word(Vec::leak(fields.into()).as_mut_ptr().expose_provenance() as u64 + 1)
}

/// Returns the address of a word: a handle.
pub(crate) fn handle(word: Word) -> u64 {
    leak([word.0]).0 - 1
}

pub(crate) const fn smi(number: i32) -> Word {
    Word((number as u32 as u64) << 32)
}

impl Isolate {
    pub(crate) fn new(version: Version) -> Rc<Self> {
        let map = |class: Class| leak([0xeeee_eeee_eeee_eeee, (class as u64) << 32 | 0xee << 48, 0xeeee]);
        let maps: Vec<_> = CLASSES.into_iter().map(map).collect();
        let oddball = || leak([maps[2].0, 0xeeee_eeee_eeee_eeee, 0xeeee_eeee_eeee_eeee]);
        let [null, undefined, no, yes] = std::array::from_fn(|_| oddball());
        Rc::new(Self {
            version,
            maps,
            null,
            undefined,
            no,
            yes,
            thrown: RefCell::default(),
            viewed: Cell::default(),
            made: Cell::default(),
            new: Cell::default(),
            pins: RefCell::default(),
            pinned: Cell::default(),
            moving: Cell::default(),
        })
    }

    fn map(&self, class: Class) -> Word {
        self.maps[CLASSES.iter().position(|other| *other == class).unwrap()]
    }

    fn object(&self, class: Class, fields: &[u64]) -> Word {
        leak([&[self.map(class).0], fields].concat())
    }

    pub(crate) fn double(&self, number: f64) -> Word {
        self.object(Class::HeapNumber, &[number.to_bits()])
    }

    /// A number, as V8 makes it.
    pub(crate) fn number(&self, number: f64) -> Word {
        let small = number as i32;
        if f64::from(small).to_bits() == number.to_bits() { smi(small) } else { self.double(number) }
    }

    pub(crate) fn big_int(&self, is_negative: bool, digits: &[u64]) -> Word {
        let bits = 0xeeee_eeee << 32 | (digits.len() as u64) << 1 | u64::from(is_negative);
        self.object(Class::BigInt, &[&[bits], digits].concat())
    }

    fn wide(&self, low: i128) -> Word {
        let digit = low.unsigned_abs() as u64;
        self.big_int(low < 0, if digit == 0 { &[] } else { std::slice::from_ref(&digit) })
    }

    pub(crate) fn text(&self) -> Word {
        self.object(Class::Text, &[7])
    }

    pub(crate) fn external(&self, address: u64) -> Word {
        self.object(Class::External, &[0xeeee, 0xeeee, address])
    }

    /// An array buffer with these bytes, and the bits of its field.
    pub(crate) fn buffer(&self, bytes: &'static mut [u8], bits: u64) -> Word {
        let Version { buffer_length, buffer_pointer, buffer_bits, .. } = self.version;
        let mut fields = [0xe1e3_e5e7_e9eb_edef; FIELDS];
        fields[0] = self.map(Class::ArrayBuffer).0;
        fields[buffer_length] = bytes.len() as u64;
        fields[buffer_pointer] = bytes.as_mut_ptr().expose_provenance() as u64;
        fields[buffer_bits] = bits | 0xeeee_eeee << 32;
        leak(fields)
    }

    fn view(&self, class: Class, bytes: &'static mut [u8], bits: u64) -> [u64; FIELDS] {
        let Version { view_buffer, view_bits, view_length, .. } = self.version;
        let mut fields = [0xe1e3_e5e7_e9eb_edef; FIELDS];
        fields[0] = self.map(class).0;
        fields[view_length] = bytes.len() as u64;
        fields[view_bits] = 0xeeee_eeee_eeee_eee0;
        fields[view_buffer] = self.buffer(bytes, bits).0;
        fields
    }

    pub(crate) fn array_of(&self, bytes: &'static mut [u8], bits: u64) -> Word {
        let Version { array_pointer, array_base, .. } = self.version;
        let address = bytes.as_mut_ptr().expose_provenance() as u64;
        let mut fields = self.view(Class::TypedArray, bytes, bits);
        (fields[array_pointer], fields[array_base]) = (address, 0);
        leak(fields)
    }

    /// A typed array whose bytes are not in V8's heap.
    pub(crate) fn array(&self, bytes: &[u8]) -> Word {
        self.array_of(bytes.to_vec().leak(), 0)
    }

    /// A typed array whose bytes are in V8's heap.
    pub(crate) fn small_array(&self, bytes: &[u8]) -> Word {
        let Version { array_pointer, array_base, .. } = self.version;
        let mut store = vec![0xeeee; 2];
        store.extend(bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        }));
        let mut fields = self.view(Class::TypedArray, bytes.to_vec().leak(), 0);
        // The sum of an object's word and a small number.
        (fields[array_pointer], fields[array_base]) = (15, leak(store).0);
        leak(fields)
    }

    pub(crate) fn data_view(&self, bytes: &[u8]) -> Word {
        let bytes = bytes.to_vec().leak();
        let address = bytes.as_mut_ptr().expose_provenance() as u64;
        let mut fields = self.view(Class::DataView, bytes, 0);
        fields[self.version.view_pointer] = address;
        leak(fields)
    }

    /// Moves the bytes of an array out of V8's heap, as asking for its buffer does.
    fn settle(&self, array: Word) {
        let Version { array_pointer, array_base, .. } = self.version;
        if self.class(array) != Class::TypedArray || field(array, array_base) == 0 {
            return;
        }
        let bytes = self.bytes(array).leak();
        let fields = std::ptr::with_exposed_provenance_mut::<u64>(array.0 as usize - 1);
        // SAFETY: the array has these fields.
        unsafe {
            fields.add(array_pointer).write(bytes.as_mut_ptr().expose_provenance() as u64);
            fields.add(array_base).write(0);
        }
    }

    /// Moves the bytes of an array, if they are in V8's heap.
    fn move_bytes(&self, array: Word) {
        let base = self.version.array_base;
        if field(array, base) == 0 {
            return;
        }
        let len = field(array, self.version.view_length) as usize;
        let from = std::ptr::with_exposed_provenance_mut::<u8>(field(array, base) as usize + 15);
        let store = leak(vec![0; len.div_ceil(8) + 2]);
        let to = std::ptr::with_exposed_provenance_mut::<u8>(store.0 as usize + 15);
        // SAFETY: both stores have room for the bytes, and the array is the only one that has them.
        unsafe {
            to.copy_from_nonoverlapping(from, len);
            from.write_bytes(0xdd, len);
            std::ptr::with_exposed_provenance_mut::<u64>(array.0 as usize - 1).add(base).write(store.0);
        }
    }

    pub(crate) fn bytes(&self, word: Word) -> Vec<u8> {
        let Some((address, len)) = self.contents(word) else { panic!("no bytes") };
        // SAFETY: these are the object's bytes.
        unsafe { std::slice::from_raw_parts(address, len) }.to_vec()
    }

    fn class(&self, word: Word) -> Class {
        let map = field(word, 0);
        CLASSES[self.maps.iter().position(|other| other.0 == map).unwrap()]
    }

    /// The bytes of a buffer or a view.
    fn contents(&self, word: Word) -> Option<(*mut u8, usize)> {
        let Version { view_length, view_pointer, array_pointer, array_base, .. } = self.version;
        let Version { buffer_length, buffer_pointer, .. } = self.version;
        let (address, len) = match self.class(word) {
            Class::ArrayBuffer => (field(word, buffer_pointer), field(word, buffer_length)),
            Class::DataView => (field(word, view_pointer), field(word, view_length)),
            Class::TypedArray => (field(word, array_pointer) + field(word, array_base), field(word, view_length)),
            Class::HeapNumber | Class::BigInt | Class::Oddball | Class::Text | Class::External => return None,
        };
        Some((std::ptr::with_exposed_provenance_mut(address as usize), len as usize))
    }

    fn look(&self, word: Word) -> View {
        if word.0 & 1 == 0 {
            return View::Number(f64::from((word.0 >> 32) as i32));
        }
        if let Some((address, len)) = self.contents(word) {
            let Version { view_buffer, buffer_bits, .. } = self.version;
            let is_view = self.class(word) != Class::ArrayBuffer;
            let buffer = if is_view { Word(field(word, view_buffer)) } else { word };
            return match field(buffer, buffer_bits) & DETACHED {
                0 => View::Bytes { address, len },
                _ => View::Other(Kind::DetachedBuffer),
            };
        }
        match self.class(word) {
            Class::HeapNumber => View::Number(f64::from_bits(field(word, 1))),
            Class::BigInt => {
                let bits = field(word, 1);
                let digit = if bits as u32 >> 1 == 0 { 0 } else { field(word, 2) };
                View::BigInt(if bits & 1 == 1 { digit.wrapping_neg() } else { digit })
            }
            Class::External => View::Pointer(std::ptr::with_exposed_provenance(field(word, 3) as usize)),
            _ if word == self.null => View::Null,
            _ if word == self.undefined => View::Undefined,
            _ if word == self.no || word == self.yes => View::Boolean(word == self.yes),
            Class::Oddball | Class::Text | Class::DataView | Class::TypedArray | Class::ArrayBuffer => {
                View::Other(Kind::String)
            }
        }
    }

    /// The value as a test shows it.
    pub(crate) fn show(&self, word: Word) -> String {
        match self.look(word) {
            View::Number(number) => format!("{number:?}"),
            View::BigInt(low) => format!("{low}n"),
            View::Boolean(truth) => truth.to_string(),
            View::Null => "null".into(),
            View::Undefined => "undefined".into(),
            View::Pointer(address) => format!("{address:?}"),
            other @ (View::Bytes { .. } | View::ReadOnly { .. } | View::Other(_) | _) => format!("{other:?}"),
        }
    }

    /// The words that machine code compares with. All kinds are known.
    pub(crate) fn roots(&self) -> Roots {
        // SAFETY: the samples are objects.
        let map = |word| Some(unsafe { Roots::map(word) });
        let (double, big_int) = (self.double(1.5), self.big_int(false, &[1]));
        assert_eq!(map(double.0), Some(self.map(Class::HeapNumber).0));
        // SAFETY: the sample is an object.
        assert_eq!(unsafe { Roots::instance_type(double.0) }, Class::HeapNumber as u16);
        Roots::new(self.null.0, self.no.0, self.yes.0)
            .typed_array(Some(Class::TypedArray as u16))
            .external(Some(Class::External as u16))
            .array_buffer(Some(Class::ArrayBuffer as u16))
            .data_view(Some(Class::DataView as u16))
            .heap_number(map(double.0))
            .big_int(map(big_int.0))
    }

    /// The model with V8's functions that make values.
    pub(crate) fn model(&self) -> ValueModel {
        let model = self.version.generation.callback(self.version.layout, &self.roots(), self.undefined.0);
        // SAFETY: the functions are as those of V8.
        unsafe {
            model
                .make_number(v8::number_function(new_number as _))
                .make_signed(v8::signed_function(new_signed as _))
                .make_unsigned(v8::unsigned_function(new_unsigned as _))
                .make_pointer(v8::external_function(new_external as _))
        }
    }

    /// Calls a callback as V8 does. `Err` is the message of the exception.
    pub(crate) fn call(&self, record: &Record, args: &[Word]) -> Result<Word, String> {
        let args: Vec<_> = args.iter().map(|arg| arg.0).collect();
        let isolate = std::ptr::from_ref(self).expose_provenance() as u64;
        let result = self.version.pass(record.entry(), isolate, &args);
        let thrown = self.thrown.take();
        match (result, thrown) {
            (NOT_RETURNED, Some(message)) => Err(message),
            (result, None) if result != NOT_RETURNED => Ok(Word(result)),
            (result, thrown) => panic!("{result:#x}, {thrown:?}"),
        }
    }

    /// Returns the isolate of an address.
    fn of(isolate: *const c_void) -> &'static Self {
        // SAFETY: isolates of tests outlive their calls.
        unsafe { &*isolate.cast() }
    }
}

impl Version {
    /// Calls a callback, and returns the word of its result.
    pub(crate) fn pass(self, callback: *const c_void, isolate: u64, args: &[u64]) -> u64 {
        // SAFETY: the tests pass addresses of callbacks.
        let callback: unsafe extern "C-unwind" fn(*const u64) = unsafe { mem::transmute(callback) };
        if self.layout == CallbackLayout::FRAME {
            let mut frame: Vec<u64> = vec![args.len() as u64, 1, 2, 3, 4, isolate, NOT_RETURNED, 7, 8, 9];
            frame.extend(args);
            // SAFETY: the frame is as V8 makes it.
            unsafe { callback(frame.as_ptr()) };
            assert_eq!(
                (&frame[..6], &frame[7..10], &frame[10..]),
                (&[args.len() as u64, 1, 2, 3, 4, isolate][..], &[7, 8, 9][..], args)
            );
            return frame[6];
        }
        let mut implicit = [0, isolate, 2, NOT_RETURNED, 4, 5];
        let values = [&[9], args].concat();
        let info = [
            implicit.as_mut_ptr().expose_provenance() as u64,
            values[1..].as_ptr().expose_provenance() as u64,
            0xeeee_eeee << 32 | args.len() as u64,
        ];
        // SAFETY: the struct is as V8 makes it.
        unsafe { callback(info.as_ptr()) };
        assert_eq!(&values[1..], args);
        implicit[3]
    }
}

/// Returns a field of an object, by its number.
fn field(word: Word, number: usize) -> u64 {
    assert_eq!(word.0 & 1, 1);
    // SAFETY: the callers know that the object has this field.
    unsafe { std::ptr::with_exposed_provenance::<u64>(word.0 as usize - 1).add(number).read() }
}

fn made(isolate: *const c_void, word: impl FnOnce(&Isolate) -> Word) -> *const u64 {
    let isolate = Isolate::of(isolate);
    isolate.new.set(isolate.new.get() + 1);
    std::ptr::with_exposed_provenance(handle(word(isolate)) as usize)
}

unsafe extern "C" fn new_number(isolate: *const c_void, number: f64) -> *const u64 {
    made(isolate, |isolate| isolate.number(number))
}

unsafe extern "C" fn new_signed(isolate: *const c_void, number: i64) -> *const u64 {
    made(isolate, |isolate| isolate.wide(number.into()))
}

unsafe extern "C" fn new_unsigned(isolate: *const c_void, number: u64) -> *const u64 {
    made(isolate, |isolate| isolate.wide(number.into()))
}

/// The address of which V8 does not make a value, but throws.
pub(crate) const FORBIDDEN: usize = 0xdead;

unsafe extern "C" fn new_external(isolate: *const c_void, address: *const c_void, tag: u16) -> *const u64 {
    assert_eq!(tag, 0);
    if address.addr() == FORBIDDEN {
        *Isolate::of(isolate).thrown.borrow_mut() = Some("no external".into());
        return std::ptr::null();
    }
    made(isolate, |isolate| isolate.external(address.expose_provenance() as u64))
}

/// The services of an isolate that hotcall uses.
pub(crate) struct V8(pub(crate) Rc<Isolate>);

impl V8 {
    /// Makes a realm of an isolate.
    pub(crate) fn realm(isolate: &Rc<Isolate>) -> Realm<Self> {
        // SAFETY: the model describes the isolate's values.
        unsafe { Realm::new(Self(Rc::clone(isolate)), isolate.model()) }.unwrap()
    }

    fn word([handle, _]: Words) -> Word {
        // SAFETY: the values of the engine are handles, which are addresses of words.
        Word(unsafe { std::ptr::with_exposed_provenance::<u64>(handle as usize).read() })
    }
}

// SAFETY: views are true until script or a collection changes the bytes, and values that are made are the isolate's.
unsafe impl Engine for V8 {
    type Exception = String;

    unsafe fn view(&self, _: Site, value: Words) -> View {
        self.0.viewed.set(self.0.viewed.get() + 1);
        if let Some(array) = self.0.moving.get() {
            self.0.move_bytes(array);
        }
        let word = Self::word(value);
        if word.0 & 1 == 1 {
            self.0.settle(word);
        }
        self.0.look(word)
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, String> {
        self.0.made.set(self.0.made.get() + 1);
        let word = match output {
            Output::I64(integer) => self.0.wide(integer.into()),
            Output::U64(integer) => self.0.wide(integer.into()),
            Output::Pointer(address, _) if address.addr() == FORBIDDEN => return Err("no external".into()),
            Output::Pointer(address, _) => self.0.external(address.expose_provenance() as u64),
            Output::Bytes(bytes) => self.0.array(bytes),
            Output::Number(number) => self.0.number(number),
            Output::Boolean(truth) => {
                if truth {
                    self.0.yes
                } else {
                    self.0.no
                }
            }
            Output::Null => self.0.null,
            other => return Err(other.no_value().to_string()),
        };
        Ok([handle(word), 0])
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> String {
        error.to_string()
    }

    unsafe fn throw(&self, site: Site, exception: String) {
        assert_eq!(site.context.addr(), Rc::as_ptr(&self.0).addr());
        *self.0.thrown.borrow_mut() = Some(exception);
    }

    unsafe fn pin(&self, _: Site, value: Words) -> Option<usize> {
        let Word(word) = Self::word(value);
        self.0.pins.borrow_mut().push(word);
        self.0.pinned.set(self.0.pinned.get() + 1);
        Some(word as usize)
    }

    unsafe fn unpin(&self, _: Site, pin: usize) {
        let mut pins = self.0.pins.borrow_mut();
        let index = pins.iter().position(|word| *word == pin as u64).unwrap();
        pins.swap_remove(index);
    }
}
