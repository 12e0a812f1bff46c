//! The engine's memory: what C works on stays where it is, whatever script does with its buffer meanwhile.
//!
//! `transfer()` and `resize()` free or move a buffer's bytes at once, even if something still refers to them. So a block that is
//! pinned is neither freed nor moved: that happens when its last pin goes.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::allocator::Allocator;

/// Which blocks are pinned. There are few at a time: those that running calls were given.
#[derive(Clone, Default)]
pub(crate) struct Pins(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// Once for each pin.
    pinned: Vec<*mut u8>,
    /// Those of them that the engine has freed.
    freed: Vec<*mut u8>,
}

impl Pins {
    pub(crate) fn pin(&self, block: *mut u8) {
        self.0.borrow_mut().pinned.push(block);
    }

    pub(crate) fn unpin(&self, block: *mut u8) {
        let mut state = self.0.borrow_mut();
        let State { pinned, freed } = &mut *state;
        if let Some(index) = pinned.iter().rposition(|&other| other == block) {
            pinned.swap_remove(index);
        }
        if pinned.contains(&block) {
            return;
        }
        if let Some(index) = freed.iter().position(|&other| other == block) {
            freed.swap_remove(index);
            // SAFETY: the block came from `malloc`, and the engine has given it up.
            unsafe { libc::free(block.cast()) };
        }
    }

    /// Whether the block is pinned; if so it is freed later.
    fn keep(&self, block: *mut u8) -> bool {
        let mut state = self.0.borrow_mut();
        let pinned = state.pinned.contains(&block);
        if pinned {
            state.freed.push(block);
        }
        pinned
    }
}

/// `malloc` and its kin, with pins.
pub(crate) struct PinningAllocator(pub(crate) Pins);

// SAFETY: these are the system's functions, and a block that is kept is the engine's no more.
unsafe impl Allocator for PinningAllocator {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        // SAFETY: any size may be asked for.
        unsafe { libc::malloc(size).cast() }
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { libc::calloc(count, size).cast() }
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if !self.0.keep(block) {
            // SAFETY: the engine gives up a block that it got here.
            unsafe { libc::free(block.cast()) };
        }
    }

    unsafe fn realloc(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: the block is one of these; a new one is filled as far as both go.
        unsafe {
            if !self.0.0.borrow().pinned.contains(&block) {
                return libc::realloc(block.cast(), size).cast();
            }
            let moved: *mut u8 = libc::malloc(size).cast();
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, size.min(Self::usable_size(block)));
                self.0.keep(block);
            }
            moved
        }
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        // SAFETY: the block came from `malloc`.
        unsafe { libc::malloc_usable_size(block.cast()) }
    }
}
