//! The state that conversions of values share: the texts that their bytes point to, and the declarations whose names they
//! may use.

use std::sync::Arc;

use hotcall::declare::Declarations;

use crate::value::error::ValueErrorKind;

/// The largest memory for an argument: more than any interface fills at once, but small enough for any machine.
const MAX_MEMORY: usize = 256 << 20;

/// Returns an error if an argument takes too much memory.
pub(crate) const fn check_memory(len: usize) -> Result<(), ValueErrorKind> {
    if len > MAX_MEMORY { Err(ValueErrorKind::Memory { len }) } else { Ok(()) }
}

/// Texts that bytes point to. They must live as long as the bytes are used.
pub(crate) type Texts = Vec<Vec<u8>>;

/// The texts and names of values.
#[derive(Default)]
pub(crate) struct ValueContext {
    texts: Texts,
    pub(crate) declarations: Arc<Declarations>,
}

impl ValueContext {
    pub(crate) fn new(declarations: Arc<Declarations>) -> Self {
        Self { texts: Texts::new(), declarations }
    }

    /// Keeps a copy of the text, followed by a zero, and returns its address.
    pub(crate) fn keep_text(&mut self, text: &[u8]) -> Result<u64, ValueErrorKind> {
        self.keep_text_in(0, text)
    }

    /// Keeps a copy of the text, followed by zeros, in memory of `min_size` bytes or more. Returns its address.
    pub(crate) fn keep_text_in(&mut self, min_size: usize, text: &[u8]) -> Result<u64, ValueErrorKind> {
        if text.contains(&0) {
            return Err(ValueErrorKind::ZeroInText);
        }
        check_memory(min_size)?;
        let mut kept = text.to_owned();
        kept.resize(min_size.max(text.len() + 1), 0);
        let address = kept.as_mut_ptr().expose_provenance() as u64;
        self.texts.push(kept);
        Ok(address)
    }

    /// The texts alone.
    pub(crate) fn into_texts(self) -> Texts {
        self.texts
    }
}
