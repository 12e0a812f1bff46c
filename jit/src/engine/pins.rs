//! The list of pinned objects of a realm: memory that machine code appends to.

use std::cell::Cell;
#[cfg(feature = "cranelift")]
use std::mem::offset_of;
use std::ptr;

/// A list of the objects whose bytes C got, which machine code and helpers add to. The engine takes the objects over
/// when the list is full, or earlier. Until then it leaves their bytes in place.
///
/// A call adds the objects of its parameters that are pointers to bytes. Structs are copied before C runs, so they are
/// not pinned. Objects that are in the list are not added again. Entries that are left when the last realm or record is
/// dropped stay pinned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub struct PinList {
    /// The bytes from the object's address to a counter of 4 bytes. Adding an object to the list adds 1 to its counter.
    /// So in engines that count references, the list owns one reference for each entry. In engines without counters, the
    /// collector keeps the objects that [`Pending::visit_pins`](crate::engine::values::Pending::visit_pins) shows it.
    pub references: Option<i32>,
}

impl PinList {
    /// Makes a list of objects without counters.
    pub const fn new() -> Self {
        Self { references: None }
    }

    /// Sets the bytes from an object's address to its counter.
    pub const fn references(self, offset: i32) -> Self {
        Self { references: Some(offset) }
    }

    /// Adds to the counter of an object, if the list has one.
    ///
    /// # Safety
    ///
    /// The object has this counter.
    unsafe fn count(self, object: u64, more: u32) {
        let Some(offset) = self.references else { return };
        let counter = ptr::with_exposed_provenance_mut::<u32>(object as usize).wrapping_byte_offset(offset as isize);
        // SAFETY: the caller promises that the object has this counter.
        unsafe { counter.write_unaligned(counter.read_unaligned().wrapping_add(more)) };
    }
}

/// The largest number of objects that a call adds to the list in machine code.
pub(crate) const MAX_PINNED: usize = 32;

/// A list of pinned objects. Entries are words: the addresses of objects. No object is there twice.
///
/// ```text
/// 0 0 0 … │ running calls, and finished ones │ finished calls │ running call │ free
///         first                              base                            next   end
/// ```
///
/// Calls of script's functions by C divide the list: the calls below run on, so their entries stay. Of the others only
/// those of the newest call are in use. An object may be in use by a call although an earlier one has added it.
///
/// Machine code first compares the newest entries with the objects of a call. In front of the first entry are zeros, so
/// that it can always read [`MAX_PINNED`] entries.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Pins {
    /// The place of the next entry. Null without a list.
    next: Cell<*mut u64>,
    /// The first entry that was added since script was called back.
    base: Cell<*mut u64>,
    first: Cell<*mut u64>,
    /// The end of the list's memory.
    end: Cell<*mut u64>,
    /// The place of the next entry when machine code began to read the arguments of a call.
    begun: Cell<*mut u64>,
    memory: Option<Box<[Cell<u64>]>>,
}

/// Offsets of fields that machine code reads and writes.
#[cfg(feature = "cranelift")]
impl Pins {
    pub(crate) const NEXT: usize = offset_of!(Self, next);
    pub(crate) const BASE: usize = offset_of!(Self, base);
    pub(crate) const FIRST: usize = offset_of!(Self, first);
    pub(crate) const END: usize = offset_of!(Self, end);
    pub(crate) const BEGUN: usize = offset_of!(Self, begun);
}

impl Pins {
    /// Makes no list, for realms whose model has none.
    pub(crate) const fn none() -> Self {
        Self {
            next: Cell::new(ptr::null_mut()),
            base: Cell::new(ptr::null_mut()),
            first: Cell::new(ptr::null_mut()),
            end: Cell::new(ptr::null_mut()),
            begun: Cell::new(ptr::null_mut()),
            memory: None,
        }
    }

    /// Makes an empty list with room for `capacity` entries, or for those of one call if that is more.
    pub(crate) fn new(capacity: usize) -> Self {
        let memory: Box<[_]> = vec![Cell::new(0); MAX_PINNED + capacity.max(MAX_PINNED)].into();
        let end = memory.as_ptr_range().end.cast::<u64>().cast_mut();
        let pins = Self { end: Cell::new(end), memory: Some(memory), ..Self::none() };
        let first = pins.entries().as_ptr().cast::<u64>().cast_mut();
        pins.next.set(first);
        pins.base.set(first);
        pins.first.set(first);
        pins
    }

    /// Returns the memory of the entries.
    fn entries(&self) -> &[Cell<u64>] {
        self.memory.as_ref().map_or(&[], |memory| &memory[MAX_PINNED..])
    }

    /// Returns the index of the entry at this place.
    fn index(&self, place: &Cell<*mut u64>) -> usize {
        // Without a list there are no entries, wherever an empty slice lies.
        place.get().addr().saturating_sub(self.entries().as_ptr().addr()) / size_of::<u64>()
    }

    /// Returns true if there is room for this number of entries.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.index(&self.next) + count <= self.entries().len()
    }

    /// Adds the objects of a call that are not in the list. Returns `false` if there is no room for all of them.
    ///
    /// # Safety
    ///
    /// The objects have the list's counter. Words that are 0 are no objects.
    pub(crate) unsafe fn add(&self, list: PinList, objects: &[u64]) -> bool {
        objects.iter().all(|&object| {
            let (len, entries) = (self.index(&self.next), self.entries());
            if object == 0 || entries.iter().take(len).any(|entry| entry.get() == object) {
                return true;
            }
            let Some(free) = entries.get(len) else { return false };
            free.set(object);
            self.next.set(self.next.get().wrapping_add(1));
            // SAFETY: the caller promises that the object has this counter.
            unsafe { list.count(object, 1) };
            true
        })
    }

    /// Takes out of the list the objects that machine code has added since it began to read the arguments of this call.
    ///
    /// # Safety
    ///
    /// Machine code has begun to read the arguments of a call, and nothing else has changed the list since. The objects
    /// have the list's counter.
    #[cfg(feature = "cranelift")]
    pub(crate) unsafe fn undo(&self, list: PinList) {
        let added = self.entries().get(self.index(&self.begun)..self.index(&self.next)).unwrap_or_default();
        for entry in added {
            // SAFETY: the caller promises that the object has this counter.
            unsafe { list.count(entry.get(), u32::MAX) };
        }
        self.next.set(self.begun.get());
    }

    /// Takes out of the list the objects that no running call works on. A call that runs must not have added its own.
    pub(crate) fn take(&self) -> Vec<u64> {
        let finished = self.entries().get(self.index(&self.base)..self.index(&self.next)).unwrap_or_default();
        let taken = finished.iter().map(Cell::get).collect();
        self.next.set(self.base.get());
        taken
    }

    /// Calls `visit` for each object in the list.
    pub(crate) fn visit(&self, visit: impl FnMut(u64)) {
        self.entries().iter().take(self.index(&self.next)).map(Cell::get).for_each(visit);
    }

    /// Leaves all entries as they are until [`leave`](Self::leave), because C calls script while they may be in use.
    /// Returns the value for `leave`.
    pub(crate) fn enter(&self) -> *mut u64 {
        self.base.replace(self.next.get())
    }

    /// Ends what [`enter`](Self::enter) began.
    pub(crate) fn leave(&self, base: *mut u64) {
        self.base.set(base);
    }

    /// Returns true if calls may work on entries, from outside of all calls or in one that C makes of script.
    pub(crate) fn are_in_use(&self) -> bool {
        self.index(&self.base) > 0
    }
}
