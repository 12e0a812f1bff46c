//! Numbers of arguments, and the places where they arrive.

use hotcall_engines::Language;

use crate::world::World;

fn refused(symbol: &str, index: usize, ty: &str, wanted: &str, found: &str) -> String {
    format!("TypeError: cannot call {symbol:?}: argument {index} ({ty}): expected {wanted}, not {found}")
}

#[test]
fn many_arguments_arrive() {
    let world = World::new([
        ("ints", "digits12", "(12*i32) -> i64"),
        ("doubles", "digits8", "(8*f64) -> f64"),
        (
            "all",
            "digits20",
            "(i8, f64, u16, f32, i32, f64, i64, f32, u8, f64, \
              u32, f32, f64, i16, f64, f32, u64, f64, isize, bool) -> u64",
        ),
    ]);
    world.check([
        ("ints(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3)", "123456789123n"),
        ("ints(...[1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3].map(as_double))", "123456789123n"),
        ("ints(1, as_double(2), 3, as_double(4), 5, 6, 7, 8, as_double(9), 1, 2, as_double(3))", "123456789123n"),
        ("doubles(1, 2, 3, 4, 5, 6, 7, 8)", "12345678"),
        ("doubles(1, as_double(2), 3, as_double(4), 5, 6, 7, as_double(8))", "12345678"),
        ("all(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, true)", "12345678912345678901n"),
        (
            "all(...[1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map(as_double), true)",
            "12345678912345678901n",
        ),
        ("all(1, 2, 3, 4, 5, 6, 7n, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8n, 9, 0n, false)", "12345678912345678900n"),
        (
            "all(1, 2, 3, 4, 5, 6, 7, 8, 256, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, true)",
            r#"TypeError: cannot call "digits20": argument 9 (u8): 256 is out of range"#,
        ),
        (
            "all(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1)",
            &refused("digits20", 20, "bool", "a boolean", "a number"),
        ),
        // The first wrong one is named.
        ("ints(1, 2, 3, '4', 5, 6, 1.5, 8, 9, 1, 2, {})", &refused("digits12", 4, "i32", "an integer", "a string")),
    ]);
}

#[test]
fn missing_arguments_are_undefined() {
    let world = World::new([
        ("ints", "digits12", "(12*i32) -> i64"),
        ("double", "id_f64", "(f64) -> f64"),
        ("bool", "id_bool", "(bool) -> bool"),
        ("read", "read_le", "(buffer, usize) -> u64"),
        ("struct", "id_s3", "(struct {u8[3]}) -> struct {u8[3]}"),
    ]);
    world.check([
        ("ints()", &refused("digits12", 1, "i32", "an integer", "undefined")),
        ("ints(1, 2, 3)", &refused("digits12", 4, "i32", "an integer", "undefined")),
        ("ints(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)", &refused("digits12", 12, "i32", "an integer", "undefined")),
        ("ints.call()", &refused("digits12", 1, "i32", "an integer", "undefined")),
        ("ints.call(null, 1)", &refused("digits12", 2, "i32", "an integer", "undefined")),
        ("ints.apply(null, [1, 2])", &refused("digits12", 3, "i32", "an integer", "undefined")),
        ("ints(...[])", &refused("digits12", 1, "i32", "an integer", "undefined")),
        ("double()", &refused("id_f64", 1, "f64", "a number", "undefined")),
        ("bool()", &refused("id_bool", 1, "bool", "a boolean", "undefined")),
        ("read(null)", &refused("read_le", 2, "usize", "an integer or a BigInt", "undefined")),
        ("read()", &refused("read_le", 1, "buffer", "null or a buffer", "undefined")),
        ("globalThis.struct()", &refused("id_s3", 1, "struct {u8[3]}", "a buffer", "undefined")),
    ]);
}

#[test]
fn the_first_wrong_argument_is_named() {
    let world =
        World::new([("two", "two", "(buffer, buffer, i32) -> u64"), ("n", "count_number", "(i32, f64, pointer)")]);
    world.check([
        ("two(1, 2, 'x')", &refused("two", 1, "buffer", "null or a buffer", "a number")),
        ("two(null, 2, 'x')", &refused("two", 2, "buffer", "null or a buffer", "a number")),
        ("two(bytes(1), bytes(2), 'x')", &refused("two", 3, "i32", "an integer", "a string")),
        ("two(bytes(1), undefined, 1.5)", &refused("two", 2, "buffer", "null or a buffer", "undefined")),
        ("n('a', 'b', 'c')", &refused("count_number", 1, "i32", "an integer", "a string")),
        ("n(1, 'b', 'c')", &refused("count_number", 2, "f64", "a number", "a string")),
        ("n(1, 2, 'c')", &refused("count_number", 3, "pointer", "null or a pointer", "a string")),
    ]);
}

#[test]
fn c_is_not_called_with_wrong_arguments() {
    let world = World::new([("n", "count_number", "(i32, f64, pointer)"), ("count", "take_count", "() -> i32")]);
    world.run("count()").unwrap();
    for source in ["n()", "n(1)", "n(1, 2)", "n(1, 2, 3)", "n(1.5, 2, null)", "n(1, '', null)", "n(2**31, 2, null)"] {
        assert!(world.run(source).is_err(), "{source}");
    }
    world.check([("count()", "0"), ("n(1, 2, null)", "undefined"), ("count()", "1")]);
}

#[test]
fn further_arguments_are_ignored() {
    let world = World::new([
        ("ints", "digits12", "(12*i32) -> i64"),
        ("double", "id_f64", "(f64) -> f64"),
        ("none", "forty_two", "() -> i32"),
        ("read", "read_le", "(buffer, usize) -> u64"),
    ]);
    world.check([
        ("ints(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 'x', {}, Symbol())", "123456789123n"),
        ("double(1.5, 'x')", "1.5"),
        ("double(...[2.5, 1, 2, 3])", "2.5"),
        ("double(...Array(1000).fill(7))", "7"),
        ("double.call({}, 3.5, 'x')", "3.5"),
        ("double.call(null, 3.5)", "3.5"),
        ("double.apply(undefined, [4.5, 1])", "4.5"),
        ("double.bind(null, 5.5)(1)", "5.5"),
        ("Reflect.apply(double, null, [6.5])", "6.5"),
        ("[1, 2].map(double)", "1,2"),
        ("none(1, 2, 3)", "42"),
        ("none.call()", "42"),
        ("read(bytes(1, 2), 2, 'x')", "513n"),
        ("({ double }).double(7.5)", "7.5"),
    ]);
}

#[test]
fn methods_and_loops_call_functions() {
    let world = World::new([("double", "id_f64", "(f64) -> f64"), ("i", "id_i32", "(i32) -> i32")]);
    world.check([
        ("(() => { let sum = 0; for (let n = 0; n < 10000; n++) sum += i(n) + double(n); return sum })()", "99990000"),
        // Wrong arguments do not affect later calls.
        (
            "(() => { let sum = 0; for (let n = 0; n < 1000; n += 0.5) { \
              try { sum += i(n) } catch { sum += 1 } } return sum })()",
            "500500",
        ),
    ]);
}
