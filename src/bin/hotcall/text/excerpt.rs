//! A line of a text with a caret below the place that a message is about, as compilers show it.

use unicode_width::UnicodeWidthChar;

use crate::text::quote::escape;

/// The largest number of columns of an excerpt. Longer lines are cut at both ends.
const MAX_WIDTH: usize = 76;

/// The columns before the caret in a longer line.
const BEFORE: usize = 50;

/// The largest number of characters on either side of the caret. It bounds characters without a width.
const MAX_CHARS: usize = 4 * MAX_WIDTH;

/// The part of the line around the byte at offset `at`, and below it a line with the caret.
pub(crate) fn excerpt(line: &str, at: usize) -> [String; 2] {
    let (before, behind) = line.split_at(line.floor_char_boundary(at));
    let (mut start, indent) = take(before.chars().rev(), BEFORE);
    let (end, _) = take(behind.chars(), MAX_WIDTH - indent);
    start.reverse();
    let caret = " ".repeat(indent) + "^";
    [start.concat() + &end.concat(), caret]
}

/// The first characters, escaped, with the columns that they take: at most [`MAX_CHARS`] characters and `max` columns.
/// An ellipsis stands for the rest.
fn take(chars: impl Iterator<Item = char>, max: usize) -> (Vec<String>, usize) {
    let mut taken = Vec::new();
    let mut width = 0;
    let mut chars = chars.peekable();
    while let Some(char) = chars.next() {
        let (shown, columns) = cell(char);
        let last = chars.peek().is_none();
        if width + columns > max - usize::from(!last) || taken.len() + usize::from(!last) >= MAX_CHARS {
            taken.push("…".to_owned());
            return (taken, width + 1);
        }
        taken.push(shown);
        width += columns;
    }
    (taken, width)
}

/// A character, escaped, and the columns that it takes.
fn cell(char: char) -> (String, usize) {
    match char {
        '\t' => ("    ".to_owned(), 4),
        _ => {
            let shown = escape(char.encode_utf8(&mut [0; 4]));
            let columns = shown.chars().filter_map(UnicodeWidthChar::width).sum();
            (shown, columns)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, at: &str, expected: [&str; 2]) {
        assert_eq!(excerpt(line, line.find(at).unwrap()), expected);
    }

    #[test]
    fn the_caret_stands_below_the_place() {
        check("int f(int, foo)", "foo", ["int f(int, foo)", "           ^"]);
        check("int f(", "int", ["int f(", "^"]);
        assert_eq!(excerpt("int f(", 6), ["int f(", "      ^"]);
        assert_eq!(excerpt("", 0), ["", "^"]);
        // A place inside a character, or after the line's end.
        assert_eq!(excerpt("é", 1), ["é", "^"]);
        assert_eq!(excerpt("é", 9), ["é", " ^"]);
    }

    #[test]
    fn tabs_and_wide_characters_take_their_columns() {
        check("\tint\t@", "@", ["    int    @", "           ^"]);
        check("int 漢字, é, e\u{301} @", "@", ["int 漢字, é, e\u{301} @", "               ^"]);
        check("a\u{1b}[m\u{202e}@", "@", ["a\\u001b[m\\u202e@", "               ^"]);
        check("\r/* a\r\r */ b@\r", "@", ["\\r/* a\\r\\r */ b@\\r", "               ^"]);
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let long = "x".repeat(300) + "@" + &"y".repeat(300);
        let [line, caret] = excerpt(&long, 300);
        assert_eq!(line, format!("…{}@{}…", "x".repeat(49), "y".repeat(24)));
        assert_eq!(caret, " ".repeat(50) + "^");
        let fits = "x".repeat(50) + &"y".repeat(26);
        assert_eq!(excerpt(&fits, 50), [fits.clone(), caret]);
        let wide = "漢".repeat(300);
        let [line, caret] = excerpt(&wide, 300);
        assert_eq!(line, format!("…{}…", "漢".repeat(24 + 13)));
        assert_eq!(caret, " ".repeat(49) + "^");
    }

    #[test]
    fn characters_without_a_width_are_cut_too() {
        let marks = "\u{301}".repeat(1000);
        let [line, caret] = excerpt(&format!("e{marks}@{marks}"), 1 + 2 * 1000);
        let marks = &marks[..2 * (MAX_CHARS - 2)];
        assert_eq!((&*line, &*caret), (&*format!("…{marks}\u{301}@{marks}…"), " ^"));
        let fits = format!("{}@", "\u{301}".repeat(MAX_CHARS));
        assert_eq!(excerpt(&fits, fits.len() - 1), [fits, "^".to_owned()]);
    }
}
