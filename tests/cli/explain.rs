//! Explanations: their content, not their layout.

use crate::hotcall;

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
            " bytes, shared by all signatures with its canonical plan\n",
            "\n    callq",
            "\n    retq\n",
            "\ncanonical plan\n  ",
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
fn explain_warns_where_compilers_differ() {
    let flexible = "struct s { long a; char d[]; }; struct s f(struct s, struct s)";
    let warning =
        "Clang passes it in memory, because it contains a flexible array member; the psABI's text is followed";
    explains(&[flexible], &["bytes 0..8 (a) in rdi", &format!("\n  warning: `struct s`: {warning}\n")]);
    let json: serde_json::Value = serde_json::from_str(&explained(&["--json", flexible])).unwrap();
    assert_eq!(json["warnings"], serde_json::json!([format!("`struct s`: {warning}")]));
    for (declaration, warning) in [
        (
            "void f(struct { char x; int * __attribute__((aligned(2))) a; } s)",
            "its alignment is 8 to Clang and 2 to GCC",
        ),
        (
            "void f(struct { float a; int b[0]; } s)",
            "GCC passes it otherwise, as if an array of length 0 had one element",
        ),
        ("void f(union { struct { float a; } b; struct { float c, d; } e; } u)", "Clang may leave out the upper half"),
    ] {
        explains(&[declaration], &[warning]);
    }
    for declaration in ["void f(struct { long a; char d[0]; } s)", "void f(struct { long a, b, c; char d[]; } s)"] {
        assert!(!explained(&[declaration]).contains("warning"), "{declaration}");
    }
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

#[test]
fn long_names_are_shortened() {
    let members = vec!["\"i8\""; 20_000].join(",");
    let long = format!(r#"{{"f": {{"parameters": [{{"struct": [{members}]}}, "i32"], "result": "void"}}}}"#);
    let text = explained(&[&long]);
    assert!(text.contains("\n  argument 2  i32  "), "the columns");
    let line = text.lines().find(|line| line.starts_with("  argument 1  ")).unwrap();
    assert!(line.chars().count() < 120, "{line}");
    assert!(line.ends_with("…  whole at [rsp+0], because it is larger than 16 bytes"), "{line}");

    let name = "n".repeat(70_000);
    for declaration in [format!("void f(struct {name} {{ char c; }} s)"), format!("void f(char {name})")] {
        let text = explained(&[&declaration]);
        let line = text.lines().find(|line| line.starts_with("  argument 1 ")).unwrap();
        assert!(line.chars().count() < 120, "{line}");
    }
}

#[test]
fn control_characters_in_a_symbol_are_escaped() {
    let deno = r#"{"f": {"name": "a\u0000b", "parameters": [], "result": "void"}}"#;
    explains(&[deno], &["a\\u0000b()\n"]);
}
