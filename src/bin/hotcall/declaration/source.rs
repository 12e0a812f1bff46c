//! A text of declarations, and the part of it that a message shows.

use hotcall::declare::{DeclarationError, Declarations, Position};

use crate::declaration::error::{Message, SourceError};
use crate::text::excerpt::excerpt;

/// A text of declarations.
pub(crate) struct Source {
    text: String,
    /// The origin of the text, if the reader of a message should know it.
    note: Option<String>,
}

impl Source {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), note: None }
    }

    /// A text of headers that was not preprocessed.
    pub(crate) fn with_note(text: String, note: String) -> Self {
        Self { text, note: Some(note) }
    }

    /// Reads C text, or Deno's JSON form if it begins with a brace, which no C declaration does.
    pub(crate) fn read(&self) -> Result<Declarations, SourceError> {
        let read = if self.text.trim_start().starts_with('{') {
            Declarations::from_json(&self.text)
        } else {
            Declarations::from_c(&self.text)
        };
        read.map_err(|error| self.error(&error))
    }

    /// The error, with the step that failed.
    pub(crate) fn error(&self, error: &DeclarationError) -> SourceError {
        match error {
            DeclarationError::Unsupported { .. } | DeclarationError::Missing { .. } | DeclarationError::NoFunction => {
                SourceError::NoFunction(self.message(error))
            }
            DeclarationError::Syntax { .. }
            | DeclarationError::Conflict { .. }
            | DeclarationError::TooLong { .. }
            | DeclarationError::Json { .. }
            | DeclarationError::Duplicate { .. }
            | _ => SourceError::Unreadable(self.message(error)),
        }
    }

    /// An error with the line that it is about.
    fn message(&self, error: &DeclarationError) -> Message {
        let mut text = error.to_string();
        let Some(at) = error.position().or_else(|| position_in(&text)) else { return Message::new(text) };
        let (marker, line) = self.line(at.line);
        if let Some(Marker { file, line, at: from }) = marker {
            // If macros stood in the line, the preprocessor has moved columns.
            let place = format!("{file}: line {}", line.saturating_add(at.line - from - 1));
            text = text.replacen(&at.to_string(), &place, 1);
        }
        let mut lines = Vec::from(excerpt(line, at.column.saturating_sub(1)));
        lines.extend(self.note.clone());
        Message { text, lines }
    }

    /// The line of this number, counted from 1, and the last line marker before it.
    fn line(&self, number: usize) -> (Option<Marker>, &str) {
        let mut marker = None;
        for (index, line) in self.text.lines().enumerate().take(number) {
            if index + 1 == number {
                return (marker, line);
            }
            marker = Marker::read(line, index + 1).or(marker);
        }
        (marker, "")
    }
}

/// The place that a message names. The reason why a symbol cannot be used has it only in words.
fn position_in(message: &str) -> Option<Position> {
    let (_, behind) = message.split_once(": line ")?;
    let (line, behind) = behind.split_once(", column ")?;
    let (column, _) = behind.split_once(':')?;
    Some(Position::new(line.parse().ok()?, column.parse().ok()?))
}

/// A line marker of the preprocessor: `# 12 "zlib.h"`.
struct Marker {
    file: String,
    /// The number in the file of the line that follows.
    line: usize,
    /// The marker's own line, counted from 1.
    at: usize,
}

impl Marker {
    fn read(text: &str, at: usize) -> Option<Self> {
        let rest = text.strip_prefix("# ").or_else(|| text.strip_prefix("#line "))?;
        let (line, rest) = rest.split_once(" \"")?;
        let (file, _) = rest.rsplit_once('"')?;
        Some(Self { file: unescaped(file), line: line.parse().ok()?, at })
    }
}

/// The name of a file in a line marker. Quotes and backslashes follow a backslash, and so do other bytes in octal.
fn unescaped(quoted: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = quoted.as_bytes();
    while let [first, behind @ ..] = rest {
        let octal = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok();
        let (byte, behind) = match (first, behind) {
            (b'\\', digits) if let Some(byte) = digits.get(..3).and_then(octal) => (byte, &digits[3..]),
            (b'\\', [escaped, behind @ ..]) => (*escaped, behind),
            _ => (*first, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_line_markers_are_read() {
        for (text, file, line) in [
            ("# 12 \"zlib.h\" 1 3 4", "zlib.h", 12),
            ("#line 7 \"a b\\\\\\\"c.h\"", "a b\\\"c.h", 7),
            ("# 1 \"gr\\303\\274n.h\"", "grün.h", 1),
        ] {
            let marker = Marker::read(text, 1).unwrap();
            assert_eq!((&*marker.file, marker.line), (file, line), "{text}");
        }
        for text in ["# 12", "#define A \"b\"", "# 1x \"a\"", "#pragma x"] {
            assert!(Marker::read(text, 1).is_none(), "{text}");
        }
    }
}
