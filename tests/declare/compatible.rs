//! Random declarators. Two declarations of a name conflict exactly if the compiler's `__builtin_types_compatible_p` says that
//! their types are not compatible. So both the reading of declarators and the comparison of types are tried.

use hotcall::Library;
use hotcall::declare::{DeclarationError, Declarations};
use hotcall_testing::fixture::shared_object;
use hotcall_testing::random::Random;

use super::one_of;

const TYPES: &str = "typedef int T; typedef char *P; typedef int F(int); typedef int A[3]; struct s { int a; };\n";

/// A writer of random declarations, the same in every run.
struct Writer(Random);

impl Writer {
    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        one_of(&mut self.0, all)
    }

    fn parameters(&mut self) -> String {
        let all = [
            "",
            "void",
            "int",
            "const int",
            "T",
            "char *",
            "P",
            "const char *",
            "char *const",
            "int [3]",
            "A",
            "int [*]",
            "int (int)",
            "F",
            "int (T)",
            "int (x)",
            "int ((x))(int)",
            "int (*)(int)",
            "int *(x)",
            "struct s *",
            "double",
            "int, ...",
            "int, P",
            "T (x), char *(y)",
            "int (*)(int (T), char)",
            "int (*x[2])(int)",
            "int (**)(T)",
        ];
        self.of(&all).to_owned()
    }

    /// A declaration of `name`. The outermost type does not have qualifiers, because the compiler's answer ignores them.
    fn declaration(&mut self, name: &str) -> String {
        let mut declarator = name.to_owned();
        let mut last = "";
        for depth in 0..self.0.below(4) {
            let derived = match last {
                "array" => self.of(&["pointer", "array"]),
                "function" => "pointer",
                _ => self.of(&["pointer", "array", "function"]),
            };
            declarator = match derived {
                "pointer" => {
                    let qualified = last == "pointer" && self.0.below(4) == 0;
                    let inside = format!("*{}{declarator}", if qualified { "const " } else { "" });
                    // Parentheses that a declarator may need, and some more.
                    if self.0.below(5) == 0 { format!("((({inside})))") } else { format!("({inside})") }
                }
                "array" => {
                    format!("{declarator}[{}]", if depth == 0 { self.of(&["", "2", "1 + 1", "3"]) } else { "2" })
                }
                _ => format!("{declarator}({})", self.parameters()),
            };
            last = derived;
        }
        let bases: &[&str] = match last {
            "pointer" => &["int", "T", "const int", "int const", "char", "const char", "P", "struct s", "F", "A"],
            "array" => &["int", "T", "char", "P", "struct s", "A"],
            "function" => &["int", "T", "char", "P", "struct s"],
            _ => &["int", "T", "char", "P", "struct s", "F", "A", "signed", "double"],
        };
        format!("extern {} {declarator};", self.of(bases))
    }
}

#[test]
fn conflicts_are_those_of_the_compiler() {
    let mut writer = Writer(Random::new(20_261_130));
    let declarations: Vec<_> = (0..150)
        .map(|index| {
            let marked = writer.declaration("NAME");
            (marked.replace("NAME", &format!("x{index}")), marked)
        })
        .collect();
    let pairs: Vec<(usize, usize)> = (0..declarations.len()).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
    let all: String = declarations.iter().map(|(numbered, _)| format!("{numbered}\n")).collect();
    let answers: Vec<_> = pairs
        .iter()
        .map(|(a, b)| format!("__builtin_types_compatible_p(__typeof__(x{a}), __typeof__(x{b}))"))
        .collect();
    let source = format!("{TYPES}{all}const unsigned char answers[] = {{ {} }};", answers.join(",\n"));
    // SAFETY: the library has no initialisers.
    let library = unsafe { Library::open(shared_object(&source)) }.unwrap();
    let answers: *const u8 = library.symbol("answers").unwrap().cast();
    // SAFETY: the array has an element for each pair, and the library stays open while the slice is used.
    let answers = unsafe { std::slice::from_raw_parts(answers, pairs.len()) };
    let mut compatible = 0;
    for (&(a, b), &answer) in pairs.iter().zip(answers) {
        let text = format!("{TYPES}{}\n{}", declarations[a].1, declarations[b].1);
        let read = Declarations::from_c(&text);
        match &read {
            Ok(read) => assert!(read.skipped().is_empty(), "{text}: {:?}", read.skipped()),
            Err(error) => assert!(matches!(error, DeclarationError::Conflict { .. }), "{text}: {error}"),
        }
        assert_eq!(read.is_ok(), answer == 1, "{text}");
        compatible += usize::from(answer);
    }
    assert!(compatible > 100 && compatible < pairs.len() / 2, "{compatible} of {}", pairs.len());
}
