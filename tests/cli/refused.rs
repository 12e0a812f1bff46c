//! Calls that are refused, each with its reason: one line on standard error, exit code 1.

use std::fs;

use hotcall_testing::compiler::Compiler;

use crate::{LABEL, NEST, NUMBER, POINT, VARIANT, fails, fails_with, fixture, hotcall};

#[test]
fn the_number_of_arguments_is_checked() {
    fails("int same_i32(int)", &[], "cannot call same_i32: it takes 1 argument, and 0 are given");
    fails("int same_i32(int)", &["1", "2"], "cannot call same_i32: it takes 1 argument, and 2 are given");
    fails("void nothing(void)", &["1"], "cannot call nothing: it takes 0 arguments, and 1 is given");
    let printf = "int printf(const char *, ...)";
    fails(printf, &[], "cannot call printf: it takes at least 1 argument, and 0 are given");
    for option in ["--errno", "--help", "-h"] {
        fails(
            "double same_f64(double)",
            &["-1", option],
            &format!(
                "cannot call same_f64: it takes 1 argument, and 2 are given (options stand before the declaration: {option} \
                 is an argument here)"
            ),
        );
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for (declaration, argument, message) in [
        ("uint8_t same_u8(uint8_t)", "256", "(u8): 256 is out of range 0..=255"),
        ("uint8_t same_u8(uint8_t)", "-1", "(u8): -1 is out of range 0..=255"),
        ("int8_t same_i8(int8_t)", "128", "(i8): 128 is out of range -128..=127"),
        ("int8_t same_i8(int8_t)", "-129", "(i8): -129 is out of range -128..=127"),
        ("uint16_t same_u16(uint16_t)", "65536", "(u16): 65536 is out of range 0..=65535"),
        ("int16_t same_i16(int16_t)", "-32769", "(i16): -32769 is out of range -32768..=32767"),
        ("uint32_t same_u32(uint32_t)", "4294967296", "(u32): 4294967296 is out of range 0..=4294967295"),
        ("int same_i32(int)", "2147483648", "(i32): 2147483648 is out of range -2147483648..=2147483647"),
        (
            "int64_t same_i64(int64_t)",
            "9223372036854775808",
            "(i64): 9223372036854775808 is out of range -9223372036854775808..=9223372036854775807",
        ),
        (
            "uint64_t same_u64(uint64_t)",
            "18446744073709551616",
            "(u64): 18446744073709551616 is out of range 0..=18446744073709551615",
        ),
        ("uint64_t same_u64(uint64_t)", "1e400", "(u64): 1e400 is out of range 0..=18446744073709551615"),
        ("void *same_pointer(void *)", "-1", "(pointer): -1 is out of range 0..=18446744073709551615"),
        (
            "int64_t same_i64(int64_t)",
            "9.223372036854775808e18",
            "(i64): 9.223372036854775808e18 is out of range -9223372036854775808..=9223372036854775807",
        ),
        ("float same_f32(float)", "1e39", "(f32): 1e39 is too large for f32"),
        ("double same_f64(double)", "-1e309", "(f64): -1e309 is too large for f64"),
        ("bool same_bool(bool)", "2", "(bool): 2 is not true, false, 1 or 0"),
    ] {
        let symbol = declaration.split(['(', ' ', '*']).find(|word| word.starts_with("same")).unwrap();
        fails(declaration, &[argument], &format!("cannot call {symbol}: argument 1 {message}"));
    }
}

#[test]
fn arguments_of_another_kind_are_refused() {
    for (declaration, argument, message) in [
        ("int same_i32(int)", "1.5", "(i32): 1.5 is not a whole number"),
        ("int same_i32(int)", "0.99999999999999999999", "(i32): 0.99999999999999999999 is not a whole number"),
        ("int same_i32(int)", "1e-99999999999999999999", "(i32): 1e-99999999999999999999 is not a whole number"),
        ("int same_i32(int)", "NaN", "(i32): NaN is not a whole number"),
        ("int same_i32(int)", "-Infinity", "(i32): -Infinity is out of range -2147483648..=2147483647"),
        ("int same_i32(int)", "abc", "(i32): \"abc\" is not a number"),
        ("int same_i32(int)", "", "(i32): \"\" is not a number"),
        (
            "int same_i32(int)",
            "08",
            "(i32): 08 begins with 0, and so is octal, where 8 and 9 are not digits: write it without the 0",
        ),
        (
            "double same_f64(double)",
            "-019",
            "(f64): -019 begins with 0, and so is octal, where 8 and 9 are not digits: write it without the 0",
        ),
        (
            "int same_i32(int)",
            "1|08",
            "(i32): 08 begins with 0, and so is octal, where 8 and 9 are not digits: write it without the 0",
        ),
        ("uint8_t same_u8(uint8_t)", "0400", "(u8): 0400 is out of range 0..=255"),
        ("int same_i32(int)", "12a", "(i32): \"12a\" is not a number"),
        ("int same_i32(int)", "0x", "(i32): \"0x\" is not a number"),
        ("int same_i32(int)", "true", "(i32): \"true\" is not a number"),
        ("int same_i32(int)", "null", "(i32): \"null\" is not a number"),
        ("int same_i32(int)", "buffer:4", "(i32): \"buffer:4\" is not a number"),
        ("double same_f64(double)", "infinity", "(f64): \"infinity\" is not a number"),
        ("bool same_bool(bool)", "yes", "(bool): \"yes\" is not true or false"),
        ("void *same_pointer(void *)", "word", "(pointer): \"word\" is not an address or null"),
        ("void *same_pointer(void *)", "1.5", "(pointer): 1.5 is not a whole number"),
    ] {
        let symbol = declaration.split(['(', ' ', '*']).find(|word| word.starts_with("same")).unwrap();
        fails(declaration, &[argument], &format!("cannot call {symbol}: argument 1 {message}"));
    }
    fails(
        "int called(int (*function)(int), int x)",
        &["puts", "1"],
        "cannot call called: argument 1 function (function): \"puts\" is neither null, an address nor a callback \
         (print, print:PROTOTYPE, compare:TYPE)",
    );
    fails(
        "size_t length(const char *)",
        &["buffer:999999999999"],
        "cannot call length: argument 1 (text): no memory for a buffer of 999999999999 bytes",
    );
    // The second argument by its number.
    fails(
        "int is_null(const char *, int x)",
        &["a", "b"],
        "cannot call is_null: argument 2 x (i32): \"b\" is not a number",
    );
}

#[test]
fn malformed_structs_name_the_member() {
    for (declaration, argument, message) in [
        (POINT, r#"{"x": 1}"#, "member y is missing"),
        (POINT, r#"{"x": 1, "y": 2, "z": 3}"#, "there is no member z, only x, y"),
        (POINT, r#"{"x": 1, "y": 2, "\u0078": 3}"#, "member x is given twice"),
        (POINT, "[1]", "the length is 1, not 2"),
        (POINT, "[1, 2, 3]", "the length is 3, not 2"),
        (POINT, r#"{"x": "one", "y": 2}"#, "member x (f64): \"one\" is not a number"),
        (POINT, r#"{"x": true, "y": 2}"#, "member x (f64): true is not a number"),
        (POINT, r#"[1, null]"#, "member y (f64): null is not a number"),
        (POINT, "17", "17 is not an object or an array"),
        (POINT, "null", "null is not an object or an array"),
        (NUMBER, "{}", "a union takes one member, not 0: name one of i, f, bytes"),
        (NUMBER, r#"{"i": 1, "f": 1}"#, "a union takes one member, not 2: name one of i, f, bytes"),
        (NUMBER, "[1]", "[1] is not an object that names a member"),
        (NUMBER, r#"{"d": 1}"#, "there is no member d, only i, f, bytes"),
        (NUMBER, r#"{"bytes": [1, 2]}"#, "member bytes (u8[8]): the length is 2, not 8"),
        (NUMBER, r#"{"bytes": 3}"#, "member bytes (u8[8]): 3 is not an array"),
        (NUMBER, r#"{"bytes": [0, 0, 0, 0, 0, 0, 0, 256]}"#, "member bytes[7] (u8): 256 is out of range 0..=255"),
        (
            NEST,
            r#"{"tag": 1, "pairs": [[[1, 2, 3], [1, 2]], {"b": [1, -2, 3], "p": [1, 2]}], "u": {"i": 1}}"#,
            "member pairs[1].b[1] (u8): -2 is out of range 0..=255",
        ),
        (
            NEST,
            r#"{"tag": 1, "pairs": [[[1, 2, 3], [1, 2]], {"b": [1, 2, 3], "p": {"x": 1}}], "u": {"i": 1}}"#,
            "member pairs[1].p (struct point): member y is missing",
        ),
        (
            LABEL,
            r#"{"id": 18446744073709551616, "text": null, "data": null, "weight": 1, "on": true}"#,
            "member id (u64): 18446744073709551616 is out of range 0..=18446744073709551615",
        ),
        (
            LABEL,
            r#"{"id": 1.5, "text": null, "data": null, "weight": 1, "on": true}"#,
            "member id (u64): 1.5 is not a whole number",
        ),
        (
            LABEL,
            r#"{"id": 1, "text": 5, "data": null, "weight": 1, "on": true}"#,
            "member text (text): 5 is not a text or null",
        ),
        (
            LABEL,
            r#"{"id": 1, "text": "a\u0000b", "data": null, "weight": 1, "on": true}"#,
            "member text (text): a text cannot hold a zero character",
        ),
        (
            LABEL,
            r#"{"id": 1, "text": null, "data": "x", "weight": 1, "on": true}"#,
            "member data (pointer): \"x\" is not an address or null",
        ),
        (
            LABEL,
            r#"{"id": 1, "text": null, "data": null, "weight": 1e39, "on": true}"#,
            "member weight (f32): 1e39 is too large for f32",
        ),
        (
            LABEL,
            r#"{"id": 1, "text": null, "data": null, "weight": 1, "on": "true"}"#,
            "member on (bool): \"true\" is not true or false",
        ),
        (
            VARIANT,
            r#"{"kind": 1, "i": 7, "d": 1, "a": 2, "b": 3}"#,
            "a union takes one member, not 2: name one of i, d",
        ),
        (
            NEST,
            r#"{"tag": 1, "pairs": [[[1, 2, 3], {"y": 1, "y": 1}], []], "u": {"i": 1}}"#,
            "member pairs[0].p (struct point): member y is given twice",
        ),
        (POINT, r#""\ud800""#, r#""\ud800" is not an object or an array"#),
        (VARIANT, r#"{"kind": 1, "i": 7, "a": 2}"#, "member b is missing"),
    ] {
        let ty = match declaration {
            POINT => "swap: argument 1 p (struct point)",
            NUMBER => "same_number: argument 1 (union number)",
            NEST => "reverse: argument 1 (struct nest)",
            LABEL => "same_label: argument 1 (struct label)",
            _ => "same_variant: argument 1 (struct variant)",
        };
        fails(declaration, &[argument], &format!("cannot call {ty}: {message}"));
    }
    let output = hotcall(&["call", fixture(), POINT, "{x: 1}"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("hotcall: cannot call swap: argument 1 p (struct point): {x: 1} is not JSON for a struct: "),
        "{stderr}"
    );
    assert!(stderr.ends_with("at line 1 column 2\n"), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn missing_libraries_and_symbols_are_named() {
    let pow = "double pow(double, double)";
    fails_with(&["call", "libnowhere.so.9", pow, "2", "10"], &["hotcall: cannot load", "libnowhere.so.9"]);
    fails_with(&["call", "./nowhere.so", pow, "2", "10"], &["hotcall: cannot find library ./nowhere.so"]);
    fails_with(&["call", env!("CARGO_MANIFEST_DIR"), pow, "2", "10"], &["is a directory, not a file"]);
    fails_with(&["call", "", pow, "2", "10"], &["the name of the library is empty"]);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixture.c");
    fails_with(&["call", source, pow, "2", "10"], &["hotcall: cannot load", "fixture.c"]);
    fails_with(&["call", "libm.so.6", "double power(double, double)", "2", "10"], &["no symbol", "power", "libm.so.6"]);
}

#[test]
fn bad_declarations_are_refused_with_their_place() {
    for (declaration, parts) in [
        ("double pow(double, double", &["cannot read the declaration: line 1, column "] as &[&str]),
        ("double pow(double,\n  what x)", &["`pow` cannot be used: ", "line 2, column 3", "what"]),
        ("int x;", &["the text declares no function"]),
        ("", &["the text declares no function"]),
        ("long double sinl(long double)", &["`sinl` cannot be used: ", "long double"]),
        (
            r#"{"pow": {"parameters": ["f64", "f65"], "result": "f64"}}"#,
            &["cannot read the declaration: pow.parameters[1]", "f65"],
        ),
        (r#"{"pow": "#, &["cannot read the declaration: ", "line 1, column"]),
        (r#"{"pow": {"type": "f64"}}"#, &["the text declares no function"]),
    ] {
        for command in [&["call", "libm.so.6"] as &[&str], &["explain"]] {
            let begin = format!("hotcall: {}", parts[0]);
            fails_with(&[command, &[declaration]].concat(), &[&[&*begin], &parts[1..]].concat());
        }
    }
}

#[test]
fn messages_quote_little_and_nothing_raw() {
    let long = format!("[{}]", "1,".repeat(500) + "1");
    let start = &long[..59];
    fails(
        NUMBER,
        &[&long],
        &format!("cannot call same_number: argument 1 (union number): {start}… is not an object that names a member"),
    );
    fails(
        "int same_i32(int)",
        &[&"9".repeat(500)],
        &format!(
            "cannot call same_i32: argument 1 (i32): {}… is out of range -2147483648..=2147483647",
            "9".repeat(59)
        ),
    );
    fails(
        "int same_i32(int)",
        &["\u{1b}[31m\n\u{7f}\u{9b}"],
        r#"cannot call same_i32: argument 1 (i32): "\u001b[31m\n\u007f\u009b" is not a number"#,
    );
    fails_with(&["call", fixture(), POINT, "{\u{1b}"], &[r"(struct point): {\u001b is not JSON"]);
    let deno = r#"{"f": {"name": "a\u0000\u001bb", "parameters": [], "result": "void"}}"#;
    fails_with(&["call", fixture(), deno, "1"], &[r"cannot call a\u0000\u001bb: "]);
}

#[test]
fn symbols_that_are_not_functions_are_refused() {
    let begin = "symbol \"environ\" of library libc.so.6 is a variable, not a function";
    fails_with(&["call", "libc.so.6", "int environ(void)"], &[begin]);
    fails_with(&["call", "self", "int environ(void)"], &["symbol \"environ\" of the process is a variable"]);
    for name in ["vfork", "setjmp", "_setjmp", "__sigsetjmp", "getcontext"] {
        let declaration = format!("int {name}(void *)");
        let message = format!("hotcall: function {name:?} of library libc.so.6 cannot be called: it returns twice");
        fails_with(&["call", "libc.so.6", &declaration, "null"], &[&message]);
    }
    let alias = r#"{"f": {"name": "vfork", "parameters": [], "result": "i32"}}"#;
    fails_with(&["call", "libc.so.6", alias], &["function \"vfork\" of library libc.so.6 cannot be called"]);
}

#[test]
fn the_nearest_name_is_suggested() {
    let declaration = "double pwo(double, double)";
    fails_with(&["call", "libm.so.6", declaration, "2", "10"], &["has no symbol \"pwo\"", "; did you mean \"pow\"?"]);
}

/// The compiler's `libm.so` is a text for the linker.
#[test]
fn linker_scripts_name_their_library() {
    let script = Compiler::c().printed(&["-print-file-name=libm.so"]).unwrap();
    let text = fs::read_to_string(script.trim()).expect("glibc's development files have this linker script");
    assert!(text.contains("libm.so.6"), "{text}");
    let parts = ["cannot load library", "is a linker script that refers to", "libm.so.6"];
    fails_with(&["call", script.trim(), "double pow(double, double)", "2", "10"], &parts);
}
