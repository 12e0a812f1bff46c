//! Memory that a callee reads and writes, and its form after the call.

use hotcall::{LayoutError, Pointee, Type};

use crate::text::quote::{hex, quote};
use crate::value::context::check_memory;
use crate::value::error::ValueErrorKind;
use crate::value::print;

/// Memory for an argument.
pub(crate) struct Buffer {
    /// Its name in the output.
    label: String,
    shown_as: ShownAs,
    chunks: Vec<Chunk>,
    /// The number of bytes that are shown, from the first.
    shown_size: usize,
}

/// The beginning of a buffer, and the part of it that is shown.
pub(crate) struct BufferContent {
    /// The bytes of the values that are given. Zeros follow.
    pub(crate) bytes: Vec<u8>,
    /// The least size of the memory, in bytes.
    pub(crate) min_size: usize,
    /// The number of bytes that are shown after the call: at most the size of the memory.
    pub(crate) shown_size: usize,
    pub(crate) shown_as: ShownAs,
}

/// The form in which a buffer is shown.
pub(crate) enum ShownAs {
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

/// Memory with the alignment of `malloc`.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Chunk([u8; 16]);

impl Buffer {
    /// Zeroed memory.
    pub(crate) fn new(label: String, len: usize, shown_as: ShownAs) -> Result<Self, ValueErrorKind> {
        let count = len.div_ceil(size_of::<Chunk>());
        let mut chunks = Vec::new();
        check_memory(len)?;
        chunks.try_reserve_exact(count).map_err(|_| ValueErrorKind::Memory { len })?;
        chunks.resize(count, Chunk([0; 16]));
        Ok(Self { label, shown_as, chunks, shown_size: len })
    }

    /// Memory that begins with the bytes of values.
    pub(crate) fn with(label: String, content: BufferContent) -> Result<Self, ValueErrorKind> {
        let BufferContent { bytes, min_size, shown_size, shown_as } = content;
        let mut buffer = Self { shown_size, ..Self::new(label, bytes.len().max(min_size), shown_as)? };
        for (to, from) in buffer.chunks.iter_mut().zip(bytes.chunks(size_of::<Chunk>())) {
            to.0[..from.len()].copy_from_slice(from);
        }
        Ok(buffer)
    }

    /// The address for the callee.
    pub(crate) fn address(&mut self) -> u64 {
        self.chunks.as_mut_ptr().expose_provenance() as u64
    }

    /// The line that shows the buffer, if it is shown.
    ///
    /// # Safety
    ///
    /// Text pointers in the values are readable ([`mod@print`]).
    pub(crate) unsafe fn line(&self) -> Result<Option<String>, LayoutError> {
        let bytes: Vec<u8> = self.chunks.iter().flat_map(|chunk| chunk.0).take(self.shown_size).collect();
        let content = match &self.shown_as {
            ShownAs::Text => quote(bytes.split(|&byte| byte == 0).next().unwrap_or_default()),
            ShownAs::Bytes => hex(&bytes, " "),
            // SAFETY: the caller promises that text pointers in the value are readable.
            ShownAs::Value(ty) => unsafe { print::value(ty, &bytes) }?,
            // SAFETY: the caller promises that text pointers in the values are readable.
            ShownAs::Values(ty) => unsafe { print::elements(ty, &bytes) }?,
            ShownAs::Nothing => return Ok(None),
        };
        Ok(Some(format!("{}: {content}\n", self.label)))
    }
}

impl ShownAs {
    /// The form of a buffer for a parameter of this type.
    pub(crate) fn of(pointee: Pointee) -> Self {
        if pointee == Pointee::Text { Self::Text } else { Self::Bytes }
    }
}
