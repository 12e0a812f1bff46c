//! The memory that values lead to: structs and buffers, from which C reads, and to which its results are written.

use std::cell::Cell;

/// The bytes of each half.
const HALF: usize = 4096;

thread_local! {
    static MEMORY: &'static [Cell<u8>] = {
        let memory: &'static [Cell<u8>] = Box::leak(vec![Cell::new(0); 2 * HALF].into());
        fill(memory);
        memory
    };
}

fn fill(memory: &[Cell<u8>]) {
    for (index, word) in memory.chunks(8).enumerate() {
        let bytes = 0x0123_4567_89ab_cdef_u64.wrapping_mul(index as u64 * 2 + 1).to_le_bytes();
        word.iter().zip(bytes).for_each(|(cell, byte)| cell.set(byte));
    }
}

/// Returns the address of the bytes of objects.
pub(crate) fn of_objects() -> u64 {
    MEMORY.with(|memory| memory.as_ptr().expose_provenance() as u64)
}

/// Returns the address of the bytes that helpers find.
pub(crate) fn of_helpers() -> u64 {
    of_objects() + HALF as u64
}

/// Gives the memory its first contents.
pub(crate) fn restore() {
    MEMORY.with(|memory| fill(memory));
}

/// Returns the contents.
pub(crate) fn contents() -> Vec<u8> {
    MEMORY.with(|memory| memory.iter().map(Cell::get).collect())
}
