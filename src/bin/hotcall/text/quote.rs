//! Foreign texts in messages and output: quoted, shortened, and without characters that control a terminal.

/// A text in JSON's quotes; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn quote(text: &[u8]) -> String {
    serde_json::Value::from(String::from_utf8_lossy(text)).to_string()
}

/// The longest text that a message quotes, in characters.
const MAX_SHOWN: usize = 60;

/// The beginning of a text, with its control characters escaped.
pub(crate) fn shorten(text: &str) -> String {
    shorten_to(MAX_SHOWN, text)
}

/// At most `max` characters of a text, counted before its control characters are escaped.
pub(crate) fn shorten_to(max: usize, text: &str) -> String {
    match text.char_indices().nth(max) {
        None => escape(text),
        Some(_) => escape(&text.chars().take(max.saturating_sub(1)).collect::<String>()) + "…",
    }
}

/// Bytes in hexadecimal, with a separator between them.
pub(crate) fn hex(bytes: &[u8], separator: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator)
}

/// Escapes control characters as JSON does, so that a text cannot control a terminal. Characters that change the
/// direction of writing are escaped too.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            other if other.is_control() || changes_direction(other) => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns true if a character changes the direction of writing.
const fn changes_direction(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
