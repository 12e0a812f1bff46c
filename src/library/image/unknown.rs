//! Systems whose symbol tables are not read.

use crate::library::symbol_kind::SymbolKind;

/// The image of a library on a system where tables are not read. It does not have values.
pub(in crate::library) enum Image {}

impl Image {
    /// Returns `None`, because tables are not read on this system.
    ///
    /// # Safety
    ///
    /// The handle is open. It is not used.
    #[cfg(unix)]
    pub(in crate::library) const unsafe fn of_handle(_handle: *mut std::ffi::c_void) -> Option<Self> {
        None
    }

    pub(in crate::library) fn kind(&self, _name: &[u8], _address: usize) -> Option<SymbolKind> {
        match *self {}
    }

    pub(in crate::library) fn names(&self, _visit: &mut dyn FnMut(&[u8])) {
        match *self {}
    }
}

pub(in crate::library) const fn kind_elsewhere(_name: &[u8], _address: usize) -> Option<SymbolKind> {
    None
}

pub(in crate::library) const fn is_defined_beside(_address: usize, _names: &[&str]) -> Option<bool> {
    None
}

pub(in crate::library) const fn all_names(_visit: &mut dyn FnMut(&[u8])) {}
