//! Buffers that C got in this turn of the event loop. Their bytes stay in place until the next turn, as in Deno.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;

use hotcall_engines::quickjs::Owned;
use rquickjs::qjs::JSValue;

/// The largest number of bytes that the kept buffers may have together. Beyond that, the least recently used buffer is
/// released first.
const LIMIT: usize = 64 << 20;

/// The bytes that a kept buffer counts beside its own, for the engine's objects.
const OBJECTS: usize = 256;

/// The buffers that one runtime keeps.
#[derive(Default)]
pub(crate) struct Turn(RefCell<TurnState>);

#[derive(Default)]
struct TurnState {
    /// The buffers by the addresses of the engine's objects.
    kept: HashMap<*mut c_void, Kept>,
    /// The addresses of the objects, in the order in which the buffers are released.
    queue: VecDeque<*mut c_void>,
    /// The bytes that the buffers count.
    bytes: usize,
}

struct Kept {
    buffer: Owned,
    /// The bytes that it counts.
    bytes: usize,
    /// True if C got it again while it was kept.
    is_recent: bool,
}

/// Returns the address of an engine's object.
fn object(value: JSValue) -> *mut c_void {
    // SAFETY: the value of a buffer is a pointer to its object.
    unsafe { value.u.ptr }
}

impl TurnState {
    /// Takes the first buffer off the queue.
    fn take_first(&mut self) -> Option<Owned> {
        let first = self.queue.pop_front()?;
        let kept = self.kept.remove(&first)?;
        self.bytes -= kept.bytes;
        Some(kept.buffer)
    }

    /// Takes buffers off the queue until the rest is within the limit, but never the last one.
    fn take_surplus(&mut self) -> Vec<Owned> {
        let mut taken = Vec::new();
        while self.bytes > LIMIT && self.queue.len() > 1 {
            match self.kept.get_mut(&self.queue[0]) {
                Some(kept) if kept.is_recent => {
                    kept.is_recent = false;
                    self.queue.rotate_left(1);
                }
                _ => taken.extend(self.take_first()),
            }
        }
        taken
    }
}

impl Turn {
    /// Keeps a buffer until the turn ends. `bytes` gives the number of its bytes if it is not kept yet.
    pub(crate) fn keep(&self, buffer: Owned, bytes: impl FnOnce(JSValue) -> usize) {
        let key = object(buffer.value());
        let mut state = self.0.borrow_mut();
        if let Some(kept) = state.kept.get_mut(&key) {
            kept.is_recent = true;
            // The kept value has a reference of its own, so dropping this one frees nothing.
            return;
        }
        let bytes = bytes(buffer.value()) + OBJECTS;
        state.bytes += bytes;
        state.queue.push_back(key);
        state.kept.insert(key, Kept { buffer, bytes, is_recent: false });
        let surplus = state.take_surplus();
        // The engine frees buffers while the state is not borrowed.
        drop(state);
        drop(surplus);
    }

    /// Releases all buffers.
    pub(crate) fn end(&self) {
        loop {
            let taken = self.0.borrow_mut().take_first();
            // The engine frees the buffer while the state is not borrowed.
            if taken.is_none() {
                return;
            }
        }
    }

    /// Returns true if a buffer is kept.
    pub(crate) fn keeps(&self, buffer: JSValue) -> bool {
        self.0.borrow().kept.contains_key(&object(buffer))
    }
}
