//! Strings in V8's memory.
//!
//! In V8 12.4 to 14.6, a string's map has an instance type below 0x80. Its lowest 3 bits say how the characters are
//! kept, and 0x8 says that they have one byte each. The length is behind the hash.

use super::isolate::{V8, word};
use crate::api::env::Value;

/// `FIRST_NONSTRING_TYPE`
const NOT_A_STRING: u16 = 0x80;
/// `kStringRepresentationMask`
const REPRESENTATION: u16 = 0x7;
/// `kSeqStringTag`: the characters follow.
const SEQUENTIAL: u16 = 0;
/// `kConsStringTag`: two strings, one after the other.
const CONCATENATED: u16 = 1;
/// `kThinStringTag`: another string.
const THIN: u16 = 5;
/// `kOneByteStringTag`
const ONE_BYTE: u16 = 0x8;

/// Offsets of fields from an object's first byte.
const LENGTH: usize = 12;
const CHARACTERS: usize = 16;
const FIRST: usize = 16;
const SECOND: usize = 24;

/// Addresses of objects have a 1 in the lowest bit.
const TAG: u64 = 1;

/// The word of an object. Its fields can be read until the collector runs.
#[derive(Clone, Copy)]
struct Object(u64);

impl Object {
    /// # Safety
    ///
    /// The object has such a field.
    unsafe fn field<T: Copy>(self, offset: usize) -> T {
        let address = std::ptr::with_exposed_provenance::<u8>((self.0 - TAG) as usize);
        // SAFETY: the caller promises the field. Fields are aligned to 4 bytes at least.
        unsafe { address.add(offset).cast::<T>().read_unaligned() }
    }

    fn instance_type(self) -> u16 {
        // SAFETY: each object begins with its map's word, and a map has the type.
        unsafe { hotcall::engine::v8::Roots::instance_type(self.0) }
    }
}

impl V8 {
    /// Returns true if samples have shown where strings have their characters.
    pub(crate) fn reads_strings(&self) -> bool {
        self.reads_strings.get()
    }

    /// Returns true for strings, if the addon [reads](Self::reads_strings) them.
    #[inline]
    pub(crate) fn is_string(&self, value: Value) -> bool {
        is_string(word(value))
    }

    /// Returns the characters of a string that is in one piece, if they are of ASCII and not NUL. They stay until the
    /// collector runs. The addon [reads](Self::reads_strings) strings.
    #[inline]
    pub(crate) fn ascii<'a>(&self, string: Value) -> Option<&'a [u8]> {
        // SAFETY: samples have shown where the characters are, and this is a string.
        unsafe { ascii(word(string)) }
    }

    /// Compares the characters of samples with Node-API's answers.
    pub(super) fn try_strings(&self, samples: &[Value]) {
        let mut found = 0;
        let agree = samples.iter().all(|&sample| {
            let word = word(sample);
            if !is_string(word) {
                return self.env.as_utf8(sample).is_err();
            }
            // SAFETY: the word is that of a string, unless instance types have changed: then Node-API differs.
            let read = unsafe { ascii(word) };
            found += usize::from(read.is_some());
            let expected = self.env.as_utf8(sample);
            expected.is_ok_and(|expected| read.is_none_or(|read| read == expected))
        });
        self.reads_strings.set(agree && found > 1);
    }
}

fn is_string(word: u64) -> bool {
    word & TAG != 0 && Object(word).instance_type() < NOT_A_STRING
}

/// # Safety
///
/// The word is that of a string.
unsafe fn ascii<'a>(word: u64) -> Option<&'a [u8]> {
    let mut string = Object(word);
    loop {
        // SAFETY: the fields are those of strings of this kind.
        unsafe {
            let kind = string.instance_type();
            match kind & REPRESENTATION {
                SEQUENTIAL if kind & ONE_BYTE != 0 => {
                    let length = string.field::<u32>(LENGTH) as usize;
                    let address = std::ptr::with_exposed_provenance::<u8>((string.0 - TAG) as usize);
                    let characters = std::slice::from_raw_parts(address.add(CHARACTERS), length);
                    return characters.iter().all(|byte| (1..0x80).contains(byte)).then_some(characters);
                }
                THIN => string = Object(string.field(FIRST)),
                // Made flat before: nothing follows the first one.
                CONCATENATED if Object(string.field(SECOND)).field::<u32>(LENGTH) == 0 => {
                    string = Object(string.field(FIRST));
                }
                _ => return None,
            }
        }
    }
}
