//! A toy engine whose values only the engine reads: tagged words, and objects behind them.
//!
//! Words come in two styles. In the first one a handle is the address of a word, integers are the upper 32 bits of words that are even,
//! and `true`, `false` and `null` are objects, as in V8. In the second one a handle is the word itself, integers are its upper 62 bits,
//! and `true`, `false` and `null` are words that are not addresses.

use std::ffi::c_void;
use std::sync::{Arc, Mutex};

use hotcall::Type;
use hotcall::engine::{
    Check, DoubleObject, Engine, EngineError, Handles, Kind, NumberObjects, Object, Output, Path, Problem, Site, Small,
    Tag, Test, View, WideObject, Words,
};

/// The two styles of words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    Indirect,
    Direct,
}

pub(crate) const STYLES: [Style; 2] = [Style::Indirect, Style::Direct];

/// The class of an object, whose address is the object's first word.
#[repr(C)]
struct Map {
    _padding: [u8; 6],
    kind: u16,
}

#[repr(u16)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    Bytes = 0x1011,
    Pointer = 0x1012,
    /// Bytes that machine code does not know.
    Strange = 0x1013,
    Number = 0x1014,
    BigInt = 0x1015,
    Boolean = 0x1016,
    Null = 0x1017,
    Undefined = 0x1018,
    Text = 0x1019,
    Store = 0x101a,
}

/// An object: its class, and fields whose meaning the class decides.
#[repr(C)]
struct Cell {
    map: *const Map,
    /// Of bytes: their store's word.
    a: u64,
    /// Of bytes: where they begin in it. Of a store: its bits, [`DETACHED`] and [`FROZEN`].
    b: u64,
    /// Of bytes: how many.
    c: u64,
}

const A: i32 = 8;
const B: i32 = 16;
const C: i32 = 24;

/// The bit of a store whose bytes are gone.
const DETACHED: u64 = 1;

/// The bit of a store whose bytes must not change.
const FROZEN: u64 = 2;

/// A value of the toy. It lives as long as the toy does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Value(pub(crate) u64);

/// The objects. Dropped with the last engine, which may be on any thread.
pub(crate) struct Heap {
    pub(crate) style: Style,
    cells: Mutex<Memory>,
    pub(crate) null: Value,
    pub(crate) no: Value,
    pub(crate) yes: Value,
    pub(crate) undefined: Value,
    /// The exceptions, each with the context of its site.
    thrown: Mutex<Vec<(usize, Thrown)>>,
    /// The number of values that the engine was asked about.
    views: Mutex<usize>,
}

#[derive(Default)]
#[expect(clippy::vec_box, reason = "words are addresses of what is in the boxes")]
struct Memory {
    cells: Vec<Box<Cell>>,
    maps: Vec<Box<Map>>,
    bytes: Vec<Box<[u8]>>,
    slots: Vec<Box<u64>>,
}

// SAFETY: the cells' pointers lead to memory that the heap owns, and the tests change it on one thread only.
unsafe impl Send for Memory {}

/// An exception of the toy.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Thrown {
    Argument { function: String, index: usize, ty: Type, problem: Problem, message: String },
    Other(String),
}

impl Thrown {
    pub(crate) fn message(&self) -> &str {
        let (Self::Argument { message, .. } | Self::Other(message)) = self;
        message
    }
}

impl Heap {
    fn new(style: Style) -> Self {
        let mut memory = Memory::default();
        let [null, no, yes, undefined] = match style {
            Style::Indirect => [(Class::Null, 0), (Class::Boolean, 0), (Class::Boolean, 1), (Class::Undefined, 0)]
                .map(|(class, a)| memory.object(style, class, [a, 0, 0])),
            Style::Direct => [0x12, 0x22, 0x32, 0x42].map(Value),
        };
        let (thrown, views) = (Mutex::default(), Mutex::default());
        Self { style, cells: Mutex::new(memory), null, no, yes, undefined, thrown, views }
    }

    fn object(&self, class: Class, fields: [u64; 3]) -> Value {
        self.cells.lock().unwrap().object(self.style, class, fields)
    }

    /// A number: an integer that has room in a word, else an object.
    pub(crate) fn number(&self, number: f64) -> Value {
        let is = |integer: f64| integer.to_bits() == number.to_bits();
        let word = match self.style {
            Style::Indirect => is(f64::from(number as i32)).then_some((number as i32 as u64) << 32),
            Style::Direct => {
                let has_room = number.abs() < 2_f64.powi(53) && is(number as i64 as f64);
                has_room.then_some((number as i64 as u64) << 2 | 1)
            }
        };
        word.map_or_else(|| self.object(Class::Number, [number.to_bits(), 0, 0]), Value)
    }

    /// A number that is an object though it might have room in a word.
    pub(crate) fn boxed(&self, number: f64) -> Value {
        self.object(Class::Number, [number.to_bits(), 0, 0])
    }

    /// An integer with these low 64 bits. It is negative if they are large, and longer if they are odd.
    pub(crate) fn big_int(&self, low: u64) -> Value {
        let is_negative = low > i64::MAX as u64;
        let digit = if is_negative { low.wrapping_neg() } else { low };
        // The digit of an integer without digits has any bits.
        let (digit, digits) = if low == 0 { (0xfeed, 0) } else { (digit, 1 + low % 2) };
        self.object(Class::BigInt, [digit, 0xfeed << 32 | digits << 1 | u64::from(is_negative), 0])
    }

    pub(crate) fn boolean(&self, truth: bool) -> Value {
        if truth { self.yes } else { self.no }
    }

    pub(crate) fn text(&self) -> Value {
        self.object(Class::Text, [0; 3])
    }

    pub(crate) fn pointer(&self, address: *const c_void) -> Value {
        self.object(Class::Pointer, [address as u64, 0, 0])
    }

    /// A view of some bytes of a new store.
    pub(crate) fn bytes(&self, bytes: &[u8], range: std::ops::Range<usize>) -> Value {
        self.view(Class::Bytes, bytes, range)
    }

    /// A view of a kind that machine code cannot read.
    pub(crate) fn strange(&self, bytes: &[u8]) -> Value {
        self.view(Class::Strange, bytes, 0..bytes.len())
    }

    fn view(&self, class: Class, bytes: &[u8], range: std::ops::Range<usize>) -> Value {
        let mut bytes: Box<[u8]> = bytes.into();
        let address = bytes.as_mut_ptr().expose_provenance() as u64;
        self.cells.lock().unwrap().bytes.push(bytes);
        let store = self.object(Class::Store, [address, 0, 0]);
        self.object(class, [store.0, range.start as u64, range.len() as u64])
    }

    /// Takes the bytes away from a view's store.
    pub(crate) fn detach(&self, view: Value) {
        self.set(view, DETACHED);
    }

    /// Makes the bytes of a view's store immutable.
    pub(crate) fn freeze(&self, view: Value) {
        self.set(view, FROZEN);
    }

    fn set(&self, view: Value, bit: u64) {
        // SAFETY: it is a view, and nobody reads the heap meanwhile.
        unsafe { (*self.cell(Value((*self.cell(view)).a))).b |= bit };
    }

    /// The bytes of a view now.
    pub(crate) fn read(&self, view: Value) -> Vec<u8> {
        // SAFETY: it is a view, whose bytes live as long as the heap.
        unsafe {
            let Cell { a, b, c, .. } = *self.cell(view);
            let begin = (*self.cell(Value(a))).a + b;
            std::slice::from_raw_parts(std::ptr::with_exposed_provenance(begin as usize), c as usize).to_vec()
        }
    }

    /// The word that compiled code passes for a value.
    pub(crate) fn handle(&self, value: Value) -> u64 {
        match self.style {
            Style::Direct => value.0,
            Style::Indirect => {
                let slots = &mut self.cells.lock().unwrap().slots;
                slots.push(Box::new(value.0));
                (&raw mut **slots.last_mut().unwrap()).expose_provenance() as u64
            }
        }
    }

    /// The value of a handle.
    pub(crate) fn value(&self, handle: u64) -> Value {
        match self.style {
            Style::Direct => Value(handle),
            Style::Indirect => {
                // SAFETY: handles of the toy are addresses of words.
                Value(unsafe { std::ptr::with_exposed_provenance::<u64>(handle as usize).read_unaligned() })
            }
        }
    }

    fn tag(&self) -> u64 {
        tag(self.style)
    }

    fn cell(&self, value: Value) -> *mut Cell {
        std::ptr::with_exposed_provenance_mut((value.0 - self.tag()) as usize)
    }

    pub(crate) fn look(&self, value: Value) -> View {
        let Value(word) = value;
        match self.style {
            Style::Indirect if word & 1 == 0 => return View::Number(f64::from((word >> 32) as i32)),
            Style::Direct if word & 3 == 1 => return View::Number((word as i64 >> 2) as f64),
            Style::Direct if value == self.null => return View::Null,
            Style::Direct if value == self.undefined => return View::Undefined,
            Style::Direct if value == self.no || value == self.yes => return View::Boolean(value == self.yes),
            Style::Indirect | Style::Direct => {}
        }
        // SAFETY: all other words are those of cells, whose classes are as they were made.
        unsafe {
            let Cell { map, a, b, c } = *self.cell(value);
            let is = |class: Class| (*map).kind == class as u16;
            if is(Class::Bytes) || is(Class::Strange) {
                let store = &*self.cell(Value(a));
                if store.b & DETACHED != 0 {
                    return View::Other(Kind::DetachedBuffer);
                }
                let address = std::ptr::with_exposed_provenance_mut::<u8>((store.a + b) as usize);
                let len = c as usize;
                let is_frozen = store.b & FROZEN != 0;
                return if is_frozen { View::ReadOnly { address, len } } else { View::Bytes { address, len } };
            }
            match () {
                () if is(Class::Pointer) => View::Pointer(std::ptr::with_exposed_provenance(a as usize)),
                () if is(Class::Number) => View::Number(f64::from_bits(a)),
                () if is(Class::BigInt) && b as u32 >> 1 == 0 => View::BigInt(0),
                () if is(Class::BigInt) => View::BigInt(if b & 1 == 1 { a.wrapping_neg() } else { a }),
                () if is(Class::Boolean) => View::Boolean(a != 0),
                () if is(Class::Null) => View::Null,
                () if is(Class::Undefined) => View::Undefined,
                () => View::Other(Kind::String),
            }
        }
    }

    /// The exception since the last time, and the number of values that the engine was asked about.
    pub(crate) fn take(&self) -> (Vec<(usize, Thrown)>, usize) {
        (std::mem::take(&mut self.thrown.lock().unwrap()), std::mem::take(&mut self.views.lock().unwrap()))
    }

    /// The description of handles for machine code.
    pub(crate) fn handles(&self) -> Handles {
        let tag = self.tag() as i32;
        let path = |fields: &[i32]| Path(fields.iter().map(|offset| offset - tag).collect());
        let is = |class: Class| Check { at: path(&[0, 6 + tag]), test: Test::equal(0, 2, class as u64) };
        let attached = Check { at: path(&[A, B]), test: Test::masked(0, 4, DETACHED, 0) };
        let not_frozen = Check { at: path(&[A, B]), test: Test::masked(0, 4, FROZEN, 0) };
        let bytes = Object::new([path(&[A, A]), path(&[B])])
            .checks([is(Class::Bytes), attached])
            .writable([not_frozen])
            .length(path(&[C]));
        let pointer = Object::new([path(&[A])]).checks([is(Class::Pointer)]);
        let numbers = NumberObjects::new(DoubleObject::new(is(Class::Number), path(&[A]))).wide(WideObject::new(
            is(Class::BigInt),
            path(&[B]),
            [1, !1],
            path(&[A]),
        ));
        let (indirect, integers, tag) = match self.style {
            Style::Indirect => (true, Small::new(Tag { mask: 1, bits: 0 }, 32), Tag { mask: 1, bits: 1 }),
            Style::Direct => (false, Small::new(Tag { mask: 3, bits: 1 }, 2), Tag { mask: 3, bits: 0 }),
        };
        Handles::new(tag)
            .indirect(indirect)
            .integers(integers)
            .null(self.null.0)
            .booleans([self.no.0, self.yes.0])
            .objects([bytes, pointer])
            .numbers(numbers)
    }
}

const fn tag(style: Style) -> u64 {
    match style {
        Style::Indirect => 1,
        Style::Direct => 0,
    }
}

impl Memory {
    fn object(&mut self, style: Style, class: Class, [a, b, c]: [u64; 3]) -> Value {
        let map = Box::new(Map { _padding: [0xee; 6], kind: class as u16 });
        let mut cell = Box::new(Cell { map: &raw const *map, a, b, c });
        (&raw const *map).expose_provenance();
        let value = Value((&raw mut *cell).expose_provenance() as u64 + tag(style));
        self.maps.push(map);
        self.cells.push(cell);
        value
    }
}

/// The engine: its heap, which may outlive it for tests that look at the rest.
pub(crate) struct Toy(pub(crate) Arc<Heap>);

impl Toy {
    pub(crate) fn new(style: Style) -> Self {
        Self(Arc::new(Heap::new(style)))
    }
}

// SAFETY: views are true as long as nobody detaches their bytes, which no call does; values that are made are the heap's.
unsafe impl Engine for Toy {
    type Exception = Thrown;

    unsafe fn view(&self, _: Site, [handle, _]: Words) -> View {
        *self.0.views.lock().unwrap() += 1;
        self.0.look(self.0.value(handle))
    }

    unsafe fn make(&self, _: Site, output: Output<'_>) -> Result<Words, Thrown> {
        let heap = &self.0;
        let value = match output {
            Output::I64(integer) => heap.big_int(integer as u64),
            Output::U64(integer) => heap.big_int(integer),
            Output::Pointer(address, _) => heap.pointer(address),
            Output::Bytes(bytes) => heap.bytes(bytes, 0..bytes.len()),
            Output::Number(number) => heap.number(number),
            Output::Boolean(truth) => heap.boolean(truth),
            Output::Null => heap.null,
            other => return Err(Thrown::Other(other.no_value().to_string())),
        };
        Ok([heap.handle(value), 0])
    }

    unsafe fn exception(&self, _: Site, error: &EngineError) -> Thrown {
        let message = error.to_string();
        let EngineError::Argument { function, index, ty, problem } = error else { return Thrown::Other(message) };
        Thrown::Argument { function: function.to_string(), index: *index, ty: ty.clone(), problem: *problem, message }
    }

    unsafe fn throw(&self, site: Site, exception: Thrown) {
        self.0.thrown.lock().unwrap().push((site.context.addr(), exception));
    }
}
