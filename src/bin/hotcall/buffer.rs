//! Memory for a callee to read and write, and how it is shown after the call.

use hotcall::{LayoutError, Pointee, Type};

use crate::misfit::MisfitKind;
use crate::print;
use crate::quote::quote;

/// The largest `buffer:N`: more than any interface fills at once, and small enough to be given anywhere.
pub(crate) const MAX_BUFFER: usize = 256 << 20;

/// Memory for an argument.
pub(crate) struct Buffer {
    /// Its name in the output.
    label: String,
    holds: Holds,
    chunks: Vec<Chunk>,
    /// The bytes that are shown, from the first.
    shown: usize,
}

/// Values for a callee.
pub(crate) struct Values {
    /// The bytes of those that are given. Zeros follow.
    pub(crate) bytes: Vec<u8>,
    /// The least size of the memory, in bytes.
    pub(crate) least: usize,
    /// The bytes that are shown after the call: at most the size of the memory.
    pub(crate) shown: usize,
    pub(crate) holds: Holds,
}

/// The form in which a buffer is shown.
pub(crate) enum Holds {
    /// Text in quotes up to the first zero.
    Text,
    /// Bytes in hexadecimal.
    Bytes,
    /// One value.
    Value(Type),
    /// Values one behind the other, as a JSON array.
    Values(Type),
    /// Nothing is shown.
    Nothing,
}

/// Aligned as `malloc` aligns.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Chunk([u8; 16]);

impl Buffer {
    /// Zeroed memory.
    pub(crate) fn new(label: String, len: usize, holds: Holds) -> Result<Self, MisfitKind> {
        let count = len.div_ceil(size_of::<Chunk>());
        let mut chunks = Vec::new();
        if len > MAX_BUFFER || chunks.try_reserve_exact(count).is_err() {
            return Err(MisfitKind::Memory { len });
        }
        chunks.resize(count, Chunk([0; 16]));
        Ok(Self { label, holds, chunks, shown: len })
    }

    /// Memory for values, which begins with their bytes.
    pub(crate) fn with(label: String, values: Values) -> Result<Self, MisfitKind> {
        let Values { bytes, least, shown, holds } = values;
        let mut buffer = Self { shown, ..Self::new(label, bytes.len().max(least), holds)? };
        for (to, from) in buffer.chunks.iter_mut().zip(bytes.chunks(size_of::<Chunk>())) {
            to.0[..from.len()].copy_from_slice(from);
        }
        Ok(buffer)
    }

    /// The address for the callee.
    pub(crate) fn address(&mut self) -> u64 {
        self.chunks.as_mut_ptr().expose_provenance() as u64
    }

    /// The line that shows it, if it is shown.
    ///
    /// # Safety
    ///
    /// Text pointers in values are as [`print::text`] asks.
    pub(crate) unsafe fn line(&self) -> Result<Option<String>, LayoutError> {
        let bytes: Vec<u8> = self.chunks.iter().flat_map(|chunk| chunk.0).take(self.shown).collect();
        let content = match &self.holds {
            Holds::Text => quote(bytes.split(|&byte| byte == 0).next().unwrap_or_default()),
            Holds::Bytes => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
            // SAFETY: the caller's promise is passed on.
            Holds::Value(ty) => unsafe { print::value(ty, &bytes) }?,
            // SAFETY: the caller's promise is passed on.
            Holds::Values(ty) => unsafe { print::elements(&bytes, ty) }?,
            Holds::Nothing => return Ok(None),
        };
        Ok(Some(format!("{}: {content}\n", self.label)))
    }
}

impl Holds {
    /// The form of a buffer for a parameter of this type.
    pub(crate) fn of(pointee: Pointee) -> Self {
        if pointee == Pointee::Text { Self::Text } else { Self::Bytes }
    }
}
