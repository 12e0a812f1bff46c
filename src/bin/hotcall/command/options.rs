//! The end of the options of `hotcall call`: every word after the declaration is an argument of the function, even if
//! it looks like an option.

use std::ffi::{OsStr, OsString};

/// Ends the options.
const END: &str = "--";

/// The options, which stand before the declaration.
const OPTIONS: [&str; 8] = ["--errno", "--json", "--help", "-h", "--header", "--function", "-I", "-D"];

/// The options that take the next word as their value.
const WITH_VALUES: [&str; 4] = ["--header", "--function", "-I", "-D"];

/// Puts `--` after the declaration of a call, unless one stands there or before it. The first word is the program's
/// name.
pub(crate) fn end_behind_declaration(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_some_and(|command| command == "call") {
        let behind = declaration(&words).map(|index| index + 1);
        if let Some(behind) = behind.filter(|&behind| words.get(behind).is_none_or(|word| word != END)) {
            words.insert(behind, END.into());
        }
    }
    words
}

/// The index of the second word after the command that is neither an option nor its value; `None` if `--` comes first.
fn declaration(words: &[OsString]) -> Option<usize> {
    let mut found = 0;
    let mut index = 2;
    while let Some(word) = words.get(index).filter(|word| *word != END) {
        if WITH_VALUES.iter().any(|option| word == option) {
            index += 1;
        } else if !is_option(word) {
            found += 1;
            if found == 2 {
                return Some(index);
            }
        }
        index += 1;
    }
    None
}

fn is_option(word: &OsStr) -> bool {
    let bytes = word.as_encoded_bytes();
    bytes.len() > 1 && bytes.starts_with(b"-")
}

/// An option among the arguments, alone or with its value (`--header=FILE`), where it is not read as an option.
pub(crate) fn among(arguments: &[OsString]) -> Option<&'static str> {
    let is = |word: &OsString, option: &str| {
        let behind = word.as_encoded_bytes().strip_prefix(option.as_bytes());
        behind.is_some_and(|behind| behind.is_empty() || (option.starts_with("--") && behind.starts_with(b"=")))
    };
    OPTIONS.into_iter().find(|option| arguments.iter().any(|word| is(word, option)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_end_behind_the_declaration_of_a_call() {
        for (given, ended) in [
            ("hotcall", "hotcall"),
            ("hotcall call", "hotcall call"),
            ("hotcall call --help", "hotcall call --help"),
            ("hotcall call lib --errno", "hotcall call lib --errno"),
            ("hotcall call lib decl", "hotcall call lib decl --"),
            ("hotcall call lib decl -h", "hotcall call lib decl -- -h"),
            ("hotcall call lib decl -- -h", "hotcall call lib decl -- -h"),
            ("hotcall call --errno lib --errno decl 1 -h", "hotcall call --errno lib --errno decl -- 1 -h"),
            ("hotcall call lib --header a.h decl -h", "hotcall call lib --header a.h decl -- -h"),
            ("hotcall call lib --header=a.h -Idir -D A decl -h", "hotcall call lib --header=a.h -Idir -D A decl -- -h"),
            ("hotcall call --function f lib decl -D", "hotcall call --function f lib decl -- -D"),
            ("hotcall call lib decl --header", "hotcall call lib decl -- --header"),
            ("hotcall call lib --header", "hotcall call lib --header"),
            ("hotcall call lib -- decl -h", "hotcall call lib -- decl -h"),
            ("hotcall call -- lib decl -h", "hotcall call -- lib decl -h"),
            ("hotcall explain decl 1 --json", "hotcall explain decl 1 --json"),
        ] {
            let words = given.split(' ').map(OsString::from).collect();
            assert_eq!(end_behind_declaration(words).join(OsStr::new(" ")), *ended, "{given}");
        }
    }
}
