//! Preprocessor lines (C11 6.10). Conditions need the preprocessor itself.

use std::ops::Range;

use super::fault::Fault;
use super::lex::{after_space, word_len};

/// Headers of C and POSIX. Their names are known, or become errors when they are used. The contents of other headers
/// are not known, and may change layouts, like `pshpack1.h`.
#[rustfmt::skip]
const STANDARD: [&str; 45] = [
    "assert", "ctype", "dirent", "dlfcn", "errno", "fcntl", "fenv", "float", "inttypes", "iso646", "limits",
    "locale", "math", "netdb", "poll", "pthread", "sched", "semaphore", "setjmp", "signal", "stdalign", "stdarg",
    "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "strings", "sys/cdefs",
    "sys/ioctl", "sys/mman", "sys/socket", "sys/stat", "sys/time", "sys/types", "sys/uio", "sys/wait", "time", "uchar", "unistd", "wchar", "wctype",
];

/// Returns true if `<name.h>` follows, of a standard header.
fn is_standard(text: &str) -> bool {
    let name = text.strip_prefix('<').and_then(|text| text.split_once(".h>"));
    name.is_some_and(|(name, rest)| STANDARD.contains(&name) && after_space(rest).is_empty())
}

/// The request of a directive.
pub(super) enum Directive<'t> {
    /// The name of a macro, and the text after it.
    Define(&'t str),
    Undefine(&'t str),
    Pragma(&'t str),
    /// A line marker of the preprocessor's output.
    LineMarker,
    Ignored,
}

impl<'t> Directive<'t> {
    /// Reads a directive, a whole line.
    pub(super) fn read(text: &'t str, line: Range<usize>) -> Result<Self, Fault> {
        let at = line.start;
        let text = &text[line];
        let line = after_space(text.strip_prefix("%:").unwrap_or_else(|| &text[1..]));
        let (name, rest) = line.split_at(word_len(line));
        let rest = after_space(rest);
        Ok(match name {
            "define" => Self::Define(rest),
            "undef" => Self::Undefine(&rest[..word_len(rest)]),
            "pragma" => Self::Pragma(rest),
            "include" if is_standard(rest) => Self::Ignored,
            "include" | "include_next" | "import" | "embed" | "if" | "ifdef" | "ifndef" | "elif" | "else" | "endif"
            | "error" | "elifdef" | "elifndef" => {
                let problem = format!("`#{name}` needs a preprocessor; give its output instead (cc -E -P)");
                return Err(Fault::fatal(at, problem));
            }
            "line" | "ident" | "sccs" | "warning" | "assert" | "unassert" => Self::Ignored,
            _ if line.starts_with(|c: char| c.is_ascii_digit()) => Self::LineMarker,
            _ if line.is_empty() => Self::Ignored,
            _ => return Err(Fault::fatal(at, "an unknown directive")),
        })
    }
}
