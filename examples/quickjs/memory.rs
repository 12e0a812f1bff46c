//! The engine's memory: what C works on stays where it is, whatever script does with its buffer meanwhile.
//!
//! A block that is pinned is neither freed nor moved: that happens when its last pin goes. `buffers.rs` sees to the small ones.

use std::cell::RefCell;
use std::rc::Rc;
use std::{mem, ptr};

use rquickjs::allocator::Allocator;
use rquickjs::qjs::{self as js, JSContext, JSValue};

/// The addresses that are pinned. There are few at a time: those of the buffers that running calls were given.
#[derive(Clone, Default)]
pub(crate) struct Pins(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// Once for each pin.
    pinned: Vec<*mut u8>,
    /// Blocks that the engine has freed, and that pinned addresses are in.
    freed: Vec<*mut u8>,
    /// Small blocks that the engine has freed, and that were taken back.
    taken_back: Vec<*mut u8>,
    /// Buffers that pinned bytes went to.
    owners: Vec<(*mut u8, JSValue)>,
}

impl State {
    /// Whether a pinned address is in this block of the system's.
    fn pins(&self, block: *mut u8) -> bool {
        self.pinned.iter().any(|&address| is_in(address, block))
    }
}

/// Whether an address is in a block of the system's.
fn is_in(address: *mut u8, block: *mut u8) -> bool {
    // SAFETY: the block came from `malloc`.
    let size = unsafe { PinningAllocator::usable_size(block) };
    (block..block.wrapping_add(size)).contains(&address)
}

impl Pins {
    pub(crate) fn pin(&self, address: *mut u8) {
        self.0.borrow_mut().pinned.push(address);
    }

    pub(crate) fn is_pinned(&self, address: *mut u8) -> bool {
        self.0.borrow().pinned.contains(&address)
    }

    /// Whether what the engine has freed of this address is kept.
    pub(crate) fn is_kept(&self, address: *mut u8) -> bool {
        let state = self.0.borrow();
        state.taken_back.contains(&address) || state.freed.iter().any(|&block| is_in(address, block))
    }

    /// Keeps the buffer that owns a pinned address.
    pub(crate) fn keep_owner(&self, address: *mut u8, owner: JSValue) {
        self.0.borrow_mut().owners.push((address, owner));
    }

    /// Takes a small block back that the engine has just freed: asks for blocks of its size until this is one.
    ///
    /// # Safety
    ///
    /// The context is the engine's, which has freed a block of this address and usable size that is its own and small.
    pub(crate) unsafe fn take_back(&self, context: *mut JSContext, address: *mut u8, size: usize) {
        let mut others = Vec::new();
        // SAFETY: the caller vouches for the context; all blocks but one go back.
        unsafe {
            loop {
                let block: *mut u8 = js::js_malloc(context, size as _).cast();
                if block == address {
                    break;
                }
                // Without memory there is no way to keep C from writing to what the engine uses.
                assert!(!block.is_null(), "no memory is left to protect a buffer that C works on");
                others.push(block);
            }
            others.into_iter().for_each(|block| js::js_free(context, block.cast()));
        }
        self.0.borrow_mut().taken_back.push(address);
    }

    /// Removes a pin; if it is the last one, frees what waits for that.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(crate) unsafe fn unpin(&self, context: *mut JSContext, address: *mut u8) {
        let mut state = self.0.borrow_mut();
        if let Some(index) = state.pinned.iter().rposition(|&pinned| pinned == address) {
            state.pinned.swap_remove(index);
        }
        if state.pinned.contains(&address) {
            return;
        }
        let freed = mem::take(&mut state.freed);
        let (kept, free): (Vec<_>, Vec<_>) = freed.into_iter().partition(|&block| state.pins(block));
        state.freed = kept;
        let taken_back = state.taken_back.extract_if(.., |block| *block == address).next();
        let owners: Vec<_> = state.owners.extract_if(.., |owner| owner.0 == address).collect();
        // The engine frees more in these.
        drop(state);
        // SAFETY: the blocks came from `malloc` and from the engine, which has given them up; the buffers belong to this.
        unsafe {
            free.into_iter().for_each(|block| libc::free(block.cast()));
            js::js_free(context, taken_back.unwrap_or(ptr::null_mut()).cast());
            owners.into_iter().for_each(|(_, owner)| js::JS_FreeValue(context, owner));
        }
    }

    /// Whether the block is pinned; if so it is freed later.
    fn keep(&self, block: *mut u8) -> bool {
        let mut state = self.0.borrow_mut();
        let pinned = state.pins(block);
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
            if !self.0.0.borrow().pins(block) {
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
