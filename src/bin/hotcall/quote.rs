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
        Some(_) => {
            let kept: String = text.chars().take(max.saturating_sub(1)).collect();
            escape(&kept) + "…"
        }
    }
}

/// Escapes control characters as JSON does, so that a text can do nothing to a terminal. Those that change the direction of
/// writing count.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(char)));
            }
            control if control.is_control() => escaped.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => escaped.push(other),
        }
    }
    escaped
}
