//! Values that parameters point to: made from words, and shown after the result.

use crate::{check_fails, check_prints, fails, fixture, prints};

const SPLIT: &str = "int split(double number, int *whole, double *rest)";
const MOVE: &str = "struct point { double x, y; }; void move(struct point *points, int count, double by)";
const SUM: &str = "struct point { double x, y; }; double sum_of(const struct point *points, int count)";

#[test]
fn values_are_printed_by_their_type() {
    prints(SPLIT, &["2.5", "out", "out"], "0\nwhole: 2\nrest: 0.5\n");
    prints(SPLIT, &["-2.5", "out:7", "out:1e300"], "7\nwhole: -2\nrest: -0.5\n");
    prints(SPLIT, &["2.5", "out", "null"], "0\nwhole: 2\n");
    prints(SPLIT, &["2.5", "buffer:4", "out"], "0\nbuffer 2: 02 00 00 00\nrest: 0.5\n");
    prints("int split(double, int *, double *)", &["2.5", "out", "out"], "0\nargument 2: 2\nargument 3: 0.5\n");
    prints(SPLIT, &["Infinity", "out", "out"], "0\nwhole: -2147483648\nrest: Infinity\n");
    check_prints(&["call", "libm.so.6", "--header", "math.h", "frexp", "12", "out"], "0.75\n__exponent: 4\n");
}

#[test]
fn texts_and_addresses_are_printed_as_such() {
    let strtol = "long strtol(const char *text, char **end, int base)";
    check_prints(&["call", "libc.so.6", strtol, "12\"ab", "out", "10"], "12\nend: \"\\\"ab\"\n");
    check_prints(&["call", "libc.so.6", strtol, "12", "null", "10"], "12\n");
    let handle =
        "struct handle; void new_handle(struct handle **handle, const unsigned char **bytes, const char **name)";
    prints(handle, &["out", "out", "out"], "handle: 0x10\nbytes: 0x20\nname: null\n");
    prints(handle, &["out", "out:5", "out:text"], "handle: 0x10\nbytes: 0x20\nname: \"text\"\n");
}

#[test]
fn structs_and_arrays_are_json() {
    prints(MOVE, &[r#"{"x": 1, "y": 2}"#, "1", "0.5"], "points: {\"x\":1.5,\"y\":2.5}\n");
    prints(MOVE, &[r#"[{"x": 1, "y": 2}, [3, 4]]"#, "2", "-1"], "points: [{\"x\":0,\"y\":1},{\"x\":2,\"y\":3}]\n");
    prints(MOVE, &["out", "1", "2"], "points: {\"x\":2,\"y\":2}\n");
    prints(MOVE, &[r#"out:{"x": 1, "y": 2}"#, "1", "0"], "points: {\"x\":1,\"y\":2}\n");
    prints(MOVE, &["[]", "0", "0"], "points: []\n");
    // The callee promises not to write.
    prints(SUM, &["[[1, 2], [3, 4]]", "2"], "10\n");
    prints(SUM, &[r#"{"x": 1, "y": 2}"#, "1"], "3\n");
    prints(SUM, &[r#"out:{"x": 1, "y": 2}"#, "1"], "3\npoints: {\"x\":1,\"y\":2}\n");
    prints("int sum(const int32_t *numbers, int)", &["[1, -2, 3]", "3"], "2\n");
    prints("int sum(int32_t *numbers, int)", &["[1, -2, 3]", "3"], "2\nnumbers: [1,-2,3]\n");
    prints("enum { TWO = 2 }; int sum(int32_t *numbers, int)", &["[1, \"TWO\"]", "TWO"], "3\nnumbers: [1,2]\n");
    prints("int sum(_In_ int32_t *numbers, int)", &["[1, 2]", "2"], "3\n");
    // Behind a typedef, and named before it is complete.
    let behind = "typedef struct point *points; struct point { double x, y; }; void move(points p, int, double)";
    prints(behind, &["[[1, 2]]", "1", "1"], "p: [{\"x\":2,\"y\":3}]\n");
}

#[test]
fn parameters_declared_as_arrays_have_their_length() {
    let squares = "void squares(int numbers[4])";
    prints(squares, &["out"], "numbers: [0,1,4,9]\n");
    prints(squares, &["[5]"], "numbers: [5,1,4,9]\n");
    prints(squares, &["[1,1,1,1,9]"], "numbers: [1,1,4,9,9]\n");
    let rows = "void squares(int rows[2][2])";
    prints(rows, &["out"], "rows: [[0,1],[4,9]]\n");
    prints(rows, &["[[7, 1], [0, 0]]"], "rows: [[7,1],[4,9]]\n");
}

#[test]
fn memory_is_as_large_as_the_declaration_says() {
    for (declaration, arguments, expected) in [
        // A number of bytes: at least as many, in whole elements.
        ("_Out_writes_bytes_(8) int16_t *p, size_t", &["out", "8"] as &[&str], "p: [513,1027,1541,2055]"),
        ("__attribute__((sized_by(7))) int16_t *p, size_t", &["out", "8"], "p: [513,1027,1541,2055]"),
        ("int16_t *__sized_by(6) p, size_t", &["out:7", "6"], "p: [513,1027,1541]"),
        ("_Out_writes_bytes_(5) uint8_t *p, size_t", &["out", "5"], "p: 01 02 03 04 05"),
        ("_Out_writes_bytes_(n) int16_t *p, size_t n", &["out", "4"], "p: [513,1027]"),
        ("_Out_writes_bytes_(n) int16_t *p, size_t n", &["[1,2,3]", "2"], "p: [513,2,3]"),
        // The structs that are written, or one. Other data may follow them.
        ("_Out_writes_bytes_(n) struct pair *p, size_t n", &["out", "9"], "p: {\"a\":1,\"b\":2}"),
        (
            "_Out_writes_bytes_(n) struct pair *p, size_t n",
            &["[[0,0],[0,0]]", "9"],
            "p: [{\"a\":1,\"b\":2},{\"a\":3,\"b\":4}]",
        ),
        // A number of elements.
        ("_Out_writes_(n) int8_t *p, int64_t n", &["out", "3"], "p: 01 02 03"),
        ("_Out_writes_(n) int8_t *p, int64_t n", &["out:-1", "3"], "p: [1,2,3]"),
        ("_Out_writes_(n) int8_t *p, int64_t n", &["[9,9,9,9]", "3"], "p: [1,2,3,9]"),
        ("uint8_t *__counted_by(n) p, size_t n", &["out", "0x3"], "p: 01 02 03"),
        ("_Out_writes_(n) struct pair *p, size_t n", &["[]", "2"], "p: [{\"a\":1,\"b\":2},{\"a\":0,\"b\":0}]"),
        ("_Out_writes_(n) int16_t *p, size_t n", &["out", "0"], "p: []"),
        // Constants count too, as words and in the declaration.
        ("_Out_writes_(n) int8_t *p, size_t n", &["out", "THREE"], "p: 01 02 03"),
        ("_Out_writes_(THREE) int8_t *p, size_t", &["out", "3"], "p: 01 02 03"),
        // The count may stand in front.
        ("_Out_writes_(3) int8_t p[2], size_t", &["out", "3"], "p: 01 02 03"),
    ] {
        let declaration =
            format!("enum {{ THREE = 3 }}; struct pair {{ uint8_t a, b; }}; void fill_memory({declaration})");
        prints(&declaration, arguments, &format!("{expected}\n"));
    }
    let sum = "int sum(_Inout_updates_(count) int32_t *numbers, int count)";
    prints(sum, &["out", "3"], "0\nnumbers: [0,0,0]\n");
    prints(sum, &["out:[1,2]", "2"], "3\nnumbers: [1,2]\n");
    prints(sum, &["out:1", "2"], "1\nnumbers: [1,0]\n");
    prints(sum, &["[1]", "1000"], &format!("1\nnumbers: [1{}]\n", ",0".repeat(999)));
    prints("int sum(_In_reads_(count) const int32_t *numbers, int count)", &["[1]", "1000"], "1\n");
    prints("int sum(_In_reads_(count) const int32_t *numbers, int count)", &["i32[]:1", "1000"], "1\narray 1: [1]\n");
    prints("size_t bytes_of(_In_reads_(9000) const char *text, size_t)", &["a", "8999"], "0\n");
    prints(
        "size_t bytes_of(_In_reads_bytes_(size) const void *, size_t index, int size)",
        &["text:a", "8999", "9000"],
        "0\n",
    );
}

#[test]
fn counts_that_are_not_numbers_are_refused() {
    for (parameters, ty, arguments, by, reason) in [
        ("_Out_writes_(n) int *p, int n", "pointer", ["out", "-1"], "n", "\"-1\" is not a number of values"),
        ("_Out_writes_(n) int *p, int n", "pointer", ["[1]", "x"], "n", "\"x\" is not a number of values"),
        ("_Out_writes_(n) int *p, double n", "pointer", ["out:1", "1"], "n", "\"1\" is not a number of values"),
        (
            "_Out_writes_bytes_(n) int *p, int *n",
            "pointer",
            ["{}", "out:2"],
            "n",
            "\"out:2\" is not a number of values",
        ),
        ("_Out_writes_(m) int *p, int n", "pointer", ["out", "1"], "m", "it is neither a parameter nor a constant"),
        ("_Out_writes_(n) char *p, int n", "text", ["out", "-1"], "n", "\"-1\" is not a number of values"),
    ] {
        fails(
            &format!("void fill_memory({parameters})"),
            &arguments,
            &format!(
                "cannot call fill_memory: argument 1 p ({ty}): `{by}` says how many values there are, and {reason}: write buffer:N or TYPE[]:A,B"
            ),
        );
    }
    for (parameter, ty, word, count, bytes) in [
        ("_Out_writes_(n) int *p", "pointer", "out", "9999999999999999999", "18446744073709551615"),
        ("_Out_writes_bytes_(n) int *p", "pointer", "[1]", "1000000000", "1000000000"),
        ("_Out_writes_(n) char *p", "text", "out", "999999999999", "999999999999"),
        ("_In_reads_(n) const char *p", "text", "text", "999999999999", "999999999999"),
    ] {
        fails(
            &format!("void fill_memory({parameter}, uint64_t n)"),
            &[word, count],
            &format!("cannot call fill_memory: argument 1 p ({ty}): no memory for a buffer of {bytes} bytes"),
        );
    }
}

#[test]
fn memory_for_text_is_shown_as_text() {
    for (declaration, arguments, expected) in [
        ("void say(char text[5], int)", &["out", "5"] as &[&str], "text: \"xxxx\"\n"),
        ("void say(_Out_writes_(5) char *, int)", &["out", "5"], "argument 1: \"xxxx\"\n"),
        ("void say(_Out_writes_(n) char *text, int n)", &["out", "9"], "text: \"xxxxxxxx\"\n"),
        ("void say(_Out_writes_bytes_(n) char *text, int n)", &["out:abc", "3"], "text: \"xx\"\n"),
        ("void say(char *__counted_by(n) text, int n)", &["out", "3"], "text: \"xx\"\n"),
        ("void say(_Out_ char *text, int n)", &["out", "1"], "text: \"\"\n"),
        ("void shout(_Inout_ char *text)", &["out:abc"], "text: \"ABC\"\n"),
        ("void shout(_Inout_updates_(9) char *text)", &["out:out:abc"], "text: \"OUT\\u001aABC\"\n"),
        // A word that does not say `out` is the text itself, in memory of this size.
        ("void say(char text[9000], int)", &["abc", "9000"], ""),
        ("void say(_Out_writes_(n) char *text, int n)", &["text:out", "9000"], ""),
        ("void say(_Out_writes_(n) char *text, int n)", &["buffer:4", "4"], "buffer 1: \"xxx\"\n"),
        ("const char *same_text(const char text[4])", &["out"], "out\n"),
        ("const char *same_text(_In_reads_(4) char *text)", &["out"], "out\n"),
        ("const char *same_text(_In_ char *text)", &["out:a"], "out:a\n"),
        ("const char *same_text(char *)", &["out"], "out\n"),
    ] {
        prints(declaration, arguments, expected);
    }
}

#[test]
fn bytes_are_hexadecimal_and_text_is_text() {
    for (ty, shown) in [
        ("unsigned char *", "68 69 00 07"),
        ("uint8_t *", "68 69 00 07"),
        ("signed char *", "68 69 00 07"),
        ("void *", "68 69 00 07"),
        ("short *", "68 69 00 07"),
        ("char *", "\"hi\""),
    ] {
        prints(&format!("void digest({ty})"), &["buffer:4"], &format!("buffer 1: {shown}\n"));
    }
    prints("void digest(unsigned char *digest)", &["[0, 0, 0, 0, 1]"], "digest: [104,105,0,7,1]\n");
    prints("void digest(uint8_t digest[4])", &["out"], "digest: 68 69 00 07\n");
    // `out` is a text too.
    prints("const char *same_text(const char *)", &["out"], "out\n");
    prints("const char *same_text(const char *)", &["out:5"], "out:5\n");
    prints("const char *same_text(const char *)", &["{\"x\":1}"], "{\"x\":1}\n");
}

#[test]
fn callbacks_have_the_declared_type() {
    prints("int called(int (*function)(int), int)", &["print", "6"], "function(6)\n0\n");
    prints("int called(int (*)(int), int)", &["print:", "6"], "callback(6)\n0\n");
    prints("int called(int (*f)(int), int)", &["print=-5", "6"], "f(6)\n-5\n");
    prints("typedef int visitor(int); int called(visitor *f, int)", &["print=-5:", "6"], "f(6)\n-5\n");
    prints("int called(int f(int), int)", &["print=-5:int g(int)", "6"], "g(6)\n-5\n");
    let map = "struct point { double x, y; }; struct point map(struct point (*f)(struct point), struct point);";
    prints(map, &["print=[3,4]", "[1,2]"], "f({\"x\":1,\"y\":2})\n{\"x\":3,\"y\":4}\n");
}

#[test]
fn values_that_do_not_fit_are_refused() {
    for (declaration, word, message) in [
        (SPLIT, "out:x", "argument 2 whole (pointer): \"x\" is not a number"),
        (SPLIT, "out:2147483648", "argument 2 whole (pointer): 2147483648 is out of range -2147483648..=2147483647"),
        (SPLIT, "[1, null]", "argument 2 whole (pointer): element [1] (i32): null is not a number"),
        (SPLIT, "x", "argument 2 whole (pointer): \"x\" is not an address or null"),
    ] {
        fails(declaration, &["1", word, "out"], &format!("cannot call split: {message}"));
    }
    for (word, message) in [
        (r#"{"x": 1}"#, "member y is missing"),
        ("[[1]]", "element [0] (struct point): the length is 1, not 2"),
        (r#"[[1, "z"]]"#, "element [0] (struct point): member y (f64): \"z\" is not a number"),
        ("out:5", "5 is not an object or an array"),
    ] {
        fails(MOVE, &[word, "1", "1"], &format!("cannot call move: argument 1 points (pointer): {message}"));
    }
    let hint = "write null, buffer:N or TYPE[]:A,B";
    let needs = "needs the type that the parameter points to";
    for (declaration, why) in [
        ("void digest(void *)", "it is `void`"),
        ("struct s; void digest(struct s *)", "`struct s` is incomplete"),
        ("void digest(long double *)", "`long double` cannot be passed"),
        (r#"{"digest": {"parameters": ["pointer"], "result": "void"}}"#, "the declaration does not say it"),
        (r#"{"digest": {"parameters": ["buffer"], "result": "void"}}"#, "the declaration does not say it"),
    ] {
        for word in ["out", "out:1", "[1]", "{}"] {
            let parts = [format!("{word} {needs}: {why}"), hint.to_owned()];
            crate::fails_with(&["call", fixture(), declaration, word], &[&parts[0], &parts[1]]);
        }
    }
    fails("int same_i32(int)", &["out"], "cannot call same_i32: argument 1 (i32): \"out\" is not a number");
    check_fails(
        &["call", fixture(), "void digest(int numbers[99999999999])", "out"],
        "cannot call digest: argument 1 numbers (pointer): no memory for a buffer of 399999999996 bytes",
    );
}
