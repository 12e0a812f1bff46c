//! Copies of strings for calls.
//!
//! Calls end in the opposite order of their beginning, so short strings lie one behind the other in one piece of memory.

use std::cell::{Cell, OnceCell};
use std::ffi::{CString, c_void};

use hotcall::engine::Text;

/// The size of the memory for short strings. It is less than any address of a long one.
const SHORT: usize = 4096;

/// The copies of an environment's strings.
#[derive(Default)]
pub(crate) struct Texts {
    memory: OnceCell<Box<[Cell<u8>]>>,
    used: Cell<usize>,
}

impl Texts {
    /// Copies bytes, and adds a zero.
    ///
    /// # Safety
    ///
    /// The bytes do not contain a zero.
    pub(crate) unsafe fn copy(&self, bytes: &[u8]) -> Text {
        let (begin, end) = (self.used.get(), self.used.get() + bytes.len() + 1);
        if end > SHORT {
            // SAFETY: the caller promises that the bytes do not contain a zero.
            return Self::keep(unsafe { CString::from_vec_unchecked(bytes.to_vec()) });
        }
        let memory = self.memory.get_or_init(|| vec![Cell::new(0); SHORT].into());
        self.used.set(end);
        let address = memory[begin..end].as_ptr().cast_mut().cast::<u8>();
        // SAFETY: the memory has room for the bytes and a zero, and only calls refer to it.
        unsafe {
            bytes.as_ptr().copy_to_nonoverlapping(address, bytes.len());
            address.add(bytes.len()).write(0);
        }
        Text { address: address.cast_const().cast::<c_void>(), pin: begin }
    }

    /// Keeps a string until its release.
    pub(crate) fn keep(text: CString) -> Text {
        let address = text.into_raw();
        Text { address: address.cast_const().cast(), pin: address.expose_provenance() }
    }

    /// Releases a copy, after all that were made later.
    ///
    /// # Safety
    ///
    /// The pin is that of a copy, and comes once.
    pub(crate) unsafe fn release(&self, pin: usize) {
        if pin < SHORT {
            self.used.set(pin);
        } else {
            // SAFETY: this is the address that `keep` has given away.
            drop(unsafe { CString::from_raw(std::ptr::with_exposed_provenance_mut(pin)) });
        }
    }
}
