//! Memory for a callee to read and write, and how it is shown after the call.

use hotcall::{Pointee, Scalar};

use crate::array;
use crate::misfit::MisfitKind;
use crate::print::quote;

/// The largest `buffer:N`: more than any interface fills at once, and small enough to be given anywhere.
const MAX_BUFFER: usize = 256 << 20;

/// Memory for an argument.
pub(crate) struct Buffer {
    /// The index of the argument, counted from 0.
    argument: usize,
    holds: Holds,
    chunks: Vec<Chunk>,
    len: usize,
}

/// What a buffer is shown as.
#[derive(Clone, Copy)]
pub(crate) enum Holds {
    Text,
    Bytes,
    /// An array's elements.
    Elements(Scalar),
}

/// Aligned as `malloc` aligns.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Chunk([u8; 16]);

impl Buffer {
    /// Zeroed memory.
    pub(crate) fn new(argument: usize, len: usize, holds: Holds) -> Result<Self, MisfitKind> {
        let count = len.div_ceil(size_of::<Chunk>());
        let mut chunks = Vec::new();
        if len > MAX_BUFFER || chunks.try_reserve_exact(count).is_err() {
            return Err(MisfitKind::Memory { len });
        }
        chunks.resize(count, Chunk([0; 16]));
        Ok(Self { argument, holds, chunks, len })
    }

    /// Memory that holds these bytes.
    pub(crate) fn with(argument: usize, bytes: &[u8], holds: Holds) -> Result<Self, MisfitKind> {
        let mut buffer = Self::new(argument, bytes.len(), holds)?;
        for (to, from) in buffer.chunks.iter_mut().zip(bytes.chunks(size_of::<Chunk>())) {
            to.0[..from.len()].copy_from_slice(from);
        }
        Ok(buffer)
    }

    /// The address for the callee.
    pub(crate) fn address(&mut self) -> u64 {
        self.chunks.as_mut_ptr().expose_provenance() as u64
    }

    /// The line that shows it: text in quotes up to the first zero, bytes in hexadecimal, elements as a JSON array.
    ///
    /// # Safety
    ///
    /// Elements that are texts are null, or addresses of bytes that end with a zero.
    pub(crate) unsafe fn line(&self) -> String {
        let bytes: Vec<u8> = self.chunks.iter().flat_map(|chunk| chunk.0).take(self.len).collect();
        let (what, content) = match self.holds {
            Holds::Text => ("buffer", quote(bytes.split(|&byte| byte == 0).next().unwrap_or_default())),
            Holds::Bytes => ("buffer", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")),
            // SAFETY: the caller's promise is passed on.
            Holds::Elements(element) => ("array", unsafe { array::json(&bytes, element) }),
        };
        format!("{what} {}: {content}\n", self.argument + 1)
    }
}

impl Holds {
    /// What a buffer holds for a parameter of this type.
    pub(crate) fn of(pointee: Pointee) -> Self {
        if pointee == Pointee::Text { Self::Text } else { Self::Bytes }
    }
}
