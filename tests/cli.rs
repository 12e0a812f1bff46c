//! The command line as its users see it: words in, text and exit codes out. Expectations are written by hand.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The path of the compiled `tests/cli/fixture.c`.
fn fixture() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/fixture.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}.so", std::process::id()));
        let status = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(status.expect("a C compiler").success());
        library.to_str().expect("a path in UTF-8").to_owned()
    })
}

fn hotcall(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hotcall")).args(words).output().expect("hotcall starts")
}

#[track_caller]
fn check_prints(words: &[&str], expected: &str) {
    let output = hotcall(words);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((&*stdout, &*stderr, output.status.code()), (expected, "", Some(0)), "{words:?}");
}

#[track_caller]
fn check_fails(words: &[&str], expected: &str) {
    let output = hotcall(words);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let line = format!("hotcall: {expected}\n");
    assert_eq!((&*stdout, &*stderr, output.status.code()), ("", &*line, Some(1)), "{words:?}");
}

/// Calls a function of the fixture.
#[track_caller]
fn prints(declaration: &str, arguments: &[&str], expected: &str) {
    check_prints(&[&["call", fixture(), declaration], arguments].concat(), expected);
}

/// Calls a function of the fixture, which is refused.
#[track_caller]
fn fails(declaration: &str, arguments: &[&str], expected: &str) {
    check_fails(&[&["call", fixture(), declaration], arguments].concat(), expected);
}

const POINT: &str = "struct point { double x, y; }; struct point swap(struct point p);";
const NEST: &str = "#include <stdint.h>
    struct point { double x, y; };
    struct pair { uint8_t b[3]; struct point p; };
    struct nest { char tag; struct pair pairs[2]; union { int32_t i; float f; } u; };
    struct nest reverse(struct nest);";
const NUMBER: &str = "union number { int32_t i; float f; uint8_t bytes[8]; }; union number same_number(union number);";
const LABEL: &str = "struct label { uint64_t id; const char *text; void *data; float weight; bool on; };
    struct label same_label(struct label);";
const VARIANT: &str = "struct variant { int kind; union { int32_t i; double d; }; struct { short a, b; }; };
    struct variant same_variant(struct variant);";

#[test]
fn the_readme_examples_hold() {
    check_prints(&["call", "libm.so.6", "double pow(double, double)", "2", "10"], "1024\n");
    let div = "struct d { int quot; int rem; } div(int, int)";
    check_prints(&["call", "libc.so.6", div, "17", "5"], "{\"quot\":3,\"rem\":2}\n");
    check_prints(&["call", "libc.so.6", div, "-17", "5"], "{\"quot\":-3,\"rem\":-2}\n");
    let snprintf = "int snprintf(char *, size_t, const char *, ...)";
    check_prints(&["call", "libc.so.6", snprintf, "buffer:32", "32", "%d-%s", "42", "hi"], "5\nbuffer 1: \"42-hi\"\n");
    check_prints(
        &["call", "--errno", "self", "int chdir(const char *)", "/nowhere"],
        "-1\nerrno: 2 (ENOENT: No such file or directory)\n",
    );
    let hypot = r#"{"hypot": {"parameters": ["f64", "f64"], "result": "f64"}}"#;
    check_prints(&["call", "libm.so.6", hypot, "3", "4"], "5\n");
}

#[test]
fn numbers_reach_the_ends_of_their_types() {
    for (declaration, argument, result) in [
        ("int8_t same_i8(int8_t)", "-128", "-128"),
        ("int8_t same_i8(int8_t)", "127", "127"),
        ("uint8_t same_u8(uint8_t)", "255", "255"),
        ("uint8_t same_u8(uint8_t)", "0xFf", "255"),
        ("int16_t same_i16(int16_t)", "-32768", "-32768"),
        ("uint16_t same_u16(uint16_t)", "65535", "65535"),
        ("int32_t same_i32(int32_t)", "-2147483648", "-2147483648"),
        ("int32_t same_i32(int32_t)", "-0x10", "-16"),
        ("int32_t same_i32(int32_t)", "+7", "7"),
        ("int32_t same_i32(int32_t)", "1e3", "1000"),
        ("int32_t same_i32(int32_t)", "-0", "0"),
        ("uint32_t same_u32(uint32_t)", "4294967295", "4294967295"),
        ("int64_t same_i64(int64_t)", "-9223372036854775808", "-9223372036854775808"),
        ("int64_t same_i64(int64_t)", "9223372036854775807", "9223372036854775807"),
        ("uint64_t same_u64(uint64_t)", "18446744073709551615", "18446744073709551615"),
        ("uint64_t same_u64(uint64_t)", "9007199254740993", "9007199254740993"),
        ("bool same_bool(bool)", "true", "true"),
        ("bool same_bool(bool)", "0", "false"),
    ] {
        prints(declaration, &[argument], &format!("{result}\n"));
    }
}

#[test]
fn floats_print_as_javascript_prints_them() {
    for (argument, result) in [
        ("0.1", "0.1"),
        ("-1.5e3", "-1500"),
        ("-.5", "-0.5"),
        ("-0", "0"),
        ("1e21", "1e+21"),
        ("123456789012345680000", "123456789012345680000"),
        ("0.000001", "0.000001"),
        ("1e-7", "1e-7"),
        ("5e-324", "5e-324"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("0x10", "16"),
    ] {
        prints("double same_f64(double)", &[argument], &format!("{result}\n"));
    }
    // The double that a JavaScript program would see.
    prints("float same_f32(float)", &["0.1"], "0.10000000149011612\n");
    prints("float same_f32(float)", &["-Infinity"], "-Infinity\n");
    prints("float same_f32(float)", &["16777217"], "16777216\n");
}

#[test]
fn texts_and_pointers_go_both_ways() {
    let text = "const char *same_text(const char *)";
    for (argument, result) in [
        ("hello", "hello"),
        ("", ""),
        ("null", "null"),
        ("text:null", "null"),
        ("text:buffer:8", "buffer:8"),
        ("text:text:", "text:"),
        ("buffer:x", "buffer:x"),
        ("-x", "-x"),
        ("--y=1", "--y=1"),
        ("12", "12"),
        ("grün", "grün"),
        (r#"a "quoted" word"#, r#"a "quoted" word"#),
    ] {
        prints(text, &[argument], &format!("{result}\n"));
    }
    prints("size_t length(const char *)", &["text:null"], "4\n");
    prints("int is_null(const char *)", &["null"], "1\n");
    prints("int is_null(const char *)", &["text:null"], "0\n");

    let pointer = "void *same_pointer(void *)";
    prints(pointer, &["null"], "null\n");
    prints(pointer, &["0"], "null\n");
    prints(pointer, &["255"], "0xff\n");
    prints(pointer, &["0xffffffffffffffff"], "0xffffffffffffffff\n");
    prints("size_t length(const void *)", &["text:seven77"], "7\n");
    prints("int called(int (*)(int), int)", &["null", "5"], "-1\n");
    prints("void nothing(void)", &[], "");
}

#[test]
fn a_text_that_is_not_utf8_prints_as_its_bytes() {
    let output = hotcall(&["call", fixture(), "const char *latin1(void)"]);
    assert_eq!(output.stdout, b"caf\xe9\n");
    assert!(output.status.success());
}

#[test]
fn a_text_that_is_not_utf8_is_passed_as_its_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let output = Command::new(env!("CARGO_BIN_EXE_hotcall"))
        .args(["call", fixture(), "const char *same_text(const char *)"])
        .arg(std::ffi::OsStr::from_bytes(b"caf\xe9"))
        .output()
        .expect("hotcall starts");
    assert_eq!(output.stdout, b"caf\xe9\n");
}

#[test]
fn buffers_are_filled_and_printed() {
    let fill = "int fill(int *number, char *text, const char *with)";
    prints(fill, &["buffer:4", "buffer:8", "hi"], "0\nbuffer 1: 02 01 00 00\nbuffer 2: \"hi\"\n");
    prints(fill, &["buffer:6", "buffer:3", "\"\""], "0\nbuffer 1: 02 01 00 00 00 00\nbuffer 2: \"\\\"\\\"\"\n");
}

#[test]
fn variadic_arguments_are_typed_by_their_form() {
    let snprintf = "int snprintf(char *, size_t, const char *, ...)";
    for (arguments, text) in [
        (&["plain"] as &[&str], "plain"),
        (&["%d %u", "-2147483648", "0"], "-2147483648 0"),
        (&["%ld %lu", "4294967296", "18446744073709551615"], "4294967296 18446744073709551615"),
        (&["%g %.1f %f", "1.5", "-2e3", "Infinity"], "1.5 -2000.0 inf"),
        (&["%s|%s|%s", "text", "text:7", "-x"], "text|7|-x"),
        (&["%p", "null"], "(nil)"),
        (
            &["%g%g%g%g%g%g%g%g%g%g", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "8.0", "9.0", "10.0"],
            "12345678910",
        ),
        (&["%d%d%d%d%d%s", "1", "2", "3", "4", "5", "six"], "12345six"),
    ] {
        let words = [&["call", "libc.so.6", snprintf, "buffer:64", "64"], arguments].concat();
        check_prints(&words, &format!("{}\nbuffer 1: \"{text}\"\n", text.len()));
    }
}

#[test]
fn structs_are_json_by_name_and_by_position() {
    prints(POINT, &[r#"{"x": 1.5, "y": -2}"#], "{\"x\":-2,\"y\":1.5}\n");
    prints(POINT, &["[1, 1e300]"], "{\"x\":1e+300,\"y\":1}\n");
    prints(POINT, &[r#"["NaN", "-Infinity"]"#], "{\"x\":\"-Infinity\",\"y\":\"NaN\"}\n");
    prints(
        NEST,
        &[r#"{"tag": 65, "u": {"f": 1}, "pairs": [{"b": [1, 2, 3], "p": {"x": 1, "y": 2}}, [[4, 5, 6], [0.5, 4]]]}"#],
        "{\"tag\":66,\"pairs\":[{\"b\":[4,5,6],\"p\":{\"x\":0.5,\"y\":4}},{\"b\":[1,2,3],\"p\":{\"x\":1,\"y\":2}}],\
         \"u\":{\"i\":1065353216}}\n",
    );
    prints(NUMBER, &[r#"{"i": -1}"#], "{\"i\":-1}\n");
    prints(NUMBER, &[r#"{"bytes": [0, 1, 0, 0, 9, 9, 9, 9]}"#], "{\"i\":256}\n");
    let text = r#"{"id": 18446744073709551615, "text": "a \"b\"", "data": "0xff", "weight": 0.5, "on": true}"#;
    let printed = r#"{"id":18446744073709551615,"text":"a \"b\"","data":"0xff","weight":0.5,"on":true}"#;
    prints(LABEL, &[text], &format!("{printed}\n"));
    let nulls = r#"{"id":0,"text":null,"data":null,"weight":0,"on":false}"#;
    prints(LABEL, &[nulls], &format!("{nulls}\n"));
}

#[test]
fn members_of_anonymous_structs_and_unions_belong_to_the_outer() {
    prints(VARIANT, &[r#"{"kind": 1, "i": 7, "a": 2, "b": 3}"#], "{\"kind\":1,\"i\":7,\"a\":2,\"b\":3}\n");
    prints(VARIANT, &[r#"[1, {"i": 7}, [2, 3]]"#], "{\"kind\":1,\"i\":7,\"a\":2,\"b\":3}\n");
    // The low half of 2.5 is zero.
    prints(VARIANT, &[r#"{"kind": 1, "d": 2.5, "a": 2, "b": 3}"#], "{\"kind\":1,\"i\":0,\"a\":2,\"b\":3}\n");
}

#[test]
fn denos_structs_are_arrays() {
    let swap = r#"{"swap": {"parameters": [{"struct": ["f64", "f64"]}], "result": {"struct": ["f64", "f64"]}}}"#;
    prints(swap, &["[1, 2]"], "[2,1]\n");
    let named = r#"{"nap": {"name": "same_u8", "parameters": ["u8"], "result": "u8"}}"#;
    prints(named, &["200"], "200\n");
}

#[test]
fn the_last_prototype_is_called() {
    let text = "typedef unsigned char byte; int same_i32(int); byte same_u8(byte b);";
    prints(text, &["255"], "255\n");
    fails(text, &["256"], "cannot call same_u8: argument 1 b (u8): 256 is out of range 0..=255");
}

#[test]
fn errno_is_printed_when_asked() {
    let declaration = "int fail_with(int)";
    for (number, line) in [
        ("0", "errno: 0\n"),
        ("34", "errno: 34 (ERANGE: Numerical result out of range)\n"),
        ("12345", "errno: 12345 (Unknown error 12345)\n"),
    ] {
        let expected = format!("-1\n{line}");
        check_prints(&["call", "--errno", fixture(), declaration, number], &expected);
        check_prints(&["call", fixture(), "--errno", declaration, number], &expected);
        check_prints(&["call", fixture(), declaration, "--errno", number], &expected);
    }
    prints(declaration, &["2"], "-1\n");
    let declared = r#"{"fail_with": {"parameters": ["i32"], "result": "i32", "errno": true}}"#;
    prints(declared, &["34"], "-1\nerrno: 34 (ERANGE: Numerical result out of range)\n");
    // Struct results take another way.
    check_prints(&["call", "--errno", fixture(), POINT, "[1,2]"], "{\"x\":2,\"y\":1}\nerrno: 0\n");
    check_prints(&["call", "--errno", fixture(), "void nothing(void)"], "errno: 0\n");
}

#[test]
fn words_like_options_are_arguments() {
    let text = "const char *same_text(const char *)";
    check_prints(&["call", fixture(), text, "--", "--errno"], "--errno\n");
    check_prints(&["call", fixture(), text, "text:--errno"], "--errno\n");
    check_prints(&["call", fixture(), text, "--unknown"], "--unknown\n");
    let two = "int fill(int *number, char *text, const char *with)";
    prints(two, &["buffer:4", "buffer:8", "--errno"], "0\nbuffer 1: 02 01 00 00\nbuffer 2: \"--errno\"\n");
}

#[test]
fn what_c_prints_comes_first() {
    prints("int print(void)", &[], "printed by C7\n");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hotcall"))
        .args(["call", "self", "void *memset(void *, int, size_t)", "buffer:1000000", "1", "1000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("hotcall starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("hotcall ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr)), (Some(0), "".into()));
}

#[test]
fn the_number_of_arguments_is_checked() {
    fails("int same_i32(int)", &[], "cannot call same_i32: it takes 1 argument, and 0 are given");
    fails("int same_i32(int)", &["1", "2"], "cannot call same_i32: it takes 1 argument, and 2 are given");
    fails("void nothing(void)", &["1"], "cannot call nothing: it takes 0 arguments, and 1 are given");
    let printf = "int printf(const char *, ...)";
    fails(printf, &[], "cannot call printf: it takes at least 1 argument, and 0 are given");
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
        ("int same_i32(int)", "NaN", "(i32): NaN is not a whole number"),
        ("int same_i32(int)", "-Infinity", "(i32): -Infinity is out of range -2147483648..=2147483647"),
        ("int same_i32(int)", "abc", "(i32): \"abc\" is not a number"),
        ("int same_i32(int)", "", "(i32): \"\" is not a number"),
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
        "cannot call called: argument 1 function (function): \"puts\" is neither null nor an address; callbacks cannot be \
         given on the command line",
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
            "member id (u64): 1.8446744073709552e+19 is out of range 0..=18446744073709551615",
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
            "member weight (f32): 1e+39 is too large for f32",
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

/// The beginning of the one line on standard error, and exit code 1.
#[track_caller]
fn fails_with(words: &[&str], parts: &[&str]) {
    let output = hotcall(words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{words:?}: {stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{words:?}: {stderr}");
    }
}

#[test]
fn missing_libraries_and_symbols_are_named() {
    let pow = "double pow(double, double)";
    fails_with(&["call", "libnowhere.so.9", pow, "2", "10"], &["hotcall: cannot load", "libnowhere.so.9"]);
    fails_with(&["call", "./nowhere.so", pow, "2", "10"], &["hotcall: cannot find library ./nowhere.so"]);
    fails_with(&["call", env!("CARGO_MANIFEST_DIR"), pow, "2", "10"], &["is not a file"]);
    fails_with(&["call", "", pow, "2", "10"], &["the name of the library is empty"]);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixture.c");
    fails_with(&["call", source, pow, "2", "10"], &["hotcall: cannot load", "fixture.c"]);
    fails_with(&["call", "libm.so.6", "double power(double, double)", "2", "10"], &["no symbol", "power", "libm.so.6"]);
}

#[test]
fn bad_declarations_are_refused_with_their_place() {
    for (declaration, parts) in [
        ("double pow(double, double", &["line 1, column "] as &[&str]),
        ("double pow(double,\n  what x)", &["line 2, column 3", "what"]),
        ("int x;", &["no function"]),
        ("", &["no function"]),
        ("long double sinl(long double)", &["sinl", "long double"]),
        (r#"{"pow": {"parameters": ["f64", "f65"], "result": "f64"}}"#, &["pow.parameters[1]", "f65"]),
        (r#"{"pow": "#, &["line 1, column"]),
        (r#"{"pow": {"type": "f64"}}"#, &["no function"]),
    ] {
        for command in [&["call", "libm.so.6"] as &[&str], &["explain"]] {
            let parts = [&["hotcall: cannot read the declaration: "], parts].concat();
            fails_with(&[command, &[declaration]].concat(), &parts);
        }
    }
}

#[test]
fn bad_usage_exits_with_2() {
    for words in [&[] as &[&str], &["call"], &["call", "libm.so.6"], &["explain"], &["run"], &["call", "--unknown"]] {
        let output = hotcall(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        assert!(!output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn help_and_version_are_printed() {
    let version = hotcall(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), concat!("hotcall ", env!("CARGO_PKG_VERSION"), "\n"));
    for (words, part) in [
        (&["--help"] as &[&str], "hotcall call libm.so.6 'double pow(double, double)' 2 10"),
        (&["call", "--help"], "buffer:N"),
        (&["explain", "--help"], "--json"),
    ] {
        let output = hotcall(words);
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(part), "{text}");
    }
}

#[track_caller]
fn explained(words: &[&str]) -> String {
    let output = hotcall(&[&["explain"], words].concat());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn explains(words: &[&str], parts: &[&str]) {
    let text = explained(words);
    for part in parts {
        assert!(text.contains(part), "missing: {part}\n{text}");
    }
}

#[test]
fn explain_shows_every_stage() {
    let declaration = "struct point { double x, y; };
        struct mixed { int i; float f; char tag; double d; };
        struct mixed norm(struct point p, struct mixed m, short s, float scale, struct big { long a[3]; } b);";
    explains(
        &[declaration],
        &[
            "norm(struct point, struct mixed, i16, f32, struct big) -> struct mixed\n",
            "\nstruct point: 16 bytes, aligned to 8\n  offset  size  member\n       0     8  x: f64\n       8     8  y: f64\n",
            "\nstruct mixed: 24 bytes, aligned to 8\n",
            "\n       8     1  tag: i8\n       9     7  (padding)\n      16     8  d: f64\n",
            "\nplan, System V x86-64\n",
            "\n  argument 1 p      struct point  bytes 0..8 (x) in xmm0; bytes 8..16 (y) in xmm1\n",
            "\n  argument 2 m      struct mixed  whole at [rsp+0], because it is larger than 16 bytes\n",
            "\n  argument 3 s      i16           in rsi, sign-extended\n",
            "\n  argument 4 scale  f32           in xmm2\n",
            "\n  argument 5 b      struct big    whole at [rsp+24], because it is larger than 16 bytes\n",
            "\n  result            struct mixed  in memory, its address in rdi, returned in rax\n",
            "\n  stack arguments: 48 bytes, counted from rsp at the call\n",
            "\ntrampoline in Cranelift's IR\n  function u0:0(i64, i64, i64, i64) system_v {\n",
            "call_indirect",
            " bytes, shared by all signatures of its shape\n",
            "\n    callq",
            "\n    retq\n",
            "\nshape\n  ",
        ],
    );
}

#[test]
fn explain_says_why_a_struct_is_on_the_stack() {
    explains(
        &["void f(struct __attribute__((packed)) { char c; int i; } s)"],
        &["whole at [rsp+0], because a member is not aligned", "       1     4  i: i32"],
    );
    explains(
        &["void f(long, long, long, long, long, struct { long a, b; } s, long last)"],
        &["whole at [rsp+0], because too few registers are left", "i64                in r9\n"],
    );
    explains(
        &["struct pair { int a; float b; } f(union { double d; char c[8]; } u)"],
        &["bytes 0..8 (d, c[0], c[1], c[2], c[3], c[4], c[5], c[6], …) in rdi", "bytes 0..8 (a, b) in rax"],
    );
}

#[test]
fn explain_shows_variadic_calls() {
    let printf = "int printf(const char *format, ...)";
    explains(&[printf], &["printf(text, ...) -> i32\n", "  variadic: al = 0, the number of vector registers used\n"]);
    explains(
        &[printf, "%d %g", "-1", "2.5"],
        &[
            "printf(text, ..., i32, f64) -> i32\n",
            "  argument 2 variadic  i32   in rsi, sign-extended\n",
            "  argument 3 variadic  f64   in xmm0\n",
            "  variadic: al = 1, the number of vector registers used\n",
            "\nshim that sets al and jumps to the function, ",
        ],
    );
}

#[test]
fn explanations_for_programs_are_json() {
    let declaration = "struct point { float x, y, z; } f(struct point p, char c, struct big { long a[3]; } b)";
    let text = explained(&["--json", declaration]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["symbol"], "f");
    assert_eq!(json["signature"], "(struct point, i8, struct big) -> struct point");
    assert_eq!(json["convention"], "SysV64");
    assert_eq!(
        json["types"][0],
        serde_json::json!({"type": "struct point", "kind": "struct", "size": 12, "align": 4, "members": [
            {"name": "x", "type": "f32", "offset": 0, "size": 4, "align": 4},
            {"name": "y", "type": "f32", "offset": 4, "size": 4, "align": 4},
            {"name": "z", "type": "f32", "offset": 8, "size": 4, "align": 4},
        ]})
    );
    let parts = |size| {
        serde_json::json!([
            {"offset": 0, "size": 8, "place": "xmm0", "location": "float 0", "extension": "none", "members": ["x", "y"]},
            {"offset": 8, "size": size, "place": "xmm1", "location": "float 1", "extension": "none", "members": ["z"]},
        ])
    };
    let plan = &json["plan"];
    assert_eq!(plan["arguments"][0]["parts"], parts(4));
    assert_eq!(plan["arguments"][0]["name"], "p");
    assert_eq!(plan["arguments"][1]["parts"][0]["place"], "rdi");
    assert_eq!(plan["arguments"][1]["parts"][0]["extension"], "sign");
    assert_eq!(plan["arguments"][2]["passed"], "stack");
    assert_eq!(plan["arguments"][2]["place"], "[rsp+0]");
    assert_eq!(plan["result"]["parts"], parts(4));
    assert_eq!(plan["stack_size"], 24);
    assert_eq!(plan["vector_count"], serde_json::Value::Null);
    let code = json["code"].as_str().unwrap();
    assert_eq!(json["code_size"], code.len() / 2);
    // The last instruction: ret.
    assert!(code.ends_with("c3"), "{code}");
    assert!(json["clif"].as_str().unwrap().contains("call_indirect"));
    assert!(json["disassembly"].as_str().unwrap().contains("callq"));
}

#[test]
fn explain_with_errno_is_longer() {
    let size = |words: &[&str]| {
        let json: serde_json::Value = serde_json::from_str(&explained(words)).unwrap();
        json["code_size"].as_u64().unwrap()
    };
    let declaration = "int chdir(const char *)";
    assert!(size(&["--json", "--errno", declaration]) > size(&["--json", declaration]));
}
