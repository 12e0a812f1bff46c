//! A library that stays mapped as long as something needs it, closed or not.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hotcall_jit::engine::values::RecordHead;
use hotcall_jit::lock::Lock;

use super::error::ClosedError;
use super::loader::LoaderHandle;
use super::resolved::Resolved;

/// Keeps a library mapped.
pub(crate) struct Mapping {
    pub(super) name: Arc<Resolved>,
    closed: AtomicBool,
    /// The records by which engines call functions.
    records: Lock<HashSet<Adopted>>,
    pub(super) handle: LoaderHandle,
}

/// A record that is closed with the library.
#[derive(PartialEq, Eq, Hash)]
struct Adopted(*const RecordHead);

// SAFETY: a record is removed before it is freed, and closing it is an atomic store.
unsafe impl Send for Adopted {}

impl Mapping {
    pub(super) fn new(name: Arc<Resolved>, handle: LoaderHandle) -> Self {
        Self { name, closed: AtomicBool::new(false), records: Lock::default(), handle }
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for Adopted(record) in self.records.hold().iter() {
            // SAFETY: before a record is freed it disowns itself, which takes the lock.
            unsafe { &**record }.close();
        }
    }

    /// Closes the records together with the library, or now if the library is already closed.
    pub(crate) fn adopt<'r>(&self, records: impl Iterator<Item = &'r RecordHead>) {
        let mut adopted = self.records.hold();
        for record in records {
            adopted.insert(Adopted(record));
            // Closing sets the flag first, and then looks at the records.
            if self.closed.load(Ordering::Acquire) {
                record.close();
            }
        }
    }

    /// Forgets a record.
    pub(crate) fn disown(&self, record: &RecordHead) {
        self.records.hold().remove(&Adopted(record));
    }

    /// Returns an error once the library is closed.
    #[inline]
    pub(crate) fn check_open(&self) -> Result<(), ClosedError> {
        if self.closed.load(Ordering::Acquire) { Err(self.closed_error()) } else { Ok(()) }
    }

    #[cold]
    fn closed_error(&self) -> ClosedError {
        ClosedError { library: self.resolved() }
    }

    /// The library's name, for errors.
    pub(super) fn resolved(&self) -> Resolved {
        Resolved::clone(&self.name)
    }
}
