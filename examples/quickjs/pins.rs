//! Buffers that C got. Their bytes stay in place while a call works on them, and until the event loop's next turn.
//!
//! A pin holds a whole buffer, even if a call got only a part of it. It keeps the buffer alive. Only `buffers.rs` moves
//! the bytes of a living buffer, and tells the pins by [`Pins::follow`].

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;

use rquickjs::qjs::{self as js, JSContext, JSValue};

/// The largest number of bytes that the waiting buffers may have together. Beyond that, the least recently used buffer
/// is released first.
const WAITING: usize = 64 << 20;

/// The bytes that a waiting buffer counts beside its own, for the engine's objects.
const OBJECTS: usize = 256;

/// Numbers one pinned buffer.
pub(crate) type Pin = usize;

/// The pinned buffers of one runtime.
#[derive(Default)]
pub(crate) struct Pins(RefCell<PinState>);

#[derive(Default)]
struct PinState {
    pinned: Vec<Option<Pinned>>,
    /// The free indices of `pinned`.
    free: Vec<Pin>,
    /// Pins by the address of the engine's object.
    by_object: HashMap<*mut c_void, Pin>,
    /// The buffers that wait for the end of the turn, because the last call on them has returned. A buffer stays in the
    /// queue if another call gets it.
    waiting: VecDeque<Pin>,
    /// The bytes that the buffers in `waiting` count.
    bytes: usize,
}

struct Pinned {
    /// The reference that keeps it alive.
    buffer: JSValue,
    /// Its length when it was first pinned.
    len: usize,
    /// The number of calls that work on it.
    calls: usize,
    /// The buffer whose bytes it shows, if it lies over another's memory.
    owner: Option<Pin>,
    is_waiting: bool,
    /// True if a call got it while it was waiting.
    is_recent: bool,
}

/// The address of an engine's object.
fn object(value: JSValue) -> *mut c_void {
    // SAFETY: the value of a buffer is a pointer to its object.
    unsafe { value.u.ptr }
}

impl PinState {
    /// The buffer that is pinned under this number.
    fn get(&mut self, pin: Pin) -> Option<&mut Pinned> {
        self.pinned.get_mut(pin)?.as_mut()
    }

    fn insert(&mut self, buffer: JSValue) -> Pin {
        let pinned = Pinned { buffer, len: 0, calls: 1, owner: None, is_waiting: false, is_recent: false };
        let pin = self.free.pop().unwrap_or(self.pinned.len());
        match self.pinned.get_mut(pin) {
            Some(place) => *place = Some(pinned),
            None => self.pinned.push(Some(pinned)),
        }
        self.by_object.insert(object(buffer), pin);
        pin
    }

    /// Ends a call's work on a buffer.
    fn end_call(&mut self, pin: Pin) {
        let Some(pinned) = self.get(pin) else { return };
        pinned.calls -= 1;
        if pinned.calls == 0 && !pinned.is_waiting {
            pinned.is_waiting = true;
            pinned.is_recent = false;
            let counts = pinned.len + OBJECTS;
            self.bytes += counts;
            self.waiting.push_back(pin);
        }
    }

    /// Takes the next buffer off the queue. The inner `None` means that a call works on it, so it stays pinned.
    fn take_waiting(&mut self) -> Option<Option<JSValue>> {
        let pin = self.waiting.pop_front()?;
        let Some(pinned) = self.get(pin) else { return Some(None) };
        pinned.is_waiting = false;
        let (buffer, calls, counts, owner) = (pinned.buffer, pinned.calls, pinned.len + OBJECTS, pinned.owner);
        self.bytes -= counts;
        if calls > 0 {
            return Some(None);
        }
        self.pinned[pin] = None;
        self.free.push(pin);
        self.by_object.remove(&object(buffer));
        owner.into_iter().for_each(|owner| self.end_call(owner));
        Some(Some(buffer))
    }

    /// Takes buffers off the queue until the rest is within the limit, but never the last one.
    fn take_surplus(&mut self) -> Vec<JSValue> {
        let mut taken = Vec::new();
        while self.bytes > WAITING && self.waiting.len() > 1 {
            let first = self.waiting[0];
            match self.get(first) {
                Some(pinned) if pinned.is_recent => {
                    pinned.is_recent = false;
                    self.waiting.rotate_left(1);
                }
                _ => taken.extend(self.take_waiting().flatten()),
            }
        }
        taken
    }
}

impl Pins {
    /// Pins a buffer. The second result is true if it was not pinned before.
    ///
    /// # Safety
    ///
    /// * The context is the engine's.
    /// * The buffer is one of its objects, and the reference to it belongs to the caller.
    pub(crate) unsafe fn pin(&self, context: *mut JSContext, buffer: JSValue) -> (Pin, bool) {
        let mut state = self.0.borrow_mut();
        let Some(&pin) = state.by_object.get(&object(buffer)) else { return (state.insert(buffer), true) };
        if let Some(pinned) = state.get(pin) {
            pinned.calls += 1;
            pinned.is_recent = true;
        }
        // SAFETY: the pinned value has a reference of its own, so this frees nothing.
        unsafe { js::JS_FreeValue(context, buffer) };
        (pin, false)
    }

    /// Notes the length of a buffer that was not pinned before.
    pub(crate) fn set_len(&self, pin: Pin, len: usize) {
        if let Some(pinned) = self.0.borrow_mut().get(pin) {
            pinned.len = len;
        }
    }

    /// Records that a pinned buffer shows the bytes of another one, which was pinned for that.
    pub(crate) fn set_owner(&self, pin: Pin, owner: Pin) {
        if let Some(pinned) = self.0.borrow_mut().get(pin) {
            pinned.owner = Some(owner);
        }
    }

    /// Removes a call's pin. The buffer stays until the turn ends.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(crate) unsafe fn unpin(&self, context: *mut JSContext, pin: Pin) {
        let mut state = self.0.borrow_mut();
        state.end_call(pin);
        let surplus = state.take_surplus();
        drop(state);
        // SAFETY: the pins owned these references.
        surplus.into_iter().for_each(|buffer| unsafe { js::JS_FreeValue(context, buffer) });
    }

    /// Releases the buffers that no call works on.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(crate) unsafe fn end_turn(&self, context: *mut JSContext) {
        loop {
            let taken = self.0.borrow_mut().take_waiting();
            match taken {
                None => return,
                Some(None) => {}
                // SAFETY: the pins owned the reference, and are not borrowed while the engine frees the buffer.
                Some(Some(buffer)) => unsafe { js::JS_FreeValue(context, buffer) },
            }
        }
    }

    pub(crate) fn is_pinned(&self, buffer: JSValue) -> bool {
        self.0.borrow().by_object.contains_key(&object(buffer))
    }

    /// Records that all bytes of a buffer now belong to another one. If they were pinned they stay pinned.
    ///
    /// # Safety
    ///
    /// The context is the engine's; the two are buffers.
    pub(crate) unsafe fn follow(&self, context: *mut JSContext, buffer: JSValue, heir: JSValue) {
        let mut state = self.0.borrow_mut();
        let Some(pin) = state.by_object.remove(&object(buffer)) else { return };
        state.by_object.insert(object(heir), pin);
        if let Some(pinned) = state.get(pin) {
            // SAFETY: the pins own the new reference.
            pinned.buffer = unsafe { js::JS_DupValue(context, heir) };
        }
        drop(state);
        // SAFETY: the pins owned this reference. The caller has one of its own.
        unsafe { js::JS_FreeValue(context, buffer) };
    }

    /// Releases everything. No call may be running.
    ///
    /// # Safety
    ///
    /// The context is the engine's.
    pub(crate) unsafe fn clear(&self, context: *mut JSContext) {
        let state = self.0.take();
        // SAFETY: the pins owned these references.
        state.pinned.into_iter().flatten().for_each(|pinned| unsafe { js::JS_FreeValue(context, pinned.buffer) });
    }
}
