//! The types and constants that a text declares by name.

use hotcall::declare::{Constant, DeclarationError};

use super::read;

#[test]
fn types_have_names_sizes_and_reasons() {
    let declarations = read(
        "struct point { double x; float y; }; typedef struct point point, *points; union u { char c[3]; short s; };
         enum e { A, B = 1ull << 40 }; typedef struct { int a; } anonymous; struct incomplete; typedef struct later later;
         struct bits { int a : 3; char b; }; typedef long double wide; typedef int call(int); struct later { char c[5]; };
         typedef char high __attribute__((aligned(8))); struct { int z; } variable; typedef unsigned numbers[3];
         struct bad { int a b; };",
    );
    let shown: Vec<String> = declarations
        .types()
        .iter()
        .map(|named| {
            let extent = named.size().zip(named.align()).map(|(size, align)| format!("{size}/{align}"));
            let ty = named.ty().map_or_else(|error| error.to_string(), ToString::to_string);
            format!("{}: {ty} {}", named.name(), extent.unwrap_or_default())
        })
        .collect();
    let bits = "`struct bits` cannot be used: `struct bits` has bit-fields, which cannot be passed 4/4";
    let wide = if cfg!(target_os = "linux") { "16/16" } else { "8/8" };
    let wide = format!("wide: `wide` cannot be used: `long double` cannot be passed {wide}");
    let bad = "`struct bad` cannot be used: line 5, column 29: this is not understood as a member, near `b; };` ";
    assert_eq!(
        shown,
        [
            "struct point: struct point 16/8",
            "union u: union u 4/2",
            "enum e: u64 8/8",
            "struct incomplete: `struct incomplete` cannot be used: `struct incomplete` is incomplete ",
            "struct later: struct later 5/1",
            &format!("struct bits: {bits}"),
            &format!("struct bad: {bad}"),
            "point: struct point 16/8",
            "points: pointer 8/8",
            "anonymous: struct anonymous 4/4",
            "later: struct later 5/1",
            &wide,
            "call: `call` cannot be used: a function has no value ",
            "high: i8 1/8",
            "numbers: u32[3] 12/4",
        ]
    );
    let error = declarations.types()[3].ty().unwrap_err();
    assert!(matches!(error, DeclarationError::Unsupported { symbol, .. } if *symbol == *"struct incomplete"));
}

/// A long text may have many macros, each of which takes a few steps. Macros that double their length are refused.
#[test]
fn macros_take_work_in_proportion_to_the_text() {
    let many: String =
        (0..60_000).map(|i| format!("#define VALUE_{i} ((int)BASE + SIZE * {i} + SIZE + SIZE)\n")).collect();
    let text = format!("#define BASE (1 + 2 * SIZE)\n#define SIZE (8 + 8)\n{many}");
    let declarations = read(&text);
    assert_eq!(declarations.constants().len(), 60_002);
    assert_eq!(declarations.constants().last().unwrap().1, &Constant::Int(33 + 16 * 59_999 + 32));
    assert!(declarations.skipped().is_empty());
    let doubled: String = (0..40).map(|i| format!("#define D{} D{i} + D{i}\n", i + 1)).collect();
    let declarations = read(&format!("#define D0 1\n{doubled}int f(int);"));
    assert!(declarations.get("f").is_ok());
    let (known, note) = (declarations.constants().len(), declarations.skipped());
    assert!((10..30).contains(&known) && note.len() == 1, "{known}, {note:?}");
    assert!(note[0].to_string().contains("the macros stand for too much"), "{}", note[0]);
}

/// As in `enum { LAST }; #define LAST (LAST - 1)`: the name stands for the macro.
#[test]
fn a_macro_takes_the_place_of_an_enumerator() {
    let text = "enum { A, B, LAST, OTHER, GONE, CALL };
#define LAST (LAST - 1)
#define A A
#define OTHER unknown
#define GONE 7
#undef GONE
#define CALL(x) x
";
    let declarations = read(text);
    let all: Vec<_> = declarations.constants().map(|(name, value)| (name, value.clone())).collect();
    let int = Constant::Int;
    assert_eq!(all, [("A", int(0)), ("B", int(1)), ("GONE", int(4)), ("CALL", int(5)), ("LAST", int(1))]);
}

#[test]
fn constants_have_values() {
    let declarations = read(
        r#"enum { A = 3, B, C = -1, D = 1ull << 63, BAD = unknown }; constexpr int K = 7; enum small : unsigned char { S = 255 };
#define PLAIN 5
#define SUM (A + PLAIN * 2)
#define NEGATIVE -1
#define RATIO 2.5e3
#define HALF (RATIO / 2)
#define NAME "hotcall"
#define ESCAPED "a\tb" "\x41\0é\""
#define WIDE L"x"
#define EMPTY
#define CALL(x) x
#define TYPE unsigned int
#define BROKEN (1 +
#define OTHER unknown
#define TWICE 1
#define TWICE 2
#define GONE 1
#undef GONE
#define SIZE sizeof(struct s)
#define LOOP LOOP2
#define LOOP2 LOOP
#define CHARACTER 'x'
#define SHIFTED 1 << 4
#define CAST ((unsigned char)-1)
#define TRAILING 1 2
#define ALIAS NAME
#define JOINED "<" ALIAS ">" MORE
#define MORE "!"
#define STUCK "a" STUCK
#define MIXED NAME 1
struct s { char c[9]; };
"#,
    );
    let all: Vec<_> = declarations.constants().map(|(name, value)| (name, value.clone())).collect();
    let int = Constant::Int;
    let text = |text: &str| Constant::Text(text.as_bytes().into());
    assert!(all.iter().all(|(name, value)| declarations.constant(name) == Some(value)));
    assert_eq!(declarations.constant("GONE"), None);
    assert_eq!(declarations.get("SUM").unwrap_err().to_string(), "`SUM` cannot be used: it is a constant");
    assert_eq!(
        all,
        [
            ("A", int(3)),
            ("B", int(4)),
            ("C", int(-1)),
            ("D", int(1 << 63)),
            ("K", int(7)),
            ("S", int(255)),
            ("PLAIN", int(5)),
            ("SUM", int(13)),
            ("NEGATIVE", int(-1)),
            ("RATIO", Constant::Float(2500.0)),
            ("HALF", Constant::Float(1250.0)),
            ("NAME", text("hotcall")),
            ("ESCAPED", text("a\tbA\0é\"")),
            ("TWICE", int(2)),
            ("SIZE", int(9)),
            ("CHARACTER", int(120)),
            ("SHIFTED", int(16)),
            ("CAST", int(255)),
            ("ALIAS", text("hotcall")),
            ("JOINED", text("<hotcall>!")),
            ("MORE", text("!")),
        ]
    );
}

#[test]
fn names_of_types_are_read_with_the_types_declared() {
    let declarations = read(
        "struct point { double x, y; }; typedef struct point point; typedef struct { char c[3]; } small; union u { int i; };
         enum e { A = -1 }; typedef int numbers[3]; typedef char letter; typedef long double wide; struct incomplete;
         typedef int call(int);",
    );
    for (name, expected) in [
        ("struct point", "struct point"),
        ("point", "struct point"),
        ("const struct point *", "pointer"),
        ("point *const *", "pointer"),
        ("small", "struct small"),
        ("union u", "union u"),
        ("enum e", "i32"),
        ("numbers", "i32[3]"),
        ("small[2]", "struct small[2]"),
        ("letter", "i8"),
        ("letter *", "text"),
        ("call *", "function"),
        ("int (*)(point, numbers)", "function"),
        ("unsigned long long", "u64"),
        ("char[sizeof(struct point)]", "i8[16]"),
        ("struct incomplete *", "pointer"),
        ("wide *", "pointer"),
    ] {
        assert_eq!(declarations.parse_type(name).map(|ty| ty.to_string()).as_deref(), Ok(expected), "{name}");
    }
    for (name, problem) in [
        ("unseen", "unknown type `unseen`"),
        ("wide", "`long double` cannot be passed"),
        ("struct incomplete", "incomplete"),
        ("struct point { int a; }", "`point` is declared before"),
        ("int x", "line 1, column 5: this is not understood as a type"),
        ("int;", "this is not understood as a type"),
        ("int (", "never closed"),
        ("", "line 1, column 1: a type is expected here"),
        ("void", "`void` has no value"),
        ("call", "a function has no value"),
    ] {
        let error = declarations.parse_type(name).unwrap_err().to_string();
        assert!(error.contains(problem), "{name}: {error}");
    }
    assert!(matches!(declarations.parse_type(&"*".repeat(5000)), Err(DeclarationError::TooLong { .. })));
}
