//! A whole text.

use super::fault::line_starts;
use super::reader::Reader;
use super::source::Source;
use crate::declare::declarations::Declarations;
use crate::declare::error::DeclarationError;

/// The longest text in bytes.
///
/// The headers of the largest libraries stay below it after the preprocessor. A header takes some ten times its length in
/// memory while it is read, and a text of nothing but commas some twenty times.
const MAX_TEXT: usize = 16 << 20;

impl Declarations {
    /// Reads C declarations: one prototype, or a library's header after the preprocessor (`cc -E -P`).
    ///
    /// Types and constants may be declared before they are used. Types of `stdint.h`, `stddef.h`, `stdbool.h` and the usual
    /// ones of `sys/types.h` are known; a text's own typedef of such a name wins. `struct`, `union` and `enum` are laid out as
    /// GCC lays them out, with `__attribute__((packed, aligned(n)))`, `_Alignas` and `#pragma pack`. Differences of Clang's
    /// layouts are [warnings](Self::warnings). `__attribute__((mode(m)))` makes an integer or floating-point type of another size,
    /// where hotcall has one. Object-like macros may be used in constant expressions. Bodies of functions are ignored, and
    /// `static` functions are not symbols.
    ///
    /// A variable of which only the address can be used has a type without a size: a flexible array for
    /// `extern char v[]`, a struct without members for `extern struct incomplete x`.
    ///
    /// A declaration that cannot be read is skipped to its end, and its neighbours are kept. [`get`](Self::get) gives the
    /// reason for the names in it, and [`skipped`](Self::skipped) lists all such places. Some valid C is refused so, or for the
    /// symbols that use it, and never read as something else:
    ///
    /// * names, types and attributes that are macros, and macros with parameters: they need the preprocessor;
    /// * definitions with their parameters' types behind the parentheses (C11 6.9.1p6), and Clang's blocks;
    /// * `_Generic`, compound literals and statements in constant expressions;
    /// * declarations, declarators and expressions nested deeper than 100 levels.
    ///
    /// The whole text is refused if its brackets do not match, quoted text or a comment never ends, `#if` and its kin or an
    /// `#include` of other than standard headers stands in it, a `#pragma` that changes layouts is not understood, or it has
    /// more than 16 MiB.
    ///
    /// ```
    /// use hotcall::declare::Declarations;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let text = "typedef struct { int quot; int rem; } div_t; div_t div(int numerator, int denominator);";
    /// let declarations = Declarations::from_c(text)?;
    /// let div = declarations.last_function()?.as_function().unwrap();
    /// assert_eq!(div.signature.to_string(), "(i32, i32) -> struct div_t");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A fault of the whole text, with line and column, or a conflict between two declarations of a name. A symbol that
    /// cannot be read, or uses an unsupported type, is an error of [`get`](Self::get) alone.
    pub fn from_c(text: &str) -> Result<Self, DeclarationError> {
        if text.len() > MAX_TEXT {
            return Err(DeclarationError::TooLong { len: text.len(), max: MAX_TEXT });
        }
        let read = || {
            let mut reader = Reader::new(Source::new(text)?);
            reader.unit(reader.text_end)?;
            reader.finish()
        };
        read().map_err(|fault| fault.error(text, &line_starts(text)))
    }
}
