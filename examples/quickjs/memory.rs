//! The engine's memory: what C works on stays where it is, whatever script does with its buffer meanwhile.
//!
//! A block that is pinned is neither freed nor moved: that happens when its last pin goes. `buffers.rs` sees to the small ones.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

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
    /// Bytes that wait for their last pin to go.
    held: Vec<Held>,
}

/// The bytes of a buffer that script has given away.
struct Held {
    bytes: Bytes,
    by: Holder,
}

/// Some memory of the engine's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) start: *mut u8,
    pub(crate) len: usize,
}

enum Holder {
    /// A small block that the engine has freed, and that was taken back.
    Block,
    /// The buffer that the bytes went to.
    Buffer(JSValue),
}

impl State {
    /// Whether a pinned address is in this block of the system's.
    fn pins(&self, block: *mut u8) -> bool {
        self.pinned.iter().any(|&address| is_in(address, block))
    }

    fn pins_some(&self, Bytes { start, len }: Bytes) -> bool {
        self.pinned.iter().any(|address| (start..start.wrapping_add(len)).contains(address))
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

    /// Whether one of these bytes is pinned.
    pub(crate) fn is_pinned(&self, bytes: Bytes) -> bool {
        self.0.borrow().pins_some(bytes)
    }

    /// Whether what the engine has freed of these bytes is kept.
    pub(crate) fn is_kept(&self, bytes: Bytes) -> bool {
        let state = self.0.borrow();
        state.held.iter().any(|held| held.bytes == bytes) || state.freed.iter().any(|&block| is_in(bytes.start, block))
    }

    /// Keeps the buffer that has pinned bytes now, which belongs to this.
    pub(crate) fn keep_owner(&self, bytes: Bytes, owner: JSValue) {
        self.0.borrow_mut().held.push(Held { bytes, by: Holder::Buffer(owner) });
    }

    /// Takes a small block back that the engine has just freed: asks for blocks of its size until this is one.
    ///
    /// # Safety
    ///
    /// The context is the engine's, which has freed a block of this address and usable size that is its own and small, and has not
    /// used it again.
    pub(crate) unsafe fn take_back(&self, context: *mut JSContext, bytes: Bytes) {
        /// More than there are blocks of a size that an arena has free.
        const TRIES: usize = 100_000;
        let mut others = Vec::new();
        // SAFETY: the caller vouches for the context; all blocks but one go back.
        unsafe {
            loop {
                let block: *mut u8 = js::js_malloc(context, bytes.len as _).cast();
                if block == bytes.start {
                    break;
                }
                // There is no other way to keep C from writing to what the engine uses.
                assert!(!block.is_null() && others.len() < TRIES, "a buffer that C works on cannot be protected");
                others.push(block);
            }
            others.into_iter().for_each(|block| js::js_free(context, block.cast()));
        }
        self.0.borrow_mut().held.push(Held { bytes, by: Holder::Block });
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
        let freed = mem::take(&mut state.freed);
        let (kept, free): (Vec<_>, Vec<_>) = freed.into_iter().partition(|&block| state.pins(block));
        state.freed = kept;
        let held = mem::take(&mut state.held);
        let (kept, released): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| state.pins_some(held.bytes));
        state.held = kept;
        // The engine frees more in these.
        drop(state);
        // SAFETY: the blocks came from `malloc` and from the engine, which has given them up; the buffers belong to this.
        unsafe {
            free.into_iter().for_each(|block| libc::free(block.cast()));
            released.into_iter().for_each(|held| match held.by {
                Holder::Block => js::js_free(context, held.bytes.start.cast()),
                Holder::Buffer(buffer) => js::JS_FreeValue(context, buffer),
            });
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
