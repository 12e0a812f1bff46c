//! The tables that give stubs to all thunks of the process, one for each way of handing over a cell.

use std::io;
use std::ptr::NonNull;

use crate::arch::operands::{Handover, STRIDE, StubData};
#[cfg(not(all(test, loom)))]
use crate::lock::Lock;
#[cfg(all(test, loom))]
use crate::sync::Lock;
use crate::sync::shared;

/// Makes a table of this many pages of code.
pub(crate) type MakeTable = fn(Handover, usize) -> io::Result<NewStubs>;

/// The stubs of one table that nobody has taken yet.
pub(crate) struct NewStubs {
    entry: NonNull<u8>,
    data: NonNull<StubData>,
    left: usize,
}

// SAFETY: a `NewStubs` owns the stubs that are left in it, and their memory stays mapped.
unsafe impl Send for NewStubs {}

impl NewStubs {
    /// Makes the value from the addresses of the first stub and of its data.
    ///
    /// # Safety
    ///
    /// * At these addresses are the code and the data of `len` stubs. Both are valid as long as the process lives.
    /// * Nobody else takes these stubs.
    #[cfg(any(feature = "cranelift", all(test, loom)))]
    pub(crate) const unsafe fn new(entry: NonNull<u8>, data: NonNull<StubData>, len: usize) -> Self {
        Self { entry, data, left: len }
    }

    /// Returns the next stub's code and data. The data is zero, and the stub must not be called before it is set.
    pub(crate) fn next(&mut self) -> Option<(NonNull<u8>, &'static StubData)> {
        self.left = self.left.checked_sub(1)?;
        let (entry, data) = (self.entry, self.data);
        // SAFETY: the table has a stub at this index, and its data is valid as long as the process lives. The next
        // stub and its data lie at most at the ends of code and data.
        let data = unsafe {
            (self.entry, self.data) = (entry.add(STRIDE), data.add(1));
            data.as_ref()
        };
        Some((entry, data))
    }
}

/// Takes up to `len` stubs, at least one.
///
/// Tables are small at first and large later. Every table takes two mappings, and a process can have some ten thousand
/// of them.
pub(crate) fn take(
    handover: Handover,
    len: usize,
    make: MakeTable,
) -> io::Result<Vec<(NonNull<u8>, &'static StubData)>> {
    shared! {
        /// The tables in use.
        static TABLES: Lock<Vec<(Handover, NewStubs)>> = Lock::new(Vec::new());
    }
    let mut tables = TABLES.hold();
    let index = tables.iter().position(|(of, _)| *of == handover);
    let table = match index {
        Some(index) => &mut tables[index].1,
        None => &mut tables.push_mut((handover, make(handover, 1)?)).1,
    };
    if table.left == 0 {
        *table = make(handover, 16)?;
    }
    Ok(std::iter::from_fn(|| table.next()).take(len).collect())
}
