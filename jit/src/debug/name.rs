//! The names of pieces of code, for crash reports, profiles and debuggers.

use std::fmt::{self, Write};

use crate::c::definitions::{Signature, Type};

/// The most bytes of a name.
pub(crate) const MAX_NAME: usize = 200;

/// The end of a cut name.
const CUT: &str = "…";

/// A name of at most [`MAX_NAME`] bytes. Copying it takes no lock and does not allocate.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    bytes: [u8; MAX_NAME],
    len: u8,
}

const _: () = assert!(MAX_NAME <= u8::MAX as usize);

impl Name {
    /// Makes the name of all code of a kind that does not depend on types.
    pub(crate) fn of(kind: &str) -> Self {
        let mut name = Self::EMPTY;
        let _cut = name.push("hotcall ").and_then(|()| name.push(kind));
        name
    }

    /// Makes the name of code of a kind that this signature was the first to need. Other signatures share the code by
    /// its key. The name shows the signature, because a key's own notation would not tell users which function was
    /// called.
    pub(crate) fn new(kind: &str, signature: &Signature) -> Self {
        let mut name = Self::of(kind);
        // Pushing fails when the name is full, so that a long signature is not printed to its end.
        let _cut = name.push(" ").and_then(|()| name.push_signature(signature));
        name
    }

    pub(crate) const EMPTY: Self = Self { bytes: [0; MAX_NAME], len: 0 };

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len.into()).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }

    /// Makes a name of `len` bytes, which `fill` writes.
    pub(crate) fn filled(len: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut name = Self { len: len.min(MAX_NAME) as u8, ..Self::EMPTY };
        if let Some(bytes) = name.bytes.get_mut(..name.len.into()) {
            fill(bytes);
        }
        name
    }

    /// Appends the signature's printed form without its blanks. A formatter would take longer than everything else
    /// about a name.
    fn push_signature(&mut self, signature: &Signature) -> fmt::Result {
        let variadic = |index| signature.first_variadic() == Some(index);
        let params = signature.params();
        self.push("(")?;
        for (index, ty) in params.iter().enumerate() {
            if index > 0 {
                self.push(",")?;
            }
            if variadic(index) {
                self.push("...,")?;
            }
            self.push_type(ty)?;
        }
        if variadic(params.len()) {
            self.push(if params.is_empty() { "..." } else { ",..." })?;
        }
        self.push(")")?;
        signature.result().map_or(Ok(()), |ty| {
            self.push("->")?;
            self.push_type(ty)
        })
    }

    fn push_type(&mut self, ty: &Type) -> fmt::Result {
        match ty.as_scalar() {
            Some(scalar) => self.push(scalar.name()),
            None => write!(Compact(self), "{ty}"),
        }
    }

    /// Appends the text, or the mark of a cut name.
    fn push(&mut self, text: &str) -> fmt::Result {
        let start = usize::from(self.len);
        let fits = start + text.len() <= MAX_NAME - CUT.len();
        let text = if fits { text } else { CUT };
        let place = self.bytes.get_mut(start..start + text.len()).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len += text.len() as u8;
        if fits { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Writes without decorative blanks, and on one line, because names of structs may contain anything.
struct Compact<'a>(&'a mut Name);

impl Write for Compact<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            let Name { bytes, len } = &*self.0;
            let last = bytes.get(usize::from(*len).wrapping_sub(1));
            let c = match c {
                ' ' if !last.is_some_and(u8::is_ascii_alphanumeric) => continue,
                c if c.is_control() => '?',
                c => c,
            };
            self.0.push(c.encode_utf8(&mut [0; 4]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(params: impl IntoIterator<Item = Type>, result: impl Into<Option<Type>>) -> String {
        Name::new("slots", &Signature::new(params, result).unwrap()).as_str().to_owned()
    }

    #[test]
    fn names_are_signatures_without_needless_blanks() {
        assert_eq!(slots([Type::I32, Type::F64], Type::I32), "hotcall slots (i32,f64)->i32");
        assert_eq!(slots([], None), "hotcall slots ()");
        let pair = Type::structure([Type::F64, Type::I64]).unwrap();
        assert_eq!(slots([pair.clone()], Type::F32), "hotcall slots (struct {f64,i64})->f32");
        assert_eq!(slots([pair.named("pair")], Type::F32), "hotcall slots (struct pair)->f32");
        let signature = Signature::new([Type::F32], None).unwrap();
        assert_eq!(Name::new("slots errno", &signature).as_str(), "hotcall slots errno (f32)");
        assert_eq!(Name::new("thunk", &signature).as_str(), "hotcall thunk (f32)");
        assert_eq!(Name::of("shim").as_str(), "hotcall shim");
    }

    #[test]
    fn variadic_signatures_have_dots() {
        for (params, first) in
            [(vec![], 0), (vec![Type::I32], 1), (vec![Type::I32, Type::F64], 1), (vec![Type::I64], 0)]
        {
            let signature = Signature::variadic(params, first, Type::I32).unwrap();
            let printed = signature.to_string().replace(' ', "");
            assert_eq!(Name::new("slots", &signature).as_str(), format!("hotcall slots {printed}"));
        }
    }

    #[test]
    fn names_stay_on_one_line() {
        let odd = Type::structure([Type::F64]).unwrap().named("a\nb\0c\u{7f}");
        assert_eq!(slots([odd], None), "hotcall slots (struct a?b?c?)");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        for letters in 0..4 {
            let long = Type::structure([Type::F64]).unwrap().named("x".repeat(letters) + &"ü".repeat(200));
            let name = slots([long], None);
            assert!(name.ends_with("ü…") && (MAX_NAME - 1..=MAX_NAME).contains(&name.len()), "{name}");
        }
        assert!(slots(vec![Type::I64; 255], None).ends_with('…'));
    }
}
