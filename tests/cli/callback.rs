//! Callbacks and the arrays that they are tried with.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use crate::{check_fails, check_prints, fails, fails_with, fixture, hotcall, prints};

pub(crate) const QSORT: &str = "void qsort(void *, size_t, size_t, int (*)(const void *, const void *))";
const EACH: &str = "struct point { double x, y; };
    int each(int (*visit)(int, const char *, struct point, double, bool, void *), int times)";
const MAP: &str = "struct point { double x, y; }; struct point map(struct point (*)(struct point), struct point);";

/// Sorts an array of elements of this size.
#[track_caller]
fn sorts(array: &str, size: usize, compare: &str, sorted: &str) {
    let (_, items) = array.split_once("[]:").unwrap();
    let (count, size) = (items.split(',').count().to_string(), size.to_string());
    check_prints(&["call", "libc.so.6", QSORT, array, &count, &size, compare], &format!("array 1: [{sorted}]\n"));
}

#[test]
fn arrays_are_passed_and_printed() {
    let sum = "int sum(const int32_t *, int)";
    prints(sum, &["i32[]:1,-2,0x10", "3"], "15\narray 1: [1,-2,16]\n");
    prints(sum, &["i32[]:[1, -2, 3e0]", "3"], "2\narray 1: [1,-2,3]\n");
    prints(sum, &["i32[]:", "0"], "0\narray 1: []\n");
    prints(sum, &["i32[]:[ ]", "0"], "0\narray 1: []\n");
    let five = "i64[]:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19";
    prints(sum, &[five, "38"], "190\narray 1: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]\n");

    // Arrays are shown by their types after the call, each on its line.
    let fill = "int fill(int *number, char *text, const char *with)";
    prints(fill, &["u8[]:9,9,9,9,9", "i8[]:1,1,1", "hi"], "0\narray 1: [2,1,0,0,9]\narray 2: [104,105,0]\n");
    prints(fill, &["buffer:4", "buffer:6", "text:i8[]:"], "0\nbuffer 1: 02 01 00 00\nbuffer 2: \"i8[]:\"\n");
}

#[test]
fn arrays_hold_any_scalar() {
    let same = "size_t bytes_of(const char *, size_t)";
    for (array, printed) in [
        ("bool[]:true,false,1", "true,false,true"),
        ("u64[]:18446744073709551615", "18446744073709551615"),
        ("f32[]:0.1,NaN", "0.10000000149011612,\"NaN\""),
        ("f64[]:0.1,-Infinity", "0.1,\"-Infinity\""),
        ("pointer[]:null,255", "null,\"0xff\""),
        ("function[]:null,0x10", "null,\"0x10\""),
        ("text[]:a,,null,text:null,\"", r#""a","",null,"null","\"""#),
        (r#"text[]:["a,b", null, "c:d"]"#, r#""a,b",null,"c:d""#),
        (r#"f64[]:["NaN", 1]"#, r#""NaN",1"#),
    ] {
        let output = hotcall(&["call", fixture(), same, array, "0"]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(stdout.lines().nth(1), Some(&*format!("array 1: [{printed}]")), "{array}");
    }
}

#[test]
fn comparators_order_elements_by_their_type() {
    sorts("i8[]:1,-128,127,0", 1, "compare:i8", "-128,0,1,127");
    sorts("u8[]:1,255,0,128", 1, "compare:u8", "0,1,128,255");
    sorts("i16[]:1,-300,300", 2, "compare:i16", "-300,1,300");
    sorts("u16[]:1,65535,256", 2, "compare:u16", "1,256,65535");
    sorts("i32[]:-2147483648,2147483647,0", 4, "compare:i32", "-2147483648,0,2147483647");
    sorts("u32[]:4294967295,0,2147483648", 4, "compare:u32", "0,2147483648,4294967295");
    sorts("i64[]:4294967296,-1,0", 8, "compare:i64", "-1,0,4294967296");
    sorts("u64[]:18446744073709551615,1", 8, "compare:u64", "1,18446744073709551615");
    sorts("isize[]:1,-1", 8, "compare:isize", "-1,1");
    sorts("usize[]:9223372036854775808,1", 8, "compare:usize", "1,9223372036854775808");
    sorts("bool[]:1,0,1", 1, "compare:bool", "false,true,true");
    sorts("f32[]:0.5,-Infinity,NaN,-1", 4, "compare:f32", "\"-Infinity\",-1,0.5,\"NaN\"");
    sorts("f64[]:NaN,1e300,-1e300,NaN,0", 8, "compare:f64", "-1e+300,0,1e+300,\"NaN\",\"NaN\"");
    sorts("text[]:pear,Fig,null,,figs", 8, "compare:text", r#"null,"","Fig","figs","pear""#);
    sorts("pointer[]:2,null,0xffffffffffffffff", 8, "compare:pointer", r#"null,"0x2","0xffffffffffffffff""#);

    sorts("i32[]:1,3,2", 4, "compare:-i32", "3,2,1");
    sorts("text[]:b,c,a", 8, "compare:-text", r#""c","b","a""#);
}

#[test]
fn other_functions_take_comparators() {
    let bsearch = "void *bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *))";
    let search = |key: &str| hotcall(&["call", "libc.so.6", bsearch, key, "i32[]:1,3,5", "3", "4", "compare:i32"]);
    let shown = |output: Output| String::from_utf8(output.stdout).unwrap();
    assert!(shown(search("i32[]:3")).starts_with("0x"));
    assert!(shown(search("i32[]:4")).starts_with("null\n"));
    // The third argument goes unread.
    let qsort_r = "void qsort_r(void *, size_t, size_t, int (*)(const void *, const void *, void *), void *)";
    check_prints(&["call", "libc.so.6", qsort_r, "u8[]:2,1", "2", "1", "compare:u8", "null"], "array 1: [1,2]\n");
    let deno = r#"{"qsort": {"parameters": ["buffer", "usize", "usize", "function"], "result": "void"}}"#;
    check_prints(&["call", "libc.so.6", deno, "u8[]:2,1", "2", "1", "compare:u8"], "array 1: [1,2]\n");
}

#[test]
fn calls_are_printed_with_their_arguments() {
    let visit = "print:struct point { double x, y; };
        int visit(int, const char *, struct point p, double, bool, void *)";
    prints(
        EACH,
        &[visit, "2"],
        "visit(0, null, {\"x\":0,\"y\":0}, 0, false, null)\n\
         visit(1, \"a \\\"b\\\"\", {\"x\":1,\"y\":-1}, 0.5, true, 0x1)\n0\n",
    );
    // A prototype may end early, and come from typedefs or in Deno's form.
    prints(EACH, &["print:typedef short number; number f(number);", "1"], "f(0)\n0\n");
    prints(EACH, &["print:int f()", "1"], "f()\n0\n");
    prints(EACH, &[r#"print:{"a\nb": {"parameters": ["i32"], "result": "i32"}}"#, "1"], "a\\nb(0)\n0\n");
    let nftw = "int nftw(const char *, int (*)(const char *), int, int)";
    check_prints(
        &["call", "libc.so.6", nftw, "/dev/null", "print=3:int f(const char *path)", "8", "0"],
        "f(\"/dev/null\")\n3\n",
    );
    let output = hotcall(&[
        "call",
        "libc.so.6",
        "int dl_iterate_phdr(int (*)(void *, size_t, void *), void *)",
        "print:int cb(void *, size_t, void *)",
        "null",
    ]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines.len() > 2, "{stdout}");
    let (last, calls) = lines.split_last().unwrap();
    assert_eq!(*last, "0");
    assert!(calls.iter().all(|line| line.starts_with("cb(0x") && line.ends_with(", 64, null)")), "{stdout}");
}

#[test]
fn results_are_given() {
    prints("int called(int (*)(int), int)", &["print=-5:int f(int)", "6"], "f(6)\n-5\n");
    prints("int called(int (*)(int), int)", &["print:int f(int)", "6"], "f(6)\n0\n");
    prints("uint8_t ask_u8(uint8_t (*)(void))", &["print=255:unsigned char f(void)"], "f()\n255\n");
    prints("uint8_t ask_u8(uint8_t (*)(void))", &["print=true:bool f(void)"], "f()\n1\n");
    prints("float ask_f32(float (*)(void))", &["print=0.5:float f(void)"], "f()\n0.5\n");
    let ask = "const char *ask(const char *(*)(void))";
    for (result, printed) in
        [("an answer", "an answer"), ("", ""), ("null", "null"), (r#""a:\"b\"""#, "a:\"b\""), ("0", "0")]
    {
        prints(ask, &[&format!("print={result}:char *f(void)")], &format!("f()\n{printed}\n"));
    }
    prints(ask, &["print:char *f(void)"], "f()\nnull\n");

    let point = "struct point { double x, y; }; struct point f(struct point p);";
    let call = "f({\"x\":1,\"y\":2})\n";
    prints(MAP, &[&format!("print:{point}"), "[1,2]"], &format!("{call}{{\"x\":0,\"y\":0}}\n"));
    prints(MAP, &[&format!("print=[3,4]:{point}"), "[1,2]"], &format!("{call}{{\"x\":3,\"y\":4}}\n"));
    let named = format!("print={{\"y\": 5, \"x\": 6}}:{point}");
    prints(MAP, &[&named, "[1,2]"], &format!("{call}{{\"x\":6,\"y\":5}}\n"));
}

#[test]
fn calls_are_printed_in_their_turn() {
    prints("int print_around(void (*)(void))", &["print:void f(void)"], "before\nf()\nafter\n7\n");
}

#[test]
fn calls_come_on_any_thread_and_after_the_result() {
    prints("int on_a_thread(void (*)(int))", &["print:void f(int)"], "f(3)\n0\n");
    // Called by a destructor, with an argument that is still there.
    let keep = "int keep(int (*)(const char *), const char *)";
    prints(keep, &["print=5:int f(const char *)", "text"], "1\nf(\"text\")\n");
    let atexit = "int __cxa_atexit(void (*)(void *), void *, void *)";
    check_prints(&["call", "libc.so.6", atexit, "print:void f(const char *)", "text:bye", "null"], "0\nf(\"bye\")\n");
    // The order is that of C, which is backwards.
    let on_exit = "int on_exit(void (*)(int, void *), void *)";
    check_prints(&["call", "libc.so.6", on_exit, "print:void f(int status, const char **)", "null"], "0\nf(0, null)\n");
}

#[test]
fn callbacks_are_variadic_arguments() {
    let declaration = "void call_variadic(int, ...)";
    prints(declaration, &["0", "4", "print:void f(int)"], "f(4)\n");
    fails(
        declaration,
        &["0", "4", "print:f"],
        "cannot call call_variadic: argument 3 (function): cannot read the prototype: line 1, column 1: \
         this is not understood as a C declaration, near `f`\n  f\n  ^",
    );
    let snprintf = "int snprintf(char *, size_t, const char *, ...)";
    check_prints(
        &["call", "libc.so.6", snprintf, "buffer:16", "16", "%s", "text:print:x"],
        "7\nbuffer 1: \"print:x\"\n",
    );
    // A text parameter takes any text.
    prints("const char *same_text(const char *)", &["print:x"], "print:x\n");
    prints("const char *same_text(const char *)", &["compare:x"], "compare:x\n");
    prints("const char *same_text(const char *)", &["i33[]:x"], "i33[]:x\n");
}

const NO_PROTOTYPE: &str =
    "the declaration does not say how the callback is called: write print:PROTOTYPE or print=RESULT:PROTOTYPE";

#[test]
fn a_prototype_is_needed_where_the_declaration_lacks_one() {
    let called = r#"{"called": {"parameters": ["function", "i32"], "result": "i32"}}"#;
    for word in ["print", "print:", "print: ", "print=", "print=1", "print=1:"] {
        fails(called, &[word, "1"], &format!("cannot call called: argument 1 (function): {NO_PROTOTYPE}"));
    }
}

#[test]
fn callbacks_that_cannot_be_made_are_refused() {
    for (word, message) in [
        ("print:int x", "the prototype: the text declares no function"),
        ("print:int(*)(const int*)", "a prototype needs a name: print:int name(const int*)\n"),
        ("print:int (int x);", "a prototype needs a name: print:int name(int x)\n"),
        (
            "print=5:void *( * )(int (*)(int), ...)",
            "a prototype needs a name: print=RESULT:void * name(int (*)(int), ...)\n",
        ),
        (
            "print:struct s { int x; }; struct s(*)(void)",
            "a prototype needs a name: print:struct s { int x; }; struct s name(void)\n",
        ),
        (
            "print:int(*)(foo)",
            "cannot read the prototype: line 1, column 12: this is not understood as a C declaration\n",
        ),
        (
            "print:x",
            "cannot read the prototype: line 1, column 1: this is not understood as a C declaration, near `x`\n",
        ),
        ("print:)(", "cannot read the prototype: line 1, column 1: `)` closes nothing, near `)(`\n"),
        ("print:int f(", "cannot read the prototype: line 1, column 6: `(` is never closed, near `(`"),
        ("print:long double f(void)", "the prototype: `f` cannot be used: the result: `long double` cannot be passed"),
        ("print:int f(int, ...)", "cannot compile callbacks of type (i32, ...) -> i32: a callback cannot be variadic"),
        ("print={}1:int f()", NO_PROTOTYPE),
        ("print=1:void f()", "a result is given, and the callback returns nothing"),
        (
            "print:int f(int); int g(int)",
            "the prototype: the text declares 2 functions (f, g): a callback has one prototype",
        ),
        ("print=256:unsigned char f()", "result (u8): 256 is out of range 0..=255"),
        ("print=:int f()", "result (i32): \"\" is not a number"),
        ("print=\"1\":int f()", "result (i32): \"1\" is not a number"),
        ("print=1:struct s { int x; } f()", "result (struct s): 1 is not an object or an array"),
        ("print={\"y\":1}:struct s { int x; } f()", "result (struct s): there is no member y, only x"),
        ("print=[\"a\"]:struct s { int x; } f()", "result (struct s): member x (i32): \"a\" is not a number"),
        ("print={\"x\":struct s { int x; } f()", "{\"x\":struct s { int x; } f() is not JSON for a result: "),
        ("compare", "\"compare\" is neither null, an address nor a callback (print, print:PROTOTYPE, compare:TYPE)"),
        ("buffer:8", "\"buffer:8\" is neither null, an address nor a callback (print, print:PROTOTYPE, compare:TYPE)"),
        ("i32[]:1", "\"i32[]:1\" is neither null, an address nor a callback (print, print:PROTOTYPE, compare:TYPE)"),
    ] {
        let message = format!("hotcall: cannot call called: argument 1 (function): {message}");
        fails_with(&["call", fixture(), "int called(int (*)(int), int)", word, "1"], &[&message]);
    }
    let types = "i8, u8, i16, u16, i32, u32, i64, u64, isize, usize, bool, f32, f64, pointer, buffer, text, function";
    for (word, name) in [("compare:i33", "i33"), ("compare:", ""), ("compare:--i32", "-i32"), ("compare:int", "int")] {
        let words = ["call", "libc.so.6", QSORT, "null", "0", "1", word];
        let message = format!("cannot call qsort: argument 4 (function): unknown type \"{name}\", only {types}");
        check_fails(&words, &message);
    }
}

#[test]
fn callbacks_are_for_function_pointers() {
    for (declaration, ty) in [
        ("void *same_pointer(void *)", "same_pointer: argument 1 (pointer)"),
        ("int same_i32(int x)", "same_i32: argument 1 x (i32)"),
        ("bool same_bool(bool)", "same_bool: argument 1 (bool)"),
        (crate::POINT, "swap: argument 1 p (struct point)"),
    ] {
        for word in ["compare:i32", "print:int f(void)", "print=1:int f(void)"] {
            fails(
                declaration,
                &[word],
                &format!("cannot call {ty}: \"{word}\" is a callback, and the parameter is not a function pointer"),
            );
        }
    }
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    for (word, message) in [
        ("i32[]:1,x", "element [1] (i32): \"x\" is not a number"),
        ("i32[]:1,,2", "element [1] (i32): \"\" is not a number"),
        ("u8[]:255,256", "element [1] (u8): 256 is out of range 0..=255"),
        ("u8[]:[255, -1]", "element [1] (u8): -1 is out of range 0..=255"),
        ("bool[]:2", "element [0] (bool): 2 is not true, false, 1 or 0"),
        ("f32[]:1e39", "element [0] (f32): 1e39 is too large for f32"),
        ("text[]:[\"a\", 5]", "element [1] (text): 5 is not a text or null"),
        ("text[]:[\"a\\u0000\"]", "element [0] (text): a text cannot hold a zero character"),
        ("function[]:compare:i32", "element [0] (function): \"compare:i32\" is not an address or null"),
        ("i32[]", "\"i32[]\" is not an address or null"),
        ("int*[]:1", "\"int*[]:1\" is not an address or null"),
    ] {
        fails(
            "void *same_pointer(void *)",
            &[word],
            &format!("cannot call same_pointer: argument 1 (pointer): {message}"),
        );
    }
    fails_with(
        &["call", fixture(), "void *same_pointer(void *)", "int[]:1"],
        &["argument 1 (pointer): unknown type \"int\", only i8, u8, "],
    );
    fails_with(
        &["call", fixture(), "void *same_pointer(void *)", "i32[]:[1, 2"],
        &["argument 1 (pointer): [1, 2 is not JSON for an array: "],
    );
    fails("int same_i32(int)", &["i32[]:1"], "cannot call same_i32: argument 1 (i32): \"i32[]:1\" is not a number");
}

/// More calls than a pipe has room for.
fn many_calls() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotcall"));
    command.args(["call", fixture(), EACH, "print:int f(int, const char *)", "10000"]).stderr(Stdio::piped());
    command
}

#[test]
fn a_reader_that_leaves_ends_the_lines_alone() {
    let mut child = many_calls().stdout(Stdio::piped()).spawn().expect("hotcall starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("hotcall ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr)), (Some(0), "".into()));
}

#[test]
fn lines_that_cannot_be_written_fail_the_command() {
    let full = || File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = many_calls().stdout(full()).output().expect("hotcall starts");
    let message = "hotcall: cannot write the output: No space left on device (os error 28)\n";
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(1), message));
    // Only the callback's line fails, and C does not see that.
    let output = Command::new(env!("CARGO_BIN_EXE_hotcall"))
        .args(["call", fixture(), "void call_variadic(int, ...)", "0", "4", "print:void f(int)"])
        .stdout(full())
        .output()
        .expect("hotcall starts");
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(1), message));
}
