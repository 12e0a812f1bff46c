//! A whole text.

use super::fault::line_starts;
use super::reader::Reader;
use super::source::Source;
use crate::declare::declarations::Declarations;
use crate::declare::error::DeclarationError;

/// The longest text in bytes.
///
/// The headers of the largest libraries stay below it after the preprocessor. While a header is read it takes about ten
/// times its length in memory. A text of commas alone takes about twenty times.
const MAX_TEXT: usize = 16 << 20;

impl Declarations {
    /// Reads C declarations: one prototype, or a library's header after the preprocessor (`cc -E -P`).
    ///
    /// Types and constants may be declared before they are used. Types of `stdint.h`, `stddef.h`, `stdbool.h` and the
    /// usual ones of `sys/types.h` are known, and a text's own typedef of such a name replaces them. `struct`, `union`
    /// and `enum` are laid out like in GCC, with `__attribute__((packed, aligned(n)))`, `_Alignas` and `#pragma pack`.
    /// Differences of Clang's layouts are [warnings](Self::warnings). `__attribute__((mode(m)))` makes an integer or
    /// floating-point type of another size, if hotcall has one. Object-like macros may be used in constant expressions.
    /// Bodies of functions are ignored, and `static` functions are not symbols.
    ///
    /// If only the address of a variable can be used, its type does not have a size: a flexible array for `extern char
    /// v[]`, a struct without members for `extern struct incomplete x`.
    ///
    /// A declaration that cannot be read is skipped to its end, and its neighbours are kept. [`get`](Self::get) gives
    /// the reason for the names in it, and [`skipped`](Self::skipped) lists all such places. Some valid C is refused in
    /// this way, or only for the symbols that use it. It is never misread:
    ///
    /// * names, types and attributes that are macros, and macros with parameters: they need the preprocessor;
    /// * definitions with their parameters' types after the parentheses (C11 6.9.1p6), and Clang's blocks;
    /// * `_Generic`, compound literals and statements in constant expressions;
    /// * declarations, declarators and expressions nested deeper than 100 levels.
    ///
    /// The whole text is refused in these cases:
    /// * Its brackets do not match, or quoted text or a comment never ends.
    /// * It has `#if` and related directives, or an `#include` of other than standard headers.
    /// * It has a `#pragma` that changes layouts and is not understood.
    /// * It has more than 16 MiB.
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
    /// The whole text has a fault, which the error gives with line and column, or two declarations of a name conflict.
    /// A symbol that cannot be read, or uses an unsupported type, is an error of [`get`](Self::get) alone.
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
