//! Memory that may not exist, read in few system calls.

use std::cell::RefCell;

use crate::os::probe;

/// The bytes of a line. It lies in one page, so all of it can be read if any of it can.
const LINE: usize = 64;

/// A field that cannot be read.
pub(crate) struct Unreadable;

/// Reads memory that may not exist, a line at a time. Memory that changes may be read as it was before.
#[derive(Default)]
pub(crate) struct Lines(RefCell<Vec<(usize, Option<[u8; LINE]>)>>);

impl Lines {
    /// Loads the little-endian integer of `len` bytes, 8 at most.
    pub(crate) fn load(&self, address: u64, len: u8) -> Result<u64, Unreadable> {
        let address = usize::try_from(address).map_err(|_| Unreadable)?;
        let mut bytes = [0; 8];
        let field = bytes.get_mut(..len.into()).ok_or(Unreadable)?;
        let at = address % LINE;
        // A field across two lines is rare.
        let is_read = if at + field.len() > LINE {
            probe::read(address, field)
        } else {
            self.line(address - at).map(|line| field.copy_from_slice(&line[at..at + field.len()])).is_some()
        };
        if is_read { Ok(u64::from_le_bytes(bytes)) } else { Err(Unreadable) }
    }

    fn line(&self, address: usize) -> Option<[u8; LINE]> {
        let mut lines = self.0.borrow_mut();
        if let Some((_, line)) = lines.iter().find(|(known, _)| *known == address) {
            return *line;
        }
        let mut bytes = [0; LINE];
        let line = probe::read(address, &mut bytes).then_some(bytes);
        lines.push((address, line));
        line
    }
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;

    #[test]
    fn fields_across_lines_are_read() {
        let bytes: Vec<u8> = (0..=255).collect();
        let start = bytes.as_ptr().expose_provenance() as u64;
        let lines = Lines::default();
        for at in 0..248 {
            for len in [1, 2, 4, 8] {
                let expected = bytes[at..][..len].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
                assert_eq!(lines.load(start + at as u64, len as u8).ok(), Some(expected), "{len} bytes at {at}");
            }
        }
    }

    #[test]
    fn missing_memory_and_impossible_fields_are_errors() {
        for address in [0, 60, u64::MAX - 3, 1 << 63] {
            assert!(Lines::default().load(address, 8).is_err(), "{address:#x}");
        }
        let word = 1_u64;
        assert!(Lines::default().load(std::ptr::from_ref(&word).expose_provenance() as u64, 9).is_err());
    }
}
