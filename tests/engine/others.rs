//! Truth values, pointers of every kind, and functions without a result.

use hotcall_engines::Language;

use crate::world::Expected::{Error, Value};
use crate::world::World;

#[test]
fn booleans_go_both_ways() {
    let world = World::new([("id", "id_bool", "(bool) -> bool"), ("wide", "wide_bool", "(bool) -> i64")]);
    world.check([
        ("id(true)", "true"),
        ("id(false)", "false"),
        ("wide(true)", "1n"),
        ("wide(false)", "0n"),
        ("wide(1 < 2)", "1n"),
        ("wide(!id(true))", "0n"),
    ]);
    world.set_global("there", world.pointer(8 as _));
    world.check_calls(
        "id",
        "bool",
        [
            ("", Error("expected a boolean, not undefined")),
            ("null", Error("expected a boolean, not null")),
            ("0", Error("expected a boolean, not a number")),
            ("1", Error("expected a boolean, not a number")),
            ("NaN", Error("expected a boolean, not a number")),
            ("1n", Error("expected a boolean, not a BigInt")),
            ("'true'", Error("expected a boolean, not a string")),
            ("Symbol()", Error("expected a boolean, not a symbol")),
            ("({})", Error("expected a boolean, not an object")),
            ("new Boolean(true)", Error("expected a boolean, not an object")),
            ("[]", Error("expected a boolean, not an object")),
            ("id", Error("expected a boolean, not a function")),
            ("new Uint8Array(1)", Error("expected a boolean, not a buffer")),
            ("there", Error("expected a boolean, not a pointer")),
        ],
    );
}

/// Each kind of pointer, with the words of its messages.
const WANTED: [(&str, &str); 4] = [
    ("pointer", "null or a pointer"),
    ("function", "null or a pointer"),
    ("buffer", "null or a buffer"),
    ("text", "null, a buffer or a pointer"),
];

#[test]
fn what_is_no_pointer_is_refused() {
    for (ty, wanted) in WANTED {
        let signature = format!("({ty}) -> usize");
        let world = World::new([("f", "address_of", signature.as_str())]);
        let values = [
            ("", "undefined"),
            ("undefined", "undefined"),
            ("0", "a number"),
            ("1.5", "a number"),
            ("4096", "a number"),
            ("NaN", "a number"),
            ("2**53", "a number"),
            ("0n", "a BigInt"),
            ("2n**63n", "a BigInt"),
            ("2n**64n", "a BigInt"),
            ("true", "a boolean"),
            ("''", "a string"),
            ("'text'", "a string"),
            ("Symbol()", "a symbol"),
            ("({})", "an object"),
            ("[]", "an object"),
            ("new Map()", "an object"),
            ("f", "a function"),
            ("() => null", "a function"),
            ("class {}", "a function"),
        ];
        for (value, found) in values {
            let problem = format!("expected {wanted}, not {found}");
            world.check_calls("f", ty, [(value, Error(problem.leak()))]);
        }
        world.check_calls("f", ty, [("null", Value("0n"))]);
    }
}

#[test]
fn pointers_and_buffers_are_not_the_same() {
    let world = World::new([
        ("pointer", "address_of", "(pointer) -> usize"),
        ("func", "address_of", "(function) -> usize"),
        ("buffer", "address_of", "(buffer) -> usize"),
        ("text", "address_of", "(text) -> usize"),
    ]);
    world.set_global("there", world.pointer(0x0001_8283_8485_8688_u64 as _));
    let refuse = |ty: &str, wanted, found| {
        format!("TypeError: cannot call \"address_of\": argument 1 ({ty}): expected {wanted}, not {found}")
    };
    world.check([
        ("pointer(there) === 0x0001828384858688n", "true"),
        ("func(there) === 0x0001828384858688n", "true"),
        ("text(there) === 0x0001828384858688n", "true"),
        ("buffer(there)", &refuse("buffer", "null or a buffer", "a pointer")),
        ("pointer(bytes(1))", &refuse("pointer", "null or a pointer", "a buffer")),
        ("func(bytes(1))", &refuse("function", "null or a pointer", "a buffer")),
        ("pointer(new ArrayBuffer(1))", &refuse("pointer", "null or a pointer", "a buffer")),
        ("text(bytes(1)) > 0n", "true"),
        ("buffer(bytes(1)) > 0n", "true"),
        ("buffer(bytes()) > 0n", "true"),
    ]);
}

#[test]
fn pointers_come_back() {
    let world = World::new([
        ("pointer", "id_pointer", "(pointer) -> pointer"),
        ("func", "id_pointer", "(function) -> function"),
        ("buffer", "id_pointer", "(buffer) -> buffer"),
        ("text", "id_pointer", "(text) -> text"),
        ("address", "address_of", "(pointer) -> usize"),
        ("of_number", "id_u64", "(u64) -> pointer"),
        ("length", "text_length", "(text) -> usize"),
    ]);
    world.set_global("there", world.pointer(0x0001_8283_8485_8688_u64 as _));
    // The pointer that comes back does not keep the array's bytes.
    world.run("globalThis.hi = bytes(104, 105, 0)").unwrap();
    world.check([
        ("pointer(null)", "null"),
        ("func(null)", "null"),
        ("buffer(null)", "null"),
        ("text(null)", "null"),
        ("of_number(0)", "null"),
        ("typeof pointer(there)", "\"object\""),
        ("address(pointer(there)) === 0x0001828384858688n", "true"),
        ("address(func(there)) === 0x0001828384858688n", "true"),
        ("address(text(there)) === 0x0001828384858688n", "true"),
        // Any address is taken.
        ("address(of_number(1))", "1n"),
        ("address(of_number(2n**64n - 1n))", "18446744073709551615n"),
        ("address(of_number(0xfffe000000000001n)) === 0xfffe000000000001n", "true"),
        ("length(text(hi))", "2n"),
        ("length(null)", "18446744073709551615n"),
    ]);
}

#[test]
fn functions_without_a_result_return_undefined() {
    let world = World::new([("up", "count_up", "()"), ("count", "take_count", "() -> i32")]);
    world.run("count()").unwrap();
    world.check([
        ("up()", "undefined"),
        ("up(1, 2, 3)", "undefined"),
        ("count()", "2"),
        ("typeof up()", "\"undefined\""),
        ("count()", "1"),
    ]);
}

#[test]
fn functions_say_what_they_are() {
    let world = World::new([("add_up", "digits8", "(8*f64) -> f64"), ("up", "count_up", "()")]);
    world.check([
        ("add_up.name", "\"add_up\""),
        ("add_up.length", "8"),
        ("up.length", "0"),
        ("typeof up", "\"function\""),
    ]);
}
