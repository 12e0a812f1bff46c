//! Buffers' memory and pins, while JavaScriptCore runs a function.

use hotcall::Type;
use hotcall_engines::jsc::{JscScript, words};

use crate::callees::{Pair, two};
use crate::calls::define_sum_after;
use crate::languages::{check, define};
use crate::world::both_ways;

#[test]
fn buffers_that_script_gives_away_or_shrinks_stay() {
    both_ways(|| {
        let Some(script) = JscScript::new() else { return };
        let _callbacks = define_sum_after(&script);
        check(
            &script,
            &[
                (
                    "action = () => { try { b.transfer() } catch {} churn() }; b = new ArrayBuffer(64); \
                     new Uint8Array(b).fill(1); sum_after(b, 64, pact)",
                    "64",
                ),
                // The system takes pages back when a buffer shrinks.
                (
                    "action = () => { try { b.resize(0) } catch {} churn() }; \
                     b = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 20 }); new Uint8Array(b).fill(1); \
                     sum_after(b, 1 << 20, pact)",
                    "1048576",
                ),
            ],
        );
    });
}

#[test]
fn pins_are_released() {
    let Some(script) = JscScript::new() else { return };
    let pair = Type::structure([("a", Type::I32), ("b", Type::F32)]).unwrap();
    define(&script, "two", two as _, [Type::BUFFER, Type::BUFFER, Type::I32], Type::I32);
    extern "C" fn a_of(pair: Pair, _: *const u8) -> i32 {
        pair.a
    }
    define(&script, "a_of", a_of as _, [pair, Type::BUFFER], Type::I32);
    check(&script, &[("bytes = new Uint8Array(8); 0", "0")]);
    let engine = script.realm.engine();
    let wrong = |f: &str, index: u32, expected: &str, found: &str| {
        format!("TypeError: cannot call \"{f}\": argument {index} ({expected}): expected {found}")
    };
    let cases = [
        // Helpers convert objects that no call has got yet.
        ("two(new Uint8Array(8), new ArrayBuffer(8), 5)", "7".into(), 2),
        ("two(null, new Uint8Array(8), 5)", "6".into(), 1),
        ("two(null, null, 5)", "5".into(), 0),
        // Those before the wrong one.
        ("two(new Uint8Array(8), 7, 5)", wrong("two", 2, "buffer", "null or a buffer, not a number"), 1),
        ("a_of(new Uint8Array(8), null)", "0".into(), 1),
        ("a_of(new Uint8Array(8), 'x')", wrong("a_of", 2, "buffer", "null or a buffer, not a string"), 1),
    ];
    for (source, expected, pins) in cases {
        let before = engine.pinned.get();
        check(&script, &[(source, &expected)]);
        assert_eq!(engine.pins.get(), 0, "{source}");
        assert_eq!(engine.pinned.get() - before, pins, "{source}");
    }
    // The first wrong argument is named, also if others were pinned before.
    check(
        &script,
        &[
            (
                "two(bytes, new ArrayBuffer(8), 'x')",
                "TypeError: cannot call \"two\": argument 3 (i32): expected an integer, not a string",
            ),
            (
                "two('x', bytes, 'y')",
                "TypeError: cannot call \"two\": argument 1 (buffer): expected null or a buffer, not a string",
            ),
        ],
    );
    assert_eq!(engine.pins.get(), 0);
    assert_eq!(words(script.value("null")), [2, 0]);
}
