//! Scopes of names in C text (C11 6.2.1): a prototype's tags and enumerators end with it.

use hotcall::Layout;
use hotcall::declare::{Constant, Declarations};

/// Reads a text, and checks that nothing of it is skipped.
#[track_caller]
fn read(text: &str) -> Declarations {
    let declarations = Declarations::from_c(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(declarations.skipped().is_empty(), "{text}: {:?}", declarations.skipped());
    declarations
}

#[track_caller]
fn signature(text: &str, name: &str) -> String {
    let declarations = read(text);
    let declaration = declarations.get(name).unwrap_or_else(|error| panic!("{text}: {error}"));
    declaration.as_function().unwrap().signature.to_string()
}

/// The size of the variable `v`.
#[track_caller]
fn size(text: &str) -> u64 {
    let declarations = read(text);
    let declaration = declarations.get("v").unwrap_or_else(|error| panic!("{text}: {error}"));
    Layout::of(&declaration.as_static().unwrap().ty).unwrap().size.into()
}

fn type_names(declarations: &Declarations) -> Vec<&str> {
    declarations.types().iter().map(|named| named.name()).collect()
}

#[test]
fn prototypes_may_define_the_same_tag() {
    for (text, expected) in [
        ("int f(struct s {int a;} *p); int g(struct s {int a;} *p);", "(pointer) -> i32"),
        ("int f(struct s {int a;} p); int g(struct s {double a;} p);", "(struct s) -> i32"),
        ("int f(union s {int a;} p); int g(struct s {double a;} p);", "(struct s) -> i32"),
        ("int f(enum s {A} p); int g(enum s {A, B} p);", "(u32) -> i32"),
        ("struct s {char c;}; int g(struct s {double a;} *p, struct s q);", "(pointer, struct s) -> i32"),
        (
            "int f(int (*cb)(struct s {int a;} *p)); int g(int (*cb)(struct s {long a;} p), struct s *q);",
            "(function, pointer) -> i32",
        ),
        ("struct t {int (*cb)(struct s {int a;} *p);}; int g(int (*cb)(struct s {int a;} *p));", "(function) -> i32"),
        ("int f(struct s {int a;} *p) { return 0; } int g(struct s {int a;} *p);", "(pointer) -> i32"),
    ] {
        assert_eq!(signature(text, "g"), expected, "{text}");
    }
}

#[test]
fn a_tag_ends_with_its_prototype() {
    assert_eq!(size("struct s {char c;}; int f(struct s {double a;} *p); extern struct s v;"), 1);
    assert_eq!(size("int f(struct s {double a;} p); struct s {char c;}; extern struct s v;"), 1);
    assert_eq!(size("int f(struct s {double a;} p); union s {char c[3];}; extern union s v;"), 3);
    assert_eq!(
        size("struct s {char c;}; int f(struct s {double a;} *p, char (*q)[sizeof(struct s)]); extern struct s v;"),
        1
    );
    let declarations = read("int f(struct s {double a;} p); int g(enum e {A} p);");
    assert!(type_names(&declarations).is_empty(), "{:?}", type_names(&declarations));
}

/// C gives this tag to the prototype alone, and compilers warn. Still the target is known.
#[test]
fn a_tag_that_a_prototype_only_names_is_the_one_that_follows() {
    let text = "int g(struct s *p); int g(struct s *p); struct s {int a;}; int g(struct s *p);";
    assert_eq!(signature(text, "g"), "(pointer) -> i32");
    assert_eq!(type_names(&read(text)), ["struct s"]);
    assert_eq!(size("int f(struct s *p); union s {char c[3];}; extern union s v;"), 3);
    assert_eq!(
        size("int f(struct s *p, int (*cb)(struct s *q, struct s *r)); struct s {char c[3];}; extern struct s v;"),
        3
    );
}

#[test]
fn an_enumerator_ends_with_its_prototype() {
    assert_eq!(size("enum {N = 5}; int f(enum {N = 1} x); extern char v[N];"), 5);
    assert_eq!(
        size(
            "enum {N = 5}; int f(int (*cb)(enum {N = 1} x, enum {M = N} y), int (*q)(enum {N = 2} x)); extern char v[N];"
        ),
        5
    );
    assert_eq!(signature("int g(enum {N = 3} x, struct {char c[N];} y);", "g"), "(u32, struct {i8[3]}) -> i32");
    let declarations = read("int f(enum {N = 1} x); enum {M = 2}; int g(enum {M = 3} x);");
    let constants: Vec<_> = declarations.constants().collect();
    assert_eq!(constants, [("M", &Constant::Int(2))]);
    assert!(Declarations::from_c("int f(enum {N = 1} x); extern char v[N];").unwrap().get("v").is_err());
}

/// A tag of one kind is not one of another kind in the scope that declares it (C11 6.7.2.3p3).
#[test]
fn a_tag_has_one_kind_in_its_scope() {
    for text in ["struct s; union s *f(void);", "struct s; union s {int a;};", "struct s {int a;}; struct s {int a;};"]
    {
        assert!(Declarations::from_c(text).is_err(), "{text}");
    }
    let text = "int f(struct s *p, union s *q);";
    assert!(Declarations::from_c(text).unwrap().get("f").unwrap_err().to_string().contains("`s`"), "{text}");
}
