//! Calls: the words of a command line, and the output.

use std::process::{Command, Stdio};

use crate::{LABEL, NEST, NUMBER, POINT, VARIANT, check_fails, check_prints, fixture, hotcall, prints};

#[test]
fn the_readme_examples_hold() {
    check_prints(&["call", "libm.so.6", "double pow(double, double)", "2", "10"], "1024\n");
    let div = "struct d { int quot; int rem; } div(int, int)";
    check_prints(&["call", "libc.so.6", div, "17", "5"], "{\"quot\":3,\"rem\":2}\n");
    check_prints(&["call", "libc.so.6", div, "-17", "5"], "{\"quot\":-3,\"rem\":-2}\n");
    let snprintf = "int snprintf(char *, size_t, const char *, ...)";
    check_prints(&["call", "libc.so.6", snprintf, "buffer:32", "32", "%d-%s", "42", "hi"], "5\nbuffer 1: \"42-hi\"\n");
    let qsort = "void qsort(void *, size_t, size_t, int (*)(const void *, const void *))";
    check_prints(&["call", "libc.so.6", qsort, "i32[]:3,1,2", "3", "4", "compare:i32"], "array 1: [1,2,3]\n");
    let nftw = "int nftw(const char *, int (*visit)(const char *), int, int)";
    check_prints(&["call", "libc.so.6", nftw, "/dev/null", "print", "8", "0"], "visit(\"/dev/null\")\n0\n");
    let frexp = "double frexp(double value, int *exponent)";
    check_prints(&["call", "libm.so.6", frexp, "12", "out"], "0.75\nexponent: 4\n");
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
        ("int32_t same_i32(int32_t)", "0644", "420"),
        ("int32_t same_i32(int32_t)", "-010", "-8"),
        ("int32_t same_i32(int32_t)", "010|07", "15"),
        ("int32_t same_i32(int32_t)", "010.0", "10"),
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
        // A point or an exponent loses no digit.
        ("int64_t same_i64(int64_t)", "9007199254740993.0", "9007199254740993"),
        ("int64_t same_i64(int64_t)", "9.223372036854775807e18", "9223372036854775807"),
        ("int64_t same_i64(int64_t)", "-9.223372036854775808E+18", "-9223372036854775808"),
        ("uint64_t same_u64(uint64_t)", "184467440737095516150e-1", "18446744073709551615"),
        ("uint64_t same_u64(uint64_t)", "0e99999999999999999999", "0"),
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
        ("020", "16"),
        ("020.5", "20.5"),
    ] {
        prints("double same_f64(double)", &[argument], &format!("{result}\n"));
    }
    // The double that a JavaScript program would see.
    prints("float same_f32(float)", &["0.1"], "0.10000000149011612\n");
    prints("float same_f32(float)", &["-Infinity"], "-Infinity\n");
    prints("float same_f32(float)", &["16777217"], "16777216\n");
    // Rounded once: by way of a double it would be 1.
    prints("float same_f32(float)", &["1.00000017881393432617187499"], "1.0000001192092896\n");
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
    prints(pointer, &["0377"], "0xff\n");
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
        (&["%o %ld %s", "0644", "040000000000", "text:08"], "644 4294967296 08"),
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
fn numbers_in_json_are_read_as_precisely_as_words() {
    prints(
        POINT,
        &["[31.245270191439438, 122.416294033786585]"],
        "{\"x\":122.41629403378658,\"y\":31.245270191439438}\n",
    );
    prints(POINT, &["[9007199254740993.0, 9007199254740993]"], "{\"x\":9007199254740992,\"y\":9007199254740992}\n");
    let label =
        r#"{"id": 9007199254740993.0, "text": null, "data": 1, "weight": 1.00000017881393432617187499, "on": true}"#;
    let printed = r#"{"id":9007199254740993,"text":null,"data":"0x1","weight":1.0000001192092896,"on":true}"#;
    prints(LABEL, &[label], &format!("{printed}\n"));
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
fn one_of_several_prototypes_is_named() {
    let text = "typedef unsigned char byte; int same_i32(int); byte same_u8(byte b); int x;";
    let call = |options: &[&'static str], word| [&["call"], options, &[fixture(), text, word]].concat();
    check_prints(&call(&["--function", "same_i32"], "256"), "256\n");
    check_prints(&call(&["--function=same_u8"], "255"), "255\n");
    check_fails(
        &call(&["--function", "same_u8"], "256"),
        "cannot call same_u8: argument 1 b (u8): 256 is out of range 0..=255",
    );
    // A function that is declared twice is one.
    prints("int same_i32(int); typedef int t; t same_i32(t number);", &["-1"], "-1\n");
    let json = r#"{"same_i32": {"parameters": ["i32"], "result": "i32"},
        "byte": {"name": "same_u8", "parameters": ["u8"], "result": "u8"}}"#;
    check_prints(&["call", "--function", "byte", fixture(), json, "7"], "7\n");

    let several = "the text declares 2 functions (same_i32, same_u8): name one with --function NAME";
    check_fails(&call(&[], "255"), several);
    check_fails(&["explain", text], several);
    let names: Vec<String> = (10..30).map(|i| format!("f{i}")).collect();
    let many: String = names.iter().map(|name| format!("void {name}(void);")).collect();
    let listed = names[..12].join(", ");
    check_fails(
        &["explain", &many],
        &format!("the text declares 20 functions ({listed}, …): name one with --function NAME"),
    );
    let option = |option| format!("{several} (options stand before the declaration: {option} is an argument here)");
    check_fails(&["call", fixture(), text, "--function", "same_i32", "-5"], &option("--function"));
    check_fails(&["call", fixture(), text, "-5", "--function=same_i32"], &option("--function"));
    // Functions that cannot be called count.
    check_fails(
        &["explain", "long double sinl(long double); double sin(double)"],
        "the text declares 2 functions (sin, sinl): name one with --function NAME",
    );
    for (name, message) in [
        ("same_i3", "`same_i3` is not declared; did you mean `same_i32`?"),
        ("puts", "`puts` is not declared"),
        ("x", "`x` is a variable, not a function"),
    ] {
        check_fails(&["call", "--function", name, fixture(), text, "1"], message);
    }
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
    for word in ["--errno", "--unknown", "--help", "-h", "-V", "-", "-1"] {
        prints(text, &[word], &format!("{word}\n"));
        prints(text, &["--", word], &format!("{word}\n"));
        check_prints(&["call", "--", fixture(), text, word], &format!("{word}\n"));
        check_prints(&["call", fixture(), "--errno", text, word], &format!("{word}\nerrno: 0\n"));
    }
    prints(text, &["--", "--"], "--\n");
    prints(text, &["text:--"], "--\n");
    prints("void nothing(void)", &["--"], "");
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

/// C sets FTZ and DAZ in the calling thread.
#[test]
fn tiny_numbers_are_printed_where_they_count_as_0() {
    prints("float fast_f32(float)", &["1e-40"], "9.99994610111476e-41\n");
    prints("float fast_f32(float)", &["-1e-45"], "-1.401298464324817e-45\n");
    for (ty, size) in [("f32", "4"), ("f64", "8")] {
        let sort = super::callback::QSORT.replace("qsort", "fast_sort");
        let array = format!("{ty}[]:1,1e-40,-0,1e-44,-1e-40");
        let output = super::hotcall(&["call", super::fixture(), &sort, &array, "5", size, &format!("compare:{ty}")]);
        let sorted = String::from_utf8(output.stdout).unwrap();
        let [least, zero, less, more, one] = sorted.split(',').collect::<Vec<_>>()[..] else { panic!("{sorted}") };
        assert!(least.contains('-') && zero == "0" && less.ends_with("e-45") | less.ends_with("e-44"), "{sorted}");
        assert!(more.ends_with("e-41") | more.ends_with("e-40") && one == "1]\n", "{sorted}");
    }
}

/// Files in memory count. A process that ignores the limit is ended when a file grows beyond it.
#[test]
fn files_may_be_limited() {
    for limit in ["0", "8", "32"] {
        let script = format!("ulimit -f {limit}; exec \"$0\" \"$@\"");
        let words = ["call", "libm.so.6", "double pow(double, double)", "2", "10"];
        let mut shell = std::process::Command::new("sh");
        let output = shell.args(["-c", &script, env!("CARGO_BIN_EXE_hotcall")]).args(words).output().unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"1024\n"[..]), "{limit}: {output:?}");
    }
}
