//! Objects' memory as data: kinds of objects, and the paths by which machine code finds their bytes.
//!
//! Fast calls and engine values share this description. The functions here read objects by the rules that machine code
//! uses, so that an engine's author can compare them with the engine's own answers. A function gets the way to load
//! memory: ordinary loads, or [loads that fail](Lines) where there is no memory.

use std::convert::Infallible;

use crate::c::form::Form;
use crate::c::scalar::{Pointee, Scalar};
use crate::engine::lines::Lines;
use crate::engine::test::Test;

/// A kind of object: its checks, and the fields that describe its memory.
///
/// An object with a length is *bytes*; one without is a pointer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Object {
    /// The checks that hold for these objects alone. They run in order: a check may read memory that earlier checks
    /// make valid.
    pub checks: Box<[Check]>,
    /// Further checks, which hold for objects whose bytes may change. They run after the others, for objects that results
    /// are written to. Empty if the bytes of all objects of the kind may change.
    pub writable: Box<[Check]>,
    /// The words whose sum is the address.
    pub address: Box<[Path]>,
    /// The number of bytes.
    pub length: Option<ByteLength>,
    /// The check that holds while the bytes stay in place if script runs; `None` if those of all such objects do.
    ///
    /// Structs and unions are copied before C runs. So their parameters take the other objects too. Parameters that give
    /// C an address do not, and no result is written there.
    pub stays: Option<Check>,
    /// The check that holds for objects whose bytes C may go on using after the call, as long as script keeps the object;
    /// `None` if it holds for all of the kind. Parameters that give C an address take the others only from helpers, which
    /// move the bytes to a place of their own.
    pub settled: Option<Check>,
}

/// The number of an object's bytes: a number of elements, and their size.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct ByteLength {
    /// The field that holds the number of elements.
    pub at: Path,
    /// The bytes of this field: 4 or 8. The number has no sign.
    pub len: u8,
    /// The size of an element.
    pub element: ElementSize,
}

/// The size of an object's elements, as a power of two.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ElementSize {
    /// All elements have `1 << shift` bytes.
    Shift(u8),
    /// A number in the object tells the size, such as the class of a typed array.
    ByNumber {
        /// The field that holds the number.
        at: Path,
        /// The bytes of this field: 1, 2 or 4.
        len: u8,
        /// The least of the numbers, which the object's checks admit. They admit 32 numbers at most.
        first: u32,
        /// The shift of each number, two bits each. Those of `first` are the lowest.
        shifts: u64,
    },
}

/// A condition on an object's memory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Check {
    /// The field that is tested.
    pub at: Path,
    /// The test of the field.
    pub test: Test,
}

/// The path from an object's word to a field: add an offset, load a word, and so on. The last offset leads to the
/// field.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Path(pub Box<[i32]>);

/// A resolved handle, or a resolved object.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResolvedHandle {
    /// A canonical slot, or the address of bytes.
    pub slot: u64,
    /// The number of bytes at the address, if the handle is one of bytes.
    pub len: u64,
}

/// An object of a kind, as machine code reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Reading {
    /// The address and the number of bytes.
    pub found: ResolvedHandle,
    /// False if script may [move](Object::stays) the bytes.
    pub stays: bool,
    /// False if the bytes must not [change](Object::writable).
    pub is_writable: bool,
}

impl Object {
    /// Makes a kind of pointers whose address is the sum of these words.
    pub fn new(address: impl IntoIterator<Item = Path>) -> Self {
        let address = address.into_iter().collect();
        Self { checks: Box::default(), writable: Box::default(), address, length: None, stays: None, settled: None }
    }

    /// Sets the checks that hold for these objects alone, in order.
    pub fn checks(self, checks: impl IntoIterator<Item = Check>) -> Self {
        Self { checks: checks.into_iter().collect(), ..self }
    }

    /// Sets the checks that hold for objects whose bytes may change, in order.
    pub fn writable(self, checks: impl IntoIterator<Item = Check>) -> Self {
        Self { writable: checks.into_iter().collect(), ..self }
    }

    /// Sets the number of bytes: a [`ByteLength`], or the path of a field of 8 bytes. Objects with a length are bytes,
    /// and objects without one are pointers.
    pub fn length(self, length: impl Into<Option<ByteLength>>) -> Self {
        Self { length: length.into(), ..self }
    }

    /// Sets the check that holds while the bytes stay in place; see [the field](Self#structfield.stays). It may read
    /// memory that the other checks make valid.
    pub fn stays(self, stays: impl Into<Option<Check>>) -> Self {
        Self { stays: stays.into(), ..self }
    }

    /// Sets the check that holds for bytes that C may go on using; see [the field](Self#structfield.settled). It may read
    /// memory that the other checks make valid.
    pub fn settled(self, settled: impl Into<Option<Check>>) -> Self {
        Self { settled: settled.into(), ..self }
    }

    /// Makes a kind whose bytes [script may move](Self#structfield.stays) or free at any time, all of them.
    pub fn moving(self) -> Self {
        self.stays(Check { at: Path([0].into()), test: Test::masked_range(0, 1, 0, 1..=1) })
    }

    /// Returns true if the bytes do not [stay](Self#structfield.stays) in any object of the kind.
    pub fn always_moves(&self) -> bool {
        self.stays.as_ref().is_some_and(|Check { test, .. }| test.mask < test.low)
    }

    /// Returns true if machine code can read all fields, and the tests' values are possible.
    pub(crate) fn is_consistent(&self) -> bool {
        let is_known = self.length.as_ref().is_none_or(ByteLength::is_consistent);
        let is_path = |path: &Path| !path.0.is_empty();
        let mut checks = self.checks.iter().chain(&self.stays).chain(&self.settled).chain(&self.writable);
        is_known && checks.all(Check::is_consistent) && self.address.iter().all(is_path)
    }
}

impl ByteLength {
    /// Makes the length of an object with elements of `1 << shift` bytes. The number of elements is a field of `len`
    /// bytes, 4 or 8.
    pub const fn new(at: Path, len: u8, element: ElementSize) -> Self {
        Self { at, len, element }
    }

    fn is_consistent(&self) -> bool {
        let element = match &self.element {
            ElementSize::Shift(shift) => *shift < 32,
            ElementSize::ByNumber { at, len, .. } => !at.0.is_empty() && matches!(len, 1 | 2 | 4),
        };
        element && !self.at.0.is_empty() && matches!(self.len, 4 | 8)
    }

    fn read<E>(&self, word: u64, load: &impl Load<E>) -> Result<u64, E> {
        let shift = match &self.element {
            ElementSize::Shift(shift) => u64::from(*shift),
            ElementSize::ByNumber { at, len, first, shifts } => {
                let index = at.load(word, *len, load)?.wrapping_sub((*first).into());
                shifts >> (index % 32 * 2) & 3
            }
        };
        Ok(self.elements(word, load)?.wrapping_shl(shift as u32))
    }

    fn elements<E>(&self, word: u64, load: &impl Load<E>) -> Result<u64, E> {
        self.at.load(word, self.len, load)
    }
}

impl From<Path> for ByteLength {
    fn from(path: Path) -> Self {
        Self::new(path, 8, ElementSize::Shift(0))
    }
}

impl From<Path> for Option<ByteLength> {
    fn from(path: Path) -> Self {
        Some(path.into())
    }
}

/// The requirement of a parameter on an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Want {
    /// An address. If it is one of bytes, and `pins`, then the object goes to the list of pinned objects.
    Pointer { pointee: Pointee, pins: bool },
    /// At least this many bytes, which are copied before C runs.
    Bytes(u32),
    /// At least `size` bytes, to which C's result may be written. If `pins`, the object goes to the list of pinned objects.
    Destination { size: u32, pins: bool },
}

/// The largest number of elements of an object that machine code pins. Larger objects are left to the helper, because
/// those of the list stay alive until it is full.
pub(crate) const MAX_PINNED_ELEMENTS: u32 = 1 << 18;

impl Want {
    /// Returns the requirement of a parameter; `None` if it takes no objects. `has_list` says whether the model has a
    /// list of pinned objects.
    pub(crate) const fn of(param: Form, has_list: bool) -> Option<Self> {
        match param {
            Form::Scalar(Scalar::Pointer(pointee)) => {
                // The bytes of structs are copied before C runs, so they are not pinned.
                Some(Self::Pointer { pointee, pins: has_list && matches!(pointee, Pointee::Buffer | Pointee::Text) })
            }
            Form::Bytes(size) => Some(Self::Bytes(size)),
            Form::Scalar(_) | Form::Void => None,
        }
    }

    /// Returns true if its objects go to the list of pinned objects.
    pub(crate) const fn pins(self) -> bool {
        matches!(self, Self::Pointer { pins: true, .. } | Self::Destination { pins: true, .. })
    }

    /// Returns true if an address without bytes serves.
    pub(crate) const fn takes_pointers(self) -> bool {
        matches!(self, Self::Pointer { pointee: Pointee::Opaque | Pointee::Function | Pointee::Text, .. })
    }

    /// Returns true if null stands for no object.
    #[cfg(feature = "cranelift")]
    pub(crate) const fn takes_null(self) -> bool {
        matches!(self, Self::Pointer { .. })
    }

    /// Returns true if it accepts objects of this kind: bytes, or pointers.
    pub(crate) const fn takes(self, object: &Object) -> bool {
        match self {
            Self::Pointer { pointee: Pointee::Opaque | Pointee::Function, .. } => object.length.is_none(),
            Self::Pointer { pointee: Pointee::Buffer, .. } | Self::Bytes(_) | Self::Destination { .. } => {
                object.length.is_some()
            }
            Self::Pointer { pointee: Pointee::Text, .. } => true,
        }
    }

    /// Returns the smallest number of bytes that it accepts.
    pub(crate) const fn size(self) -> u32 {
        match self {
            Self::Bytes(size) | Self::Destination { size, .. } => size,
            Self::Pointer { .. } => 0,
        }
    }

    /// Returns true if it has a smallest number of bytes.
    #[cfg(feature = "cranelift")]
    pub(crate) const fn has_size(self) -> bool {
        matches!(self, Self::Bytes(_) | Self::Destination { .. })
    }

    /// Returns the requirement that stands for those which differ in their size alone, or accept equal objects.
    #[cfg(feature = "cranelift")]
    pub(crate) const fn without_size(self) -> Self {
        match self {
            Self::Pointer { pointee: Pointee::Opaque | Pointee::Function, pins } => {
                Self::Pointer { pointee: Pointee::Opaque, pins }
            }
            Self::Pointer { .. } => self,
            Self::Bytes(_) => Self::Bytes(0),
            Self::Destination { pins, .. } => Self::Destination { size: 0, pins },
        }
    }

    /// Returns the checks of an object that the requirement adds to those of its kind.
    pub(crate) fn checks(self, object: &Object) -> impl Iterator<Item = &Check> {
        let stays = object.stays.iter().filter(move |_| !matches!(self, Self::Bytes(_)));
        let writable = object.writable.iter().filter(move |_| matches!(self, Self::Destination { .. }));
        let settled = object.settled.iter().filter(move |_| matches!(self, Self::Pointer { .. }));
        stays.chain(settled).chain(writable)
    }
}

/// Resolves an object of one of these kinds for a parameter: the address of its bytes, or the address that it holds.
/// `None` if machine code cannot read it, or if the parameter does not accept it.
///
/// # Safety
///
/// The word belongs to an object, and each check may be read if those before it hold.
pub(crate) unsafe fn address(kinds: &[Object], word: u64, want: Want) -> Option<u64> {
    // SAFETY: the caller promises an object whose checks may be read in order. Only its fields are loaded.
    let load = |at, len| Ok::<_, Infallible>(unsafe { load_bytes(at, len) });
    let Ok(found) = first(kinds.iter().filter(|kind| want.takes(kind)), word, &load);
    let (kind, ResolvedHandle { slot, len }) = found?;
    let elements = || kind.length.as_ref().map_or(Ok(0), |length| length.elements(word, &load));
    let is_small = !want.pins() || elements().is_ok_and(|elements| elements <= MAX_PINNED_ELEMENTS.into());
    let Ok(holds) = all_hold(want.checks(kind), word, &load);
    (holds && is_small && len >= want.size().into()).then_some(slot)
}

/// Resolves an object of one of these kinds. `None` if it is of none.
///
/// # Safety
///
/// The word belongs to an object, and each check may be read if those before it hold.
pub(crate) unsafe fn find(kinds: &[Object], word: u64) -> Option<ResolvedHandle> {
    // SAFETY: the caller promises an object whose checks may be read in order. Only its fields are loaded.
    let load = |at, len| Ok::<_, Infallible>(unsafe { load_bytes(at, len) });
    let Ok(found) = first(kinds, word, &load);
    found.map(|(_, resolved)| resolved)
}

/// Reads an object by each of the kinds alone. An entry is `None` if the object is not of the kind. The result is `None`
/// if a field cannot be read.
pub(crate) fn read_by_each(kinds: &[Object], word: u64) -> Option<Vec<Option<Reading>>> {
    let lines = Lines::default();
    kinds.iter().map(|kind| kind.read(word, &|at, len| lines.load(at, len))).collect::<Result<_, _>>().ok()
}

/// A way to load memory: the little-endian integer of 1, 2, 4 or 8 bytes at an address. Fields are loaded in order, each
/// after the checks before it.
pub(crate) trait Load<E>: Fn(u64, u8) -> Result<u64, E> {}

impl<E, F: Fn(u64, u8) -> Result<u64, E>> Load<E> for F {}

/// Resolves an object by the first of these kinds that it is of.
fn first<'a, E>(
    kinds: impl IntoIterator<Item = &'a Object>,
    word: u64,
    load: &impl Load<E>,
) -> Result<Option<(&'a Object, ResolvedHandle)>, E> {
    for kind in kinds {
        if let Some(found) = kind.resolve(word, load)? {
            return Ok(Some((kind, found)));
        }
    }
    Ok(None)
}

/// Returns true if the checks hold for an object. It stops at the first that does not.
fn all_hold<'a, E>(checks: impl IntoIterator<Item = &'a Check>, word: u64, load: &impl Load<E>) -> Result<bool, E> {
    for check in checks {
        if !check.holds(word, load)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Object {
    /// Resolves an object. `None` if it is not of this kind.
    fn resolve<E>(&self, word: u64, load: &impl Load<E>) -> Result<Option<ResolvedHandle>, E> {
        if !all_hold(&self.checks, word, load)? {
            return Ok(None);
        }
        let mut slot = 0_u64;
        for path in &self.address {
            slot = slot.wrapping_add(path.load(word, 8, load)?);
        }
        let len = self.length.as_ref().map_or(Ok(u64::MAX), |length| length.read(word, load))?;
        Ok(Some(ResolvedHandle { slot, len }))
    }

    /// Resolves an object, and reads what may be done with its bytes. `None` if it is not of this kind.
    fn read<E>(&self, word: u64, load: &impl Load<E>) -> Result<Option<Reading>, E> {
        let Some(found) = self.resolve(word, load)? else { return Ok(None) };
        let stays = all_hold(&self.stays, word, load)?;
        Ok(Some(Reading { found, stays, is_writable: all_hold(&self.writable, word, load)? }))
    }
}

impl Check {
    /// Returns true if machine code can read the field, and the test's value is possible.
    pub(crate) fn is_consistent(&self) -> bool {
        let Self { at, test } = self;
        let all = u64::MAX >> (64 - 8 * u32::from(test.len.clamp(1, 8)));
        let end = at.0.last().and_then(|offset| offset.checked_add(test.offset.into()));
        matches!(test.len, 1 | 2 | 4 | 8) && test.low <= test.high.min(all) && end.is_some()
    }

    pub(crate) fn holds<E>(&self, word: u64, load: &impl Load<E>) -> Result<bool, E> {
        let Test { offset, len, mask, low, high } = self.test;
        let at = self.at.follow(word, load)?.wrapping_add(offset.into());
        Ok((low..=high).contains(&(load(at, len)? & mask)))
    }
}

impl Path {
    /// Returns the address of the field.
    pub(crate) fn follow<E>(&self, word: u64, load: &impl Load<E>) -> Result<u64, E> {
        let Some((last, through)) = self.0.split_last() else { return Ok(word) };
        let mut at = word;
        for &offset in through {
            at = load(at.wrapping_add_signed(offset.into()), 8)?;
        }
        Ok(at.wrapping_add_signed((*last).into()))
    }

    /// Loads the field of `len` bytes.
    pub(crate) fn load<E>(&self, word: u64, len: u8, load: &impl Load<E>) -> Result<u64, E> {
        load(self.follow(word, load)?, len)
    }
}

fn pointer(address: u64) -> *const u64 {
    std::ptr::with_exposed_provenance(address as usize)
}

/// Loads the little-endian integer of `len` bytes, at most 8.
///
/// # Safety
///
/// `len` bytes can be read at the address.
pub(crate) unsafe fn load_bytes(address: u64, len: u8) -> u64 {
    let mut bytes = [0; 8];
    for (index, byte) in (0..).zip(bytes.iter_mut().take(len.into())) {
        // SAFETY: the caller promises that the bytes can be read.
        *byte = unsafe { pointer(address.wrapping_add(index)).cast::<u8>().read() };
    }
    u64::from_le_bytes(bytes)
}

/// # Safety
///
/// A word can be read at the address.
pub(crate) unsafe fn load(address: u64) -> u64 {
    // SAFETY: the caller promises that a word can be read at the address.
    unsafe { pointer(address).read_unaligned() }
}
