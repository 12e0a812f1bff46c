//! Deno's JSON form, through the public API.

#![cfg(feature = "json")]

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Layout, Type};

fn one(json: &str) -> hotcall::declare::Declaration {
    let text = format!("{{\"f\": {json}}}");
    Declarations::from_json(&text).unwrap_or_else(|error| panic!("{json}: {error}")).get("f").unwrap().clone()
}

fn signature(json: &str) -> String {
    one(json).as_function().unwrap().signature.to_string()
}

fn error(text: &str) -> DeclarationError {
    Declarations::from_json(text).expect_err(text)
}

#[test]
fn functions_have_all_of_denos_types() {
    let all = r#"["bool","i8","u8","i16","u16","i32","u32","i64","u64","isize","usize","f32","f64","pointer","buffer","function"]"#;
    let json = format!(r#"{{"parameters": {all}, "result": "void"}}"#);
    let expected = "(bool, i8, u8, i16, u16, i32, u32, i64, u64, isize, usize, f32, f64, pointer, buffer, function)";
    assert_eq!(signature(&json), expected);
    for ty in ["i32", "f64", "pointer", "buffer", "function", "bool"] {
        assert_eq!(signature(&format!(r#"{{"parameters": [], "result": "{ty}"}}"#)), format!("() -> {ty}"));
    }
}

#[test]
fn structs_nest() {
    let json = r#"{"parameters": [{"struct": ["u8", {"struct": ["i16", "f64"]}]}], "result": {"struct": ["f32"]}}"#;
    assert_eq!(signature(json), "(struct {u8, struct {i16, f64}}) -> struct {f32}");
    let declaration = one(json);
    let params = declaration.as_function().unwrap().signature.params();
    assert_eq!(Layout::of(&params[0]).unwrap().size, 24);
}

#[test]
fn every_key_is_read() {
    let json = r#"{"name": "real", "parameters": ["pointer", "i32"], "result": "i32", "optional": true,
                   "nonblocking": true, "errno": true, "variadic": 1}"#;
    let declaration = one(json);
    assert_eq!((declaration.symbol_name(), declaration.optional), ("real", true));
    let function = declaration.as_function().unwrap();
    assert!(function.nonblocking && function.capture_errno);
    assert_eq!(function.signature.to_string(), "(pointer, ..., i32) -> i32");
    let plain = one(r#"{"parameters": [], "result": "void", "optional": false, "nonblocking": false, "errno": false}"#);
    assert_eq!((plain.symbol_name(), plain.optional), ("f", false));
    let function = plain.as_function().unwrap();
    assert!(!function.nonblocking && !function.capture_errno);
}

#[test]
fn statics() {
    let counter = one(r#"{"type": "u32", "name": "counter", "optional": true}"#);
    assert_eq!(counter.as_static().unwrap().ty, Type::U32);
    let item = one(r#"{"type": {"struct": ["u8"]}}"#);
    assert!(item.as_static().unwrap().ty.as_aggregate().is_some());
}

#[test]
fn order_is_kept() {
    let text = r#"{"z": {"type": "u8"}, "a": {"parameters": [], "result": "void"}, "m": {"type": "u8"}}"#;
    let declarations = Declarations::from_json(text).unwrap();
    let keys: Vec<&str> = declarations.iter().map(|declaration| &*declaration.key).collect();
    assert_eq!(keys, ["z", "a", "m"]);
    assert_eq!(&*declarations.last_function().unwrap().key, "a");
    assert!(Declarations::from_json("{}").unwrap().is_empty());
}

#[test]
fn faults_name_symbol_argument_and_cause() {
    let f = |inside: &str| format!("{{\"f\": {inside}}}");
    for (text, path, argument, message) in [
        (f(r#"{"parameters": ["i32", "i33"], "result": "i32"}"#), "f.parameters[1]", Some(1), "unknown type `i33`"),
        (f(r#"{"parameters": ["void"], "result": "i32"}"#), "f.parameters[0]", Some(0), "a parameter is not `void`"),
        (f(r#"{"parameters": [7], "result": "i32"}"#), "f.parameters[0]", Some(0), "invalid type: integer"),
        (
            f(r#"{"parameters": ["u8", {"struct": ["u8", {"struct": ["void"]}]}], "result": "void"}"#),
            "f.parameters[1].struct[1].struct[0]",
            Some(1),
            "a field of a struct is not `void`",
        ),
        (
            f(r#"{"parameters": [{"struct": []}], "result": "void"}"#),
            "f.parameters[0]",
            Some(0),
            "Struct must have at least one field",
        ),
        (f(r#"{"parameters": [{"strukt": ["u8"]}], "result": "void"}"#), "f.parameters[0].strukt", Some(0), "`strukt`"),
        (f(r#"{"parameters": [{}], "result": "void"}"#), "f.parameters[0]", Some(0), "missing field `struct`"),
        (f(r#"{"parameters": ["f32"], "variadic": 0, "result": "void"}"#), "f", None, "C passes as f64"),
        (f(r#"{"parameters": ["i32"], "variadic": 2, "result": "void"}"#), "f", None, "behind the last"),
        (f(r#"{"parameters": ["i32"], "variadic": -1, "result": "void"}"#), "f.variadic", None, "invalid value"),
        (f(r#"{"parameters": []}"#), "f", None, "missing field `result`"),
        (f(r#"{"result": "void"}"#), "f", None, "missing field `parameters`"),
        (f("{}"), "f", None, "missing field `parameters`"),
        (f(r#"{"type": "i32", "parameters": []}"#), "f", None, "a symbol with `type` is a static"),
        (f(r#"{"type": "i32", "result": "i32"}"#), "f", None, "a symbol with `type` is a static"),
        (f(r#"{"type": "i32", "nonblocking": true}"#), "f", None, "a static has none of"),
        (f(r#"{"type": "void"}"#), "f", None, "a static is not `void`"),
        (f(r#"{"parameters": [], "result": "void", "nonBlocking": true}"#), "f.nonBlocking", None, "`nonBlocking`"),
        (f(r#"{"parameters": [], "result": "void", "result": "void"}"#), "f.result", None, "the key stands twice"),
        (f(r#"{"parameters": [], "result": "void", "optional": 1}"#), "f.optional", None, "invalid type"),
        (f(r#"{"parameters": {}, "result": "void"}"#), "f.parameters", None, "an array of types"),
        (f("7"), "f", None, "an object with"),
        (r#"{"f": {"type": "u8"}, "f": {"type": "u8"}}"#.into(), "f", None, "`f` is declared twice"),
    ] {
        let error = error(&text);
        let shown = error.to_string();
        assert!(shown.contains(message), "{text}: {shown}");
        let DeclarationError::Json { path: found, symbol, argument: at, .. } = error else { panic!("{shown}") };
        assert_eq!((&*found, symbol.as_deref(), at), (path, Some("f"), argument), "{text}: {shown}");
    }
}

#[test]
fn garbage_is_refused() {
    for text in ["", "[", "[]", "null", "{\"f\"", "{\"f\": }", "{} x", "\0", "{\"f\": {\"type\": \"\\ud800\"}}"] {
        assert!(matches!(error(text), DeclarationError::Json { .. }), "{text}");
    }
    let at = error("{\n  \"f\": {\"type\": u8}}");
    assert!(at.to_string().contains("line 2"), "{at}");
}

#[test]
fn hostile_declarations_get_quick_errors() {
    let deep = format!("{{\"f\": {{\"type\": {}", "{\"struct\": [".repeat(100_000));
    assert!(error(&deep).to_string().contains("recursion limit"));
    let many = format!(r#"{{"f": {{"parameters": [{}"u8"], "result": "void"}}}}"#, "\"u8\",".repeat(10_000));
    assert!(error(&many).to_string().contains("more than 255 parameters"));
    let wide = format!(r#"{{"f": {{"type": {{"struct": [{}"u8"]}}}}}}"#, "\"u8\",".repeat(200_000));
    assert!(error(&wide).to_string().contains("members"));
    let most = format!(r#"{{"f": {{"parameters": [{}"u8"], "result": "void"}}}}"#, "\"u8\",".repeat(254));
    assert_eq!(Declarations::from_json(&most).unwrap().len(), 1);
}

/// What a text holds is shown shortly in messages, and without control characters.
#[test]
fn messages_are_short() {
    let long = "x\\n\\u001b".repeat(10_000);
    for text in [
        format!(r#"{{"{long}": 7}}"#),
        format!(r#"{{"f": {{"{long}": 7}}}}"#),
        format!(r#"{{"f": {{"type": "{long}"}}}}"#),
        format!(r#"{{"f": {{"type": {{"{long}": 7}}}}}}"#),
        format!(r#"{{"f": {{"optional": "{long}"}}}}"#),
        format!(r#"{{"f": "{long}"}}"#),
        format!(r#"{{"{long}": {{"type": "u8"}}, "{long}": {{"type": "u8"}}}}"#),
    ] {
        let shown = error(&text).to_string();
        assert!(shown.len() < 500 && !shown.contains(char::is_control), "{shown}");
    }
    let limit = "{}".to_owned() + &" ".repeat(2 << 20);
    assert!(matches!(error(&limit), DeclarationError::TooLong { .. }));
    assert!(Declarations::from_json(&limit[..2 << 20]).is_ok());
}
