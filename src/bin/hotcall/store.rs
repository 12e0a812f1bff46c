//! Texts that the bytes of values point to, and the declarations that name constants.

use std::sync::Arc;

use hotcall::Scalar;
use hotcall::declare::{Constant, Declarations};

use crate::buffer::MAX_BUFFER;
use crate::misfit::MisfitKind;
use crate::nearest::Nearest;
use crate::number::{Number, Value};

/// Texts that bytes point to, as long as this lives.
pub(crate) type Texts = Vec<Vec<u8>>;

/// The texts and names of values.
#[derive(Default)]
pub(crate) struct Store {
    texts: Texts,
    pub(crate) declarations: Arc<Declarations>,
}

impl Store {
    pub(crate) fn new(declarations: Arc<Declarations>) -> Self {
        Self { texts: Texts::new(), declarations }
    }

    /// Keeps a copy of the text with a zero behind it, and returns its address.
    pub(crate) fn keep_text(&mut self, text: &[u8]) -> Result<u64, MisfitKind> {
        self.keep_text_in(0, text)
    }

    /// Keeps a copy of the text with zeros behind it, in memory of `least` bytes or more, and returns its address.
    pub(crate) fn keep_text_in(&mut self, least: usize, text: &[u8]) -> Result<u64, MisfitKind> {
        if text.contains(&0) {
            return Err(MisfitKind::ZeroInText);
        }
        if least > MAX_BUFFER {
            return Err(MisfitKind::Memory { len: least });
        }
        let mut kept = text.to_owned();
        kept.resize(least.max(text.len() + 1), 0);
        let address = kept.as_mut_ptr().expose_provenance() as u64;
        self.texts.push(kept);
        Ok(address)
    }

    /// The texts alone.
    pub(crate) fn into_texts(self) -> Texts {
        self.texts
    }

    /// The bits of a constant that the declarations name, or of several and numbers joined by `|`; `None` if a name is not
    /// one of theirs.
    pub(crate) fn constant(&self, names: &str, scalar: Scalar) -> Option<Result<u64, MisfitKind>> {
        let text = match self.declarations.constant(names) {
            Some(Constant::Float(value)) => value.to_string(),
            Some(Constant::Int(value)) => value.to_string(),
            _ if names.contains('|') => {
                let mut all = 0;
                for name in names.split('|').map(str::trim) {
                    match Number::parse(name) {
                        Some(number) if number.value() == Value::NotOctal => return Some(number.to_bits(scalar)),
                        _ => all |= self.integer(name)?,
                    }
                }
                all.to_string()
            }
            _ => return None,
        };
        Some(Number::parse(&text)?.to_bits(scalar))
    }

    fn integer(&self, word: &str) -> Option<i128> {
        match self.declarations.constant(word) {
            Some(Constant::Int(value)) => Some(*value),
            Some(_) => None,
            None => Number::parse(word)?.integer(),
        }
    }

    /// The constant that somebody may have meant by the first of these names that is unknown.
    pub(crate) fn nearest_constant(&self, names: &str) -> Option<String> {
        let unknown = names.split('|').map(str::trim).find(|name| self.integer(name).is_none())?;
        let mut nearest = Nearest::to(unknown);
        for (known, value) in self.declarations.constants() {
            if !matches!(value, Constant::Text(_)) {
                nearest.see(known.as_bytes());
            }
        }
        nearest.found().filter(|found| found != unknown)
    }
}
