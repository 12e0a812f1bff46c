//! Script functions that C calls: arguments and results of every type.

use std::ffi::c_void;

use hotcall::{Call, Callback, Function, OnPanic, Thunk};
use hotcall_engines::Language;
use hotcall_testing::notation;

use crate::world::{World, both_ways};

const S3: &str = "struct {u8[3]}";
const S8: &str = "struct {i32, i16, u8, u8}";
const S16: &str = "struct {f64, i32, f32}";
const S24: &str = "struct {i64[3]}";

/// All types of the fixture's functions `call_…` and `last_…`.
pub(crate) const TYPES: [(&str, &str); 18] = [
    ("i8", "i8"),
    ("u8", "u8"),
    ("i16", "i16"),
    ("u16", "u16"),
    ("i32", "i32"),
    ("u32", "u32"),
    ("i64", "i64"),
    ("u64", "u64"),
    ("isize", "isize"),
    ("usize", "usize"),
    ("bool", "bool"),
    ("f32", "f32"),
    ("f64", "f64"),
    ("pointer", "pointer"),
    ("s3", S3),
    ("s8", S8),
    ("s16", S16),
    ("s24", S24),
];

/// `call` hands its second argument to the callback and returns what that returned, which `last` returns too.
pub(crate) fn world_of(name: &str, ty: &str) -> World {
    let signatures = [format!("(function, {ty}) -> {ty}"), format!("() -> {ty}")];
    let symbols = [format!("call_{name}"), format!("last_{name}")];
    World::new([
        ("call", symbols[0].as_str(), signatures[0].as_str()),
        ("last", symbols[1].as_str(), signatures[1].as_str()),
        ("address", "address_of", "(pointer) -> usize"),
        ("to_pointer", "id_usize", "(usize) -> pointer"),
    ])
}

#[test]
fn every_type_goes_through_script() {
    both_ways(|| {
        // The argument, and the value that script sees.
        let rows: [(&str, &[(&str, &str)]); 18] = [
            ("i8", &[("127", "127"), ("-128", "-128"), ("0", "0")]),
            ("u8", &[("255", "255"), ("128", "128")]),
            ("i16", &[("32767", "32767"), ("-32768", "-32768"), ("0x1234", "4660")]),
            ("u16", &[("65535", "65535"), ("0x8182", "33154")]),
            ("i32", &[("2**31 - 1", "2147483647"), ("-(2**31)", "-2147483648"), ("0x12345678", "305419896")]),
            ("u32", &[("2**32 - 1", "4294967295"), ("2**31", "2147483648"), ("0x81828384", "2172814212")]),
            ("i64", &[("2n**63n - 1n", "9223372036854775807n"), ("-(2n**63n)", "-9223372036854775808n"), ("5", "5n")]),
            ("u64", &[("2n**64n - 1n", "18446744073709551615n"), ("2n**63n", "9223372036854775808n"), ("5", "5n")]),
            ("isize", &[("-1n", "-1n"), ("2**53", "9007199254740992n")]),
            ("usize", &[("2**32", "4294967296n"), ("0", "0n")]),
            ("bool", &[("true", "true"), ("false", "false")]),
            (
                "f32",
                &[("1.5", "1.5"), ("-0", "-0"), ("NaN", "NaN"), ("0.1", "0.10000000149011612"), ("1e300", "Infinity")],
            ),
            ("f64", &[("0.1", "0.1"), ("-0", "-0"), ("NaN", "NaN"), ("-Infinity", "-Infinity"), ("7", "7")]),
            ("pointer", &[("null", "null")]),
            ("s3", &[("bytes(1, 2, 3)", "Uint8Array[1,2,3]")]),
            ("s8", &[("bytes(1, 2, 3, 4, 5, 6, 7, 8)", "Uint8Array[1,2,3,4,5,6,7,8]")]),
            (
                "s16",
                &[(
                    "bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)",
                    "Uint8Array[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]",
                )],
            ),
            (
                "s24",
                &[(
                    "bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)",
                    "Uint8Array[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24]",
                )],
            ),
        ];
        for ((name, ty), (row, values)) in TYPES.into_iter().zip(rows) {
            assert_eq!(name, row);
            let world = world_of(name, ty);
            world.callback("f", &format!("({ty}) -> {ty}"), "(...all) => (seen = all.map(show).join(), all[0])");
            for &(value, shown) in values {
                assert_eq!(world.show(&format!("call(f, {value})")), shown, "{ty}");
                assert_eq!(world.run("seen").unwrap(), shown, "{ty}");
                assert_eq!(world.show("last()"), shown, "{ty}");
            }
        }
    });
}

#[test]
fn results_are_converted_as_arguments_are() {
    both_ways(|| {
        let rows: [(&str, &str, &str); 17] = [
            ("i8", "as_double(-7)", "-7"),
            ("u8", "as_double(200)", "200"),
            ("i16", "-0", "0"),
            ("u16", "as_double(65535)", "65535"),
            ("i32", "as_double(-5)", "-5"),
            ("u32", "2**32 - 1", "4294967295"),
            ("i64", "2**53", "9007199254740992n"),
            ("i64", "2n**64n - 1n", "-1n"),
            ("u64", "-1n", "18446744073709551615n"),
            ("u64", "2**63", "9223372036854775808n"),
            ("isize", "-3", "-3n"),
            ("usize", "2n**64n", "0n"),
            ("f32", "16777217", "16777216"),
            ("f64", "3", "3"),
            ("pointer", "null", "null"),
            ("s3", "bytes(9, 8, 7, 6, 5).subarray(1)", "Uint8Array[8,7,6]"),
            ("s8", "new DataView(bytes(0, 1, 2, 3, 4, 5, 6, 7, 8).buffer, 1)", "Uint8Array[1,2,3,4,5,6,7,8]"),
        ];
        for (name, result, shown) in rows {
            let ty = TYPES.iter().find(|row| row.0 == name).unwrap().1;
            let world = world_of(name, ty);
            world.callback("f", &format!("({ty}) -> {ty}"), &format!("() => {result}"));
            let zero = if name == "bool" {
                "false"
            } else if ty.starts_with('s') {
                "new Uint8Array(8)"
            } else {
                "0"
            };
            let zero = if name == "pointer" { "null" } else { zero };
            assert_eq!(world.show(&format!("call(f, {zero})")), shown, "{ty}");
            assert_eq!(world.show("last()"), shown, "{ty}");
        }
    });
}

#[test]
fn pointers_go_through() {
    both_ways(|| {
        let world = world_of("pointer", "pointer");
        world.callback("f", "(pointer) -> pointer", "p => (seen = address(p), p)");
        world.check([
            ("address(call(f, to_pointer(0x0001828384858687n))) === 0x0001828384858687n", "true"),
            ("seen === 0x0001828384858687n", "true"),
        ]);
    });
}

#[test]
fn arguments_come_in_order() {
    both_ways(|| {
        let world = World::new([("call", "call_many", "(function) -> f64")]);
        let signature = format!("(i8, f64, u16, f32, i32, f64, i64, {S8}, bool, pointer, {S24}) -> f64");
        world.callback("f", &signature, "(...all) => (seen = all.map(show).join(' '), all.length)");
        world.check([("call(f)", "11")]);
        let expected = "-1 2.5 3 4.5 -5 6.5 7n Uint8Array[8,0,0,0,9,0,10,11] true null \
                        Uint8Array[12,0,0,0,0,0,0,0,13,0,0,0,0,0,0,0,14,0,0,0,0,0,0,0]";
        assert_eq!(world.run("seen").unwrap(), expected);
    });
}

#[test]
fn structs_that_are_handed_over_are_kept() {
    both_ways(|| {
        let world = world_of("s24", S24);
        world.callback("f", &format!("({S24}) -> {S24}"), "s => (kept.push(s), s)");
        world
            .run("globalThis.kept = []; for (let n = 0n; n < 10n; n++) call(f, i64s(n, n + 1n, n + 2n)); kept[9].fill(1)")
            .unwrap();
        world.check([
            ("kept.length", "10"),
            ("kept[0].join() === i64s(0n, 1n, 2n).join()", "true"),
            ("kept[8].join() === i64s(8n, 9n, 10n).join()", "true"),
        ]);
    });
}

#[test]
fn any_result_is_taken_for_void() {
    both_ways(|| {
        let world = World::new([("call", "call_void", "(function)")]);
        for result in ["undefined", "1", "'x'", "{}", "Symbol()", "new Map()"] {
            world.callback("f", "()", &format!("() => (ran = true, {result})").replace("{}", "({})"));
            world.run("globalThis.ran = false").unwrap();
            world.check([("call(f)", "undefined"), ("ran", "true")]);
        }
    });
}

#[test]
fn calls_run_within_calls() {
    both_ways(|| {
        let world = World::new([("call", "call_times", "(function, i32) -> i32"), ("id", "id_i32", "(i32) -> i32")]);
        world.callback("add", "(i32) -> i32", "n => id(n) + 1");
        world.callback("deeper", "(i32) -> i32", "n => n > 0 ? call(deeper, n) + 1 : 1");
        world.check([
            ("call(add, 10)", "55"),
            ("call(add, 0)", "0"),
            // f(n) = the sum of f(0) to f(n - 1), plus 1; the call adds up f(0) to f(9).
            ("call(deeper, 10)", "1023"),
        ]);
    });
}

/// For sync callbacks: only the realm's thread calls them.
struct OnThisThread<F>(F);

// SAFETY: this test calls it on the thread that made it, and drops it there.
unsafe impl<F> Send for OnThisThread<F> {}
// SAFETY: this test calls it on the thread that made it.
unsafe impl<F> Sync for OnThisThread<F> {}

impl<F: Fn(&mut Call<'_>)> OnThisThread<F> {
    fn answer(&self, call: &mut Call<'_>) {
        (self.0)(call);
    }
}

#[test]
fn callbacks_of_any_thread_run_script_on_this_one() {
    let world = World::new([("call", "call_times", "(function, i32) -> i32")]);
    let signature = notation::signature("(i32) -> i32");
    let handler = OnThisThread(world.handler(&signature, "n => { if (n > 2) throw n; return n * 10 }"));
    let thunk = Thunk::new(&signature).unwrap();
    let callback = Callback::sync(&thunk, OnPanic::Abort, move |call| handler.answer(call)).unwrap();
    world.set_pointer("f", callback.as_ptr());
    world.check([("call(f, 3)", "30"), ("call(f, 5)", "3"), ("call(f, 2)", "10")]);
}

/// A function that returns a struct in memory gets the address of that, and returns it.
#[cfg(target_arch = "x86_64")]
type InMemory = unsafe extern "C-unwind" fn(result: *mut u8) -> *mut u8;

#[cfg(target_arch = "x86_64")]
#[test]
fn results_may_lie_in_the_memory_that_they_go_to() {
    both_ways(|| {
        unsafe extern "C-unwind" fn fill(f: InMemory, result: *mut u8) {
            // SAFETY: the test passes a callback that returns a struct, and room for that.
            unsafe { f(result) };
        }
        let world = World::new([]);
        let (address, signature) = (fill as *const c_void, notation::signature("(function, buffer)"));
        // SAFETY: this is its signature.
        world.define(
            "fill",
            &unsafe { Function::from_address("fill", address, &signature, Default::default()) }.unwrap(),
        );
        world.callback("f", &format!("() -> {S24}"), "() => b.subarray(0, 24)");
        let fill = |start: usize| {
            world.run("globalThis.b = bytes(...Array.from({ length: 32 }, (_, index) => index + 1))").unwrap();
            world.show(&format!("(fill(f, b.subarray({start})), b)"))
        };
        // The place of the result has zeros while script runs.
        let bytes = |[a, b, c, d]: [&str; 4]| format!("Uint8Array[{a},{b},{c},{d}]");
        let (zeros, first, last) = ("0,0,0,0,0,0,0,0", "1,2,3,4,5,6,7,8", "25,26,27,28,29,30,31,32");
        assert_eq!(fill(0), bytes([zeros, zeros, zeros, last]));
        assert_eq!(fill(8), bytes([first, first, zeros, zeros]));
    });
}
