//! Places of a text as people count them, for messages.

use crate::declare::Position;

/// Where the lines of a text begin.
///
/// Every symbol of a header may need a place in its reason: counting the lines anew for each takes time that grows with
/// the square of the header's length.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Self(std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect())
    }

    /// The line and column of a byte.
    pub(super) fn position(&self, at: usize) -> Position {
        let line = self.0.partition_point(|&start| start <= at);
        let start = line.checked_sub(1).and_then(|index| self.0.get(index)).copied().unwrap_or(0);
        Position { line, column: 1 + at.saturating_sub(start) }
    }
}

/// The beginning of the text at a place: what is left of its line, shortened.
pub(super) fn near(text: &str, at: usize) -> Box<str> {
    const SHOWN: usize = 32;
    let rest = text.get(at..).unwrap_or_default();
    // The line itself may be as long as the text.
    let line: String = rest.chars().take(SHOWN + 1).take_while(|&c| c != '\n').collect();
    let line = line.trim_end();
    let short: String = line.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    let dots = if line.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("{short}{dots}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let lines = Lines::of("ab\n\nc");
        let at = |place| (lines.position(place).line, lines.position(place).column);
        assert_eq!([0, 1, 2, 3, 4, 5].map(at), [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2)]);
        assert_eq!(Lines::of("").position(0), Position { line: 1, column: 1 });
    }

    #[test]
    fn what_is_near_is_short() {
        assert_eq!(&*near("int a; \nint b;", 4), "a;");
        assert_eq!(&*near(&"x".repeat(40), 0), format!("{}…", "x".repeat(32)));
        assert_eq!((&*near("a", 9), &*near("é\0", 1), &*near("é\0", 2)), ("", "", "\\0"));
    }
}
