//! Deno's JSON form, through the public API.

use hotcall::declare::{DeclarationError, Declarations};
use hotcall::{Character, Direction, Layout, Length, Target, Type};

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
fn statics_have_types() {
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
        (f(r#"{"parameters": [], "result": null}"#), "f.result", None, "invalid type: null"),
        (f("7"), "f", None, "an object with"),
        // An array is not a symbol, even if its elements are what the keys have.
        (f(r#"[["u8"], "void"]"#), "f", None, "invalid type: sequence, expected an object with"),
        (
            f(
                r#"{"parameters": [{"function": {"parameters": [], "result": "void", "names": ["a"]}}], "result": "void"}"#,
            ),
            "f.parameters[0].function",
            Some(0),
            "1 `names` for 0 parameters",
        ),
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

/// Messages quote a short part of the text, without control characters.
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

/// Types that C has and Deno does not.
#[test]
fn pointers_tell_what_they_point_to() {
    let told = |ty: &str| {
        let declaration = one(&format!(r#"{{"parameters": [{ty}], "result": "void"}}"#));
        let ty = declaration.as_function().unwrap().signature.params()[0].clone();
        (ty.to_string(), ty.pointer().unwrap().clone())
    };
    let (ty, pointer) = told(r#"{"pointer": "i32", "const": true, "length": 4, "direction": "in"}"#);
    assert_eq!((&*ty, pointer.to_string()), ("pointer", "const i32 *".to_owned()));
    assert_eq!((pointer.length(), pointer.direction()), (Some(&Length::Elements(4)), Some(Direction::In)));
    let (ty, pointer) = told(r#"{"pointer": "char", "length": "n", "direction": "inout", "freedBy": "free"}"#);
    assert_eq!((&*ty, pointer.to_string(), pointer.freed_by()), ("text", "i8 *".to_owned(), Some("free")));
    assert_eq!((pointer.length(), pointer.direction()), (Some(&Length::Counted("n".into())), Some(Direction::InOut)));
    assert_eq!(told(r#"{"pointer": "void"}"#).1.to_string(), "void *");
    let length = |ty: &str| told(ty).1.length().cloned();
    assert_eq!(length(r#"{"pointer": "void", "byteLength": 8}"#), Some(Length::Bytes(8)));
    assert_eq!(length(r#"{"pointer": "void", "byteLength": "n"}"#), Some(Length::CountedBytes("n".into())));
    assert_eq!(told(r#"{"pointer": {"pointer": "u8", "direction": "out"}}"#).1.to_string(), "pointer *");
    assert_eq!(
        told(r#"{"pointer": {"struct": {"x": "f64", "y": "f64"}, "name": "point"}}"#).1.to_string(),
        "struct point *"
    );
    let (ty, pointer) =
        told(r#"{"function": {"parameters": ["i32", "pointer"], "result": "void", "names": ["n", null]}}"#);
    assert_eq!((&*ty, pointer.to_string()), ("function", "(i32, pointer) *".to_owned()));
    let Target::Function(function) = pointer.target() else { panic!("{pointer}") };
    assert_eq!((function.parameter_name(0), function.parameter_name(1)), (Some("n"), None));
}

#[test]
fn character_types_have_their_names_in_c() {
    let character = |name: &str| {
        let declaration = one(&format!(r#"{{"parameters": ["{name}"], "result": "void"}}"#));
        let ty = declaration.as_function().unwrap().signature.params()[0].clone();
        (ty.to_string(), ty.character())
    };
    assert_eq!(character("char"), (Character::Char.scalar().name().to_owned(), Some(Character::Char)));
    assert_eq!(character("char8_t"), ("u8".to_owned(), Some(Character::Char8)));
    assert_eq!(character("char16_t"), ("u16".to_owned(), Some(Character::Char16)));
    assert_eq!(character("char32_t"), ("u32".to_owned(), Some(Character::Char32)));
    assert_eq!(character("wchar_t").1, Some(Character::Wide));
    assert_eq!(character("u16").1, None);
    let declaration =
        one(r#"{"parameters": [{"struct": {"name": {"array": "char", "length": 8}}}], "result": "void"}"#);
    let ty = &declaration.as_function().unwrap().signature.params()[0];
    let element = ty.as_aggregate().unwrap().fields()[0].ty().as_array().unwrap().element();
    assert_eq!(element.character(), Some(Character::Char));
}

#[test]
fn members_have_names_and_unions_and_arrays_are_types() {
    let text = r#"{"parameters": [{"struct": {"tag": "u8", "u": {"union": {"i": "i32", "bytes": {"array": "u8", "length": 4}}},
                   "n": "u32", "rest": {"array": "i16", "length": "n"}}, "name": "s"}, "i32"], "result": "void",
                   "names": ["s", "count"]}"#;
    let declaration = one(text);
    let function = declaration.as_function().unwrap();
    let ty = &function.signature.params()[0];
    let fields = ty.as_aggregate().unwrap().fields();
    let shown: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.name().unwrap(), field.ty())).collect();
    assert_eq!(shown, ["tag: u8", "u: union {i32, u8[4]}", "n: u32", "rest: i16[]"]);
    assert_eq!(ty.to_string(), "struct s");
    assert_eq!(fields[3].ty().as_array().unwrap().counted_by(), Some("n"));
    assert_eq!(function.parameter_names[1].as_deref(), Some("count"));
}

#[test]
fn wrong_types_are_named_with_their_place() {
    for (ty, problem) in [
        (r#"{"name": "x"}"#, "missing field `struct` (or `union`, `array`, `pointer`, `function`)"),
        (
            r#"{"struct": ["i32"], "pointer": "i32"}"#,
            "a type is one of `struct`, `union`, `array`, `pointer` and `function`",
        ),
        (r#"{"struct": ["i32"], "const": true}"#, "`const`, `direction` and `freedBy` belong to a pointer"),
        (r#"{"pointer": "i32", "name": "x"}"#, "`name` belongs to a struct or union"),
        (r#"{"union": ["i32"], "length": 1}"#, "`length` belongs to a pointer or an array"),
        (r#"{"array": "i32"}"#, "missing field `length`"),
        (r#"{"array": "i32", "byteLength": 1}"#, "`byteLength` belongs to a pointer"),
        (r#"{"pointer": "i32", "length": 1, "byteLength": 4}"#, "a pointer has one of `length` and `byteLength`"),
        (r#"{"struct": ["i32"], "name": ""}"#, "the `name` is empty"),
        (r#"{"array": "void", "length": 1}"#, "an array's elements are not `void`"),
        (r#"{"array": "i32", "length": 2}"#, "argument 2 is an array, which C passes as a pointer"),
        (r#"{"pointer": "i32", "direction": "up"}"#, "unknown variant `up`, expected one of `in`, `out`, `inout`"),
        (
            r#"{"pointer": "i32", "length": -1}"#,
            "invalid type: integer `-1`, expected a number of elements, or the name of a parameter or member",
        ),
        (r#"{"pointer": "i32", "length": 4294967296}"#, "a length of 4294967296 elements"),
        (r#"{"pointer": "long"}"#, "unknown type `long`"),
        (r#"{"struct": {"x": "void"}}"#, "a field of a struct is not `void`"),
        (r#"{"struct": {"x": "i32", "x": "i32"}}"#, "two members are named `x`"),
        (r#"{"struct": {}}"#, "Struct must have at least one field"),
        (r#"{"function": {"parameters": []}}"#, "missing field `result`"),
        (r#"{"function": {"parameters": [], "result": "void", "names": ["a"]}}"#, "1 `names` for 0 parameters"),
        (
            r#"{"function": {"parameters": [], "result": "void", "variadic": 0}}"#,
            "unknown field `variadic`, expected one of `parameters`, `result`, `names`",
        ),
    ] {
        let text = format!(r#"{{"f": {{"parameters": ["i32", {ty}], "result": "void"}}}}"#);
        let error = Declarations::from_json(&text).unwrap_err();
        let DeclarationError::Json { path, symbol, problem: found, .. } = &error else { panic!("{error}") };
        assert_eq!(&**found, problem, "{ty}");
        assert_eq!(symbol.as_deref(), Some("f"));
        assert!(path.starts_with("f"), "{path}");
    }
    let text = r#"{"v": {"type": "i32", "names": []}}"#;
    assert_eq!(
        Declarations::from_json(text).unwrap_err().to_string(),
        "v (line 1, column 34): a static has no `names` of parameters"
    );
}
