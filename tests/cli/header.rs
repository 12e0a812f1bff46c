//! Functions and constants that headers declare, called by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hotcall_testing::fixture::preprocessed;

use crate::{check_fails, check_prints, fixture};

/// Headers in a directory of their own.
struct Headers(PathBuf);

const MAIN: &str = "#ifndef MAIN_H
#define MAIN_H
#include <stdint.h>
#include \"part/part.h\"
#define NUMBER int
#define LIMIT (100 * 2)
#define FRACTION 0.5
#define WORD \"word\"
NUMBER same_i32(NUMBER number);
uint8_t same_u8(uint8_t);
\tNUMBER broken(NUMBER, @);
static inline int twice(int x) { return 2 * x; }
#define first(x) same_u8(x)
extern int variable;
#ifdef WITH_FLOAT
float same_f32(WITH_FLOAT);
#endif
#endif
";
const PART: &str = "#pragma once
struct point { double x, y; };

struct point swap(struct point p);
struct odd { int x y; };
int lost(struct odd);
";
const PLAIN: &str = "typedef int32_t number;\nenum { NONE, ONE };\nnumber same_i32(number);\nint missed(what);\n";

impl Headers {
    fn new(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("headers").join(name);
        fs::create_dir_all(directory.join("part")).unwrap();
        for (file, text) in [("main.h", MAIN), ("part/part.h", PART), ("plain.h", PLAIN)] {
            fs::write(directory.join(file), text).unwrap();
        }
        Self(directory)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotcall"));
        command.args(words).current_dir(&self.0).env_remove("CC").env("LC_ALL", "C");
        command
    }
}

/// Standard output, standard error and the exit code.
fn shown(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[track_caller]
fn prints(mut command: Command, expected: &str) {
    assert_eq!(shown(&command.output().unwrap()), (expected.to_owned(), String::new(), Some(0)), "{command:?}");
}

#[track_caller]
fn fails(mut command: Command, expected: &str) {
    let expected = format!("hotcall: {expected}\n");
    assert_eq!(shown(&command.output().unwrap()), (String::new(), expected, Some(1)), "{command:?}");
}

#[test]
fn functions_of_headers_are_called_by_name() {
    let headers = Headers::new("called");
    let call = |words: &[&str]| headers.command(&[&["call", fixture()], words].concat());
    prints(call(&["--header", "main.h", "same_i32", "-5"]), "-5\n");
    prints(call(&["--header=main.h", "swap", "[1, 2]"]), "{\"x\":2,\"y\":1}\n");
    prints(call(&["--header", "part/part.h", "--header", "main.h", "--", "same_u8", "7"]), "7\n");
    prints(call(&["--header", "part.h", "-Ipart", "swap", "[1, 2]"]), "{\"x\":2,\"y\":1}\n");
    prints(call(&["--header", "<part.h>", "-I", "part", "swap", "[1, 2]"]), "{\"x\":2,\"y\":1}\n");
    prints(call(&["--header", "main.h", "-DWITH_FLOAT=float", "same_f32", "0.5"]), "0.5\n");
    prints(call(&["--header", "main.h", "--errno", "same_i32", "1"]), "1\nerrno: 0\n");
    let explained = headers.command(&["explain", "--header", "main.h", "swap"]).output().unwrap();
    assert!(explained.stdout.starts_with(b"swap(struct point) -> struct point\n"), "{explained:?}");
}

#[test]
fn names_of_anything_but_functions_are_refused() {
    let headers = Headers::new("refused");
    let call = |words: &[&str]| headers.command(&[&["call", fixture(), "--header", "main.h"], words].concat());
    fails(call(&["same_i31", "1"]), "`same_i31` is not declared; did you mean `same_i32`?");
    fails(call(&["puts", "1"]), "`puts` is not declared");
    fails(call(&["twice", "1"]), "`twice` cannot be used: it is `static`, and so not a symbol of the library");
    fails(call(&["first", "1"]), "`first` cannot be used: it is a macro with parameters");
    fails(call(&["variable", "1"]), "`variable` is a variable, not a function");
    fails(call(&["LIMIT"]), "`LIMIT` is a constant, not a function");
    fails(call(&["WORD"]), "`WORD` is a constant, not a function");
    fails(call(&["point"]), "`point` is a type, not a function");
    fails(call(&["uint8_t"]), "`uint8_t` is a type, not a function");
    let alone = "with --header the function's name alone is given, not";
    fails(call(&["int same_i32(int);"]), &format!("{alone} `int same_i32(int);`: same_i32"));
    fails(
        call(&["const char *same_text ( const char *)"]),
        &format!("{alone} `const char *same_text ( const char *)`: same_text"),
    );
    fails(call(&["int (*f)(int)"]), &format!("{alone} `int (*f)(int)`"));
    fails(call(&["struct point"]), &format!("{alone} `struct point`"));
    fails(call(&[""]), &format!("{alone} ``"));
    fails(
        call(&["broken", "1"]),
        "`broken` cannot be used: argument 2: main.h: line 11: an unexpected character, near `@);`\n   \
         int broken(int, @);\n                   ^",
    );
    fails(
        call(&["lost", "1"]),
        "`lost` cannot be used: argument 1: part/part.h: line 5: this is not understood as a member, near `y; };`\n  \
         struct odd { int x y; };\n                     ^",
    );
    fails(
        headers.command(&["explain", "--header", "nowhere.h", "f"]),
        "cannot read the declaration: the C compiler cannot preprocess the headers (exit status: 1)\n  \
         <stdin>:1:10: fatal error: nowhere.h: No such file or directory\n  compilation terminated.",
    );
    fails(
        headers.command(&["explain", "--header", "a\"b.h", "f"]),
        "cannot read the declaration: a header's name cannot hold quotes or line ends: a\"b.h",
    );
}

#[test]
fn the_environment_names_the_compiler() {
    let headers = Headers::new("compiler");
    let call = |compiler: &str| {
        let mut command = headers.command(&["call", fixture(), "--header", "main.h", "same_f32", "0.5"]);
        command.env("CC", compiler);
        command
    };
    let missing = "`same_f32` is not declared; did you mean `same_i32`?";
    prints(call("gcc -std=c11  -DWITH_FLOAT=float"), "0.5\n");
    fails(call("gcc"), missing);
    fails(
        call("nowhere-cc -m32"),
        "cannot read the declaration: cannot run the C compiler nowhere-cc -m32: No such file or directory (os error 2)",
    );
    // An empty value counts as absent.
    fails(call(""), missing);
}

#[test]
fn headers_are_read_as_they_are_without_a_compiler() {
    let headers = Headers::new("plain");
    let call = |words: &[&str]| {
        let mut command = headers.command(&[&["call", fixture()], words].concat());
        command.env("PATH", &headers.0);
        command
    };
    let note = "note: headers are read as they are, because the C compiler `cc` is not found; CC can name another";
    prints(call(&["--header", "plain.h", "same_i32", "7"]), "7\n");
    prints(call(&["--header", "part.h", "-Ipart", "swap", "[1, 2]"]), "{\"x\":2,\"y\":1}\n");
    prints(call(&["--header", "<part.h>", "-Ipart", "swap", "[1, 2]"]), "{\"x\":2,\"y\":1}\n");
    fails(
        call(&["--header", "plain.h", "--header", "part/part.h", "missed", "1"]),
        &format!(
            "`missed` cannot be used: argument 1: plain.h: line 4: unknown type `what`, near `what);`\n  \
             int missed(what);\n             ^\n  {note}"
        ),
    );
    fails(
        call(&["--header", "main.h", "same_i32", "7"]),
        &format!(
            "cannot read the declaration: main.h: line 1: `#ifndef` needs a preprocessor; give its output instead (cc -E -P), near `#ifndef MAIN_H`\n  \
             #ifndef MAIN_H\n  ^\n  {note}"
        ),
    );
    fails(
        call(&["--header", "nowhere.h", "f"]),
        "cannot read the declaration: cannot read the header nowhere.h: No such file or directory (os error 2)",
    );
}

#[test]
fn constants_are_given_by_name() {
    let headers = Headers::new("constants");
    let call = |words: &[&str]| headers.command(&[&["call", fixture(), "--header", "main.h"], words].concat());
    prints(call(&["same_i32", "LIMIT"]), "200\n");
    prints(call(&["-DFIVE=(3+2)", "same_i32", "FIVE"]), "5\n");
    prints(call(&["--header", "plain.h", "same_i32", "ONE|0x10 | LIMIT"]), "217\n");
    prints(call(&["swap", "[\"LIMIT\", 1]"]), "{\"x\":1,\"y\":200}\n");
    let wrong = |word, message: &str| {
        let output = call(&["same_u8", word]).output().unwrap();
        let expected = format!("hotcall: cannot call same_u8: argument 1 (u8): {message}\n");
        assert_eq!(shown(&output), (String::new(), expected, Some(1)));
    };
    wrong("LIMTI", "\"LIMTI\" is not a number; did you mean LIMIT?");
    wrong("LIMIT|x", "\"LIMIT|x\" is not a number");
    wrong("LIMIT|LIMT", "\"LIMIT|LIMT\" is not a number; did you mean LIMIT?");
    wrong("LIMIT|0x100", "456 is out of range 0..=255");
    wrong("FRACTION", "0.5 is not a whole number");
    wrong("FRACTION|1", "\"FRACTION|1\" is not a number");
    wrong("WORD", "\"WORD\" is not a number");
    wrong("|", "\"|\" is not a number");

    // In a declaration text too, and in each place of a value.
    let sum = "enum { A = -1, B }; int sum(const int32_t *, int)";
    check_prints(&["call", fixture(), sum, "i32[]:A,B,A", "3"], "-2\narray 1: [-1,0,-1]\n");
    let called = "#define FOUR 4\nint called(int (*)(int), int)";
    check_prints(&["call", fixture(), called, "print=FOUR:int f(int)", "FOUR"], "f(4)\n4\n");
    check_prints(&["call", fixture(), "#define HALF .5\nfloat same_f32(float)", "HALF"], "0.5\n");
    check_prints(&["call", fixture(), "#define NONE ((void *)0)\nvoid *same_pointer(void *)", "NONE"], "null\n");
    // A name is text if text is expected.
    check_prints(&["call", fixture(), "#define A 1\nconst char *same_text(const char *)", "A"], "A\n");
}

#[test]
fn a_name_alone_needs_a_header() {
    let headers = Headers::new("alone");
    let needs = "`same_i32` is a name, not a declaration: give its prototype, or --header FILE before it";
    fails(headers.command(&["call", fixture(), "same_i32", "1"]), needs);
    fails(headers.command(&["explain", " same_i32"]), needs);
    let late = "(options stand before the declaration: --header is an argument here)";
    for option in [&["--header", "main.h"] as &[&str], &["--header=main.h"]] {
        let words = [&["call", fixture(), "same_i32"], option, &["1"]].concat();
        fails(headers.command(&words), &format!("{needs} {late}"));
    }
}

#[test]
fn options_of_headers_need_a_header() {
    let headers = Headers::new("usage");
    for words in [
        &["explain", "-I", "part", "int f(int)"] as &[&str],
        &["explain", "-DX", "int f(int)"],
        &["explain", "--header", "main.h", "--function", "swap", "swap"],
        &["explain", "--header", "main.h"],
        &["call", "--header", "main.h", "swap"],
    ] {
        let (stdout, stderr, code) = shown(&headers.command(words).output().unwrap());
        assert_eq!((&*stdout, code), ("", Some(2)), "{words:?}: {stderr}");
    }
}

/// Calls a function of a library whose header may not be installed, which CI does not allow.
#[track_caller]
fn serves(library: &str, header: &str, words: &[&str], expected: &str) {
    let words = [&["call", library, "--header", header], words].concat();
    if preprocessed(header.trim_matches(['<', '>'])).is_some() {
        check_prints(&words, expected);
    }
}

#[test]
fn headers_of_libraries_serve() {
    serves("libz.so.1", "zlib.h", &["crc32", "0", "text:hello", "5"], "907060870\n");
    serves("libz.so.1", "<zlib.h>", &["zError", "Z_DATA_ERROR"], "data error\n");
    serves("libsqlite3.so.0", "sqlite3.h", &["sqlite3_errstr", "SQLITE_NOTADB"], "file is not a database\n");
}

#[test]
fn headers_of_libc_serve() {
    check_prints(&["call", "libm.so.6", "--header", "math.h", "pow", "2", "10"], "1024\n");
    check_prints(&["call", "libc.so.6", "--header", "stdlib.h", "div", "17", "5"], "{\"quot\":3,\"rem\":2}\n");
    check_prints(
        &["call", "libc.so.6", "--header", "stdio.h", "snprintf", "buffer:32", "32", "%d-%s", "42", "hi"],
        "5\nbuffer 1: \"42-hi\"\n",
    );
    check_fails(
        &["call", "libm.so.6", "--header", "math.h", "powl", "2", "10"],
        "`powl` cannot be used: the result: `long double` cannot be passed",
    );
}
