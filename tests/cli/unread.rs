//! Declarations that cannot be read: the line is shown with a caret below the place.

use crate::{check_fails, fixture};

/// Reads a declaration, which fails with this message, line and caret.
#[track_caller]
fn shows(declaration: &str, message: &str, line: &str, caret: &str) {
    shows_of_function(declaration, &format!("cannot read the declaration: {message}"), line, caret);
}

/// Asks for the function of a declaration, which fails with this message, line and caret.
#[track_caller]
fn shows_of_function(declaration: &str, message: &str, line: &str, caret: &str) {
    let expected = format!("{message}\n  {line}\n  {caret}");
    check_fails(&["explain", declaration], &expected);
    check_fails(&["call", fixture(), declaration], &expected);
}

#[test]
fn the_place_has_a_caret() {
    shows_of_function(
        "int f(int, foo)",
        "`f` cannot be used: argument 2: line 1, column 12: unknown type `foo`, near `foo)`",
        "int f(int, foo)",
        "           ^",
    );
    shows("int f(int", "line 1, column 6: `(` is never closed, near `(int`", "int f(int", "     ^");
    shows(
        "typedef int t;\nstruct s { t x };\nint f(struct s, t)]",
        "line 3, column 19: `]` closes nothing, near `]`",
        "int f(struct s, t)]",
        "                  ^",
    );
    shows(
        "int t(int);\ndouble t;",
        "line 2, column 8: `t` is declared before as something else",
        "double t;",
        "       ^",
    );
    shows(
        "#if 1\n",
        "line 1, column 1: `#if` needs a preprocessor; give its output instead (cc -E -P), near `#if 1`",
        "#if 1",
        "^",
    );
}

#[test]
fn the_caret_stands_right_behind_tabs_and_wide_characters() {
    shows("\tint\tf)", "line 1, column 7: `)` closes nothing, near `)`", "    int    f)", "            ^");
    shows(
        "/* 漢字 grün e\u{301} */ int f)",
        "line 1, column 29: `)` closes nothing, near `)`",
        "/* 漢字 grün e\u{301} */ int f)",
        "                       ^",
    );
    shows(
        "/* \u{1b}[31m \u{202e} \r*/ int f)",
        "line 1, column 23: `)` closes nothing, near `)`",
        "/* \\u001b[31m \\u202e \\r*/ int f)",
        "                               ^",
    );
}

#[test]
fn long_lines_are_cut_around_the_caret() {
    let many = "int a, ".repeat(1000);
    shows(
        &format!("int f({many}int a]);"),
        "line 1, column 7012: `]` closes nothing, near `]);`",
        "…, int a, int a, int a, int a, int a, int a, int a]);",
        "                                                  ^",
    );
}

#[test]
fn json_has_its_place_too() {
    shows(
        r#"{"pow": {"parameters": ["f64", "f65"], "result": "f64"}}"#,
        "pow.parameters[1] (line 1, column 36): unknown type `f65`",
        r#"{"pow": {"parameters": ["f64", "f65"], "result": "f64"}}"#,
        "                                   ^",
    );
    shows("{\"pow\":\n {", "pow (line 2, column 2): EOF while parsing an object", " {", " ^");
}

#[test]
fn line_markers_name_the_place() {
    shows("# 7 \"a.h\"\n\nint f)", "a.h: line 8: `)` closes nothing, near `)`", "int f)", "     ^");
    let last = usize::MAX;
    shows(
        &format!("# {last} \"a.h\"\n\nint f)"),
        &format!("a.h: line {last}: `)` closes nothing, near `)`"),
        "int f)",
        "     ^",
    );
}

#[test]
fn prototypes_of_callbacks_have_theirs() {
    check_fails(
        &["call", fixture(), "int called(int (*)(int), int)", "print:int f(\nint x y)", "1"],
        "cannot call called: argument 1 (function): the prototype: `f` cannot be used: argument 1: line 2, column 7: \
         this is not understood as a parameter, near `y)`\n  int x y)\n        ^",
    );
}
