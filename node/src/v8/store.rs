//! The memory of buffers, kept while C works on it.
//!
//! `std::shared_ptr` counts the owners of a buffer's memory. The addon adds one for a call. libstdc++, with which Node is built,
//! has the number of owners behind the first word of the control block, and changes it atomically. That is compared when an
//! environment begins. Otherwise a second `ArrayBuffer` keeps the memory, which takes longer.

use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use super::isolate::V8;
use super::structs::SharedStore;
use crate::api::env::Value;

impl SharedStore {
    /// The number of owners, in a program with libstdc++.
    ///
    /// # Safety
    ///
    /// The memory has an owner.
    unsafe fn owners<'a>(self) -> &'a AtomicI32 {
        // SAFETY: the control block lasts as long as there are owners, and its first word is that of a class.
        unsafe { &*self.control.byte_add(size_of::<usize>()).cast() }
    }
}

impl V8 {
    /// Adds an owner to the memory of an `ArrayBuffer`.
    pub(crate) fn own_memory(&self, buffer: Value) -> SharedStore {
        let mut store = SharedStore { store: ptr::null_mut(), control: ptr::null_mut() };
        // SAFETY: callers pass an `ArrayBuffer`.
        unsafe { (self.functions.get_backing_store)(&mut store, buffer.raw()) };
        store
    }

    /// Gives an owner's part to a new `ArrayBuffer`.
    pub(crate) fn give_to_buffer(&self, mut store: SharedStore) -> Value {
        // SAFETY: the owner is given away once. `New` moves the pointer out of its place.
        unsafe { Value::new((self.functions.new_array_buffer)(self.isolate, &mut store)) }
    }

    /// Makes a second buffer with the memory of an `ArrayBuffer`. The memory stays as long as this one lives, even if script
    /// detaches the first.
    pub(crate) fn keep_memory(&self, buffer: Value) -> Value {
        self.give_to_buffer(self.own_memory(buffer))
    }

    /// Removes an owner. The program counts them [as expected](Self::try_owners).
    pub(crate) fn disown_memory(&self, store: SharedStore) {
        if store.control.is_null() {
            return;
        }
        // SAFETY: the store is an owner itself.
        let owners = unsafe { store.owners() };
        let others = |owners: i32| (owners > 1).then_some(owners - 1);
        if owners.fetch_update(Ordering::AcqRel, Ordering::Relaxed, others).is_err() {
            // Script has detached the buffer. V8 frees the memory with another buffer.
            self.env.scope(|| self.give_to_buffer(store));
        }
    }

    /// Returns true if the memory of a buffer counts its owners as expected.
    pub(super) fn try_owners(&self, buffer: Value) -> bool {
        let first = self.own_memory(buffer);
        let count = |store: SharedStore| {
            // SAFETY: the block has more than two words, and nothing else changes it.
            unsafe { store.owners() }.load(Ordering::Relaxed)
        };
        if first.control.is_null() {
            return false;
        }
        let before = count(first);
        let second = self.own_memory(buffer);
        let after = count(first);
        let is_as_expected = second.control == first.control && before > 1 && after == before + 1;
        if is_as_expected {
            self.disown_memory(second);
            self.disown_memory(first);
        } else {
            for store in [first, second] {
                self.give_to_buffer(store);
            }
        }
        is_as_expected
    }
}
