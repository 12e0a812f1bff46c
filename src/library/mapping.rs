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
    /// The records by which engines call functions. Each realm has one of the sets, so that threads seldom wait.
    records: Box<[Records]>,
    pub(super) handle: LoaderHandle,
}

/// The number of sets of records.
const SETS: usize = 16;

/// Records of one realm and every sixteenth realm after it, in cache lines of their own.
#[derive(Default)]
#[repr(align(128))]
struct Records(Lock<HashSet<Adopted>>);

/// A record that is closed with the library.
#[derive(PartialEq, Eq, Hash)]
struct Adopted(*const RecordHead);

// SAFETY: a record is removed before it is freed, and closing it is an atomic store.
unsafe impl Send for Adopted {}

impl Mapping {
    pub(super) fn new(name: Arc<Resolved>, handle: LoaderHandle) -> Self {
        let records = (0..SETS).map(|_| Records::default()).collect();
        Self { name, closed: AtomicBool::new(false), records, handle }
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for Records(records) in &self.records {
            for Adopted(record) in records.hold().iter() {
                // SAFETY: before a record is freed it disowns itself, which takes the lock.
                unsafe { &**record }.close();
            }
        }
    }

    /// Closes the records of a realm together with the library, or now if the library is already closed.
    pub(crate) fn adopt<'r>(&self, realm: usize, records: impl Iterator<Item = &'r RecordHead>) {
        let mut adopted = self.records_of(realm).hold();
        for record in records {
            adopted.insert(Adopted(record));
            // Closing sets the flag first, and then looks at the records.
            if self.closed.load(Ordering::Acquire) {
                record.close();
            }
        }
    }

    /// Forgets a record of a realm.
    pub(crate) fn disown(&self, realm: usize, record: &RecordHead) {
        self.records_of(realm).hold().remove(&Adopted(record));
    }

    /// The set of the realm with this number.
    fn records_of(&self, realm: usize) -> &Lock<HashSet<Adopted>> {
        &self.records[realm % SETS].0
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

impl Drop for Mapping {
    fn drop(&mut self) {
        if !*self.closed.get_mut() {
            self.handle.was_not_closed();
        }
    }
}
