//! Bytes that are pinned while C uses them.

use std::cell::Cell;
use std::rc::Rc;

use hotcall::engine::Words;
use hotcall_engines::Language;

use crate::world::{World, both_ways};

const S8: &str = "struct {i32, i16, u8, u8}";

fn world() -> World {
    let world = World::new([
        ("read", "read_le", "(buffer, usize) -> u64"),
        ("two", "two", "(buffer, buffer, i32) -> u64"),
        ("text", "text_length", "(text) -> usize"),
        ("pointer", "id_pointer", "(pointer) -> pointer"),
        ("i32", "id_i32", "(i32) -> i32"),
        ("with_bytes", "call_with_bytes", "(function, buffer) -> i32"),
        ("call_times", "call_times", "(function, i32) -> i32"),
    ]);
    world.add("s8", "id_s8", &format!("({S8}) -> {S8}"));
    world.add("both", "both", &format!("(buffer, {S8}, i32) -> u8"));
    world.set_global("there", world.pointer(16 as _));
    world
}

/// Runs a script. Returns the number of pins, and checks that all were released.
fn pins(world: &World, source: &str) -> usize {
    // SAFETY: no call runs.
    let take = || unsafe { world.realm.take_pins(world.site()) };
    take();
    let before = world.realm.engine().host().unpinned();
    let _ = world.run(source);
    take();
    assert_eq!(world.realm.engine().buffers().pins().count(), 0, "{source}");
    world.realm.engine().host().unpinned() - before
}

#[track_caller]
fn check<const N: usize>(rows: [(&str, usize); N]) {
    let world = world();
    assert_eq!(rows.map(|(source, _)| (source, pins(&world, source))), rows);
}

#[test]
fn bytes_alone_are_pinned() {
    check([
        ("i32(1)", 0),
        ("i32('x')", 0),
        ("void pointer(there)", 0),
        ("pointer(null)", 0),
        ("text(null)", 0),
        ("read(null, 0)", 0),
        ("read(bytes(1, 2), 2)", 1),
        ("read(new ArrayBuffer(2), 2)", 1),
        ("read(new DataView(new ArrayBuffer(2)), 2)", 1),
        ("read(new SharedArrayBuffer(2), 2)", 1),
        ("text(bytes(65, 0))", 1),
        ("two(bytes(1), bytes(2), 3)", 2),
        ("two(bytes(1), null, 3)", 1),
        ("two(null, bytes(1), 3)", 1),
        // Structs are copied before C runs.
        ("s8(new Uint8Array(8))", 0),
        ("both(bytes(1), new Uint8Array(8), 3)", 1),
        ("(() => { let b = bytes(1); two(b, b, 0) })()", 1),
    ]);
}

#[test]
fn pins_go_when_a_later_argument_is_refused() {
    check([
        ("two(bytes(1), 5, 3)", 0),
        ("two(bytes(1), '', 3)", 0),
        ("both(bytes(1), new Uint8Array(7), 3)", 0),
        ("both(bytes(1), null, 3)", 0),
        // Machine code does not read data views, so helpers pin them.
        ("two(new DataView(new ArrayBuffer(8)), 5, 3)", 1),
        ("both(new DataView(new ArrayBuffer(8)), null, 3)", 1),
        // Another argument was found wrong first, before the buffers were looked at or after.
        ("two(5, bytes(1), 3)", 0),
    ]);
    let world = world();
    for source in ["two(bytes(1), bytes(2), 1.5)", "read(bytes(1), -1)", "both(bytes(1), new Uint8Array(8))"] {
        assert!(world.run(source).is_err());
        pins(&world, source);
    }
}

#[test]
fn pins_go_when_the_result_cannot_be_made_or_something_was_thrown() {
    both_ways(|| {
        let world = world();
        world.callback("throws", "() -> i32", "() => { throw new Error('thrown') }");
        world.callback("fine", "() -> i32", "() => 3");
        assert_eq!(pins(&world, "with_bytes(fine, bytes(1))"), 1);
        assert_eq!(pins(&world, "with_bytes(throws, bytes(1))"), 1);
        world.check([("with_bytes(fine, bytes(7))", "307"), ("with_bytes(throws, bytes(7))", "Error: thrown")]);
    });
}

#[test]
fn bytes_are_pinned_while_c_runs() {
    let world = world();
    let (seen, realm, site) = (Rc::new(Cell::new(false)), world.realm.clone(), world.site());
    let signature = hotcall::Signature::new([], hotcall::Type::I32).unwrap();
    let thunk = hotcall::Thunk::new(&signature).unwrap();
    let handler = {
        let seen = Rc::clone(&seen);
        move |call: &mut hotcall::Call<'_>| {
            let run = |_: &[Words]| {
                seen.set(realm.pins_are_in_use());
                // SAFETY: this stands for script that C calls.
                unsafe { realm.take_pins(site) };
                Ok([1, 0])
            };
            // SAFETY: the callback has this signature, and 1 is a number of the engine.
            unsafe { realm.answer(site, &signature, call, run) };
        }
    };
    let options = hotcall::LocalOptions::default();
    let callback = hotcall::Callback::local(&thunk, options, Err, handler).unwrap();
    world.set_global("look", world.pointer(callback.as_ptr()));
    world.check([("with_bytes(look, bytes(5))", "105")]);
    assert!(seen.get());
    assert!(!world.realm.pins_are_in_use());
    // Nothing was released during the call.
    assert_eq!(world.realm.engine().host().unpinned(), 0);
    // SAFETY: no call runs any more.
    unsafe { world.realm.take_pins(world.site()) };
    assert_eq!(world.realm.engine().host().unpinned(), 1);
}

#[test]
fn each_call_releases_its_own() {
    both_ways(|| {
        let world = world();
        world.callback(
            "inner",
            "() -> i32",
            "() => Number(read(bytes(4, 5), 1)) + both(bytes(1), new Uint8Array(8), 2)",
        );
        world.callback(
            "bad",
            "() -> i32",
            "() => { try { two(bytes(1), 2, 3) } catch { } return read(bytes(1), 'x') }",
        );
        world.check([("with_bytes(inner, bytes(9))", "709")]);
        assert_eq!(pins(&world, "with_bytes(inner, bytes(9))"), 3);
        assert!(world.run("with_bytes(bad, bytes(9))").is_err());
        pins(&world, "with_bytes(bad, bytes(9))");
    });
}

#[test]
fn what_is_pinned_outlives_its_last_reference() {
    both_ways(|| {
        let world = world();
        // The array is garbage from the moment that C has it; only the pin keeps its bytes.
        world.callback(
            "collect",
            "() -> i32",
            "() => { for (let n = 0; n < 100; n++) new Uint8Array(64).fill(n); return 2 }",
        );
        world.check([("with_bytes(collect, new Uint8Array(64).fill(42))", "242")]);
        // A buffer that is taken away from the call that uses it.
        world.callback("drop", "() -> i32", "() => { held = null; return 3 }");
        world.check([("(globalThis.held = bytes(17), with_bytes(drop, held))", "317")]);
    });
}

#[test]
fn bytes_that_script_gives_away_during_a_call_stay_in_place() {
    let world = world();
    world.run("globalThis.junk = []").unwrap();
    world.run("globalThis.resizable = () => new Uint8Array(new ArrayBuffer(64, { maxByteLength: 4096 }))").unwrap();
    for (array, way) in [
        ("new Uint8Array(64)", "held.buffer.transfer()"),
        ("new Uint8Array(64)", "held.buffer.transfer(0)"),
        ("new Uint8Array(64)", "held.buffer.transfer(1000)"),
        ("new Uint8Array(64)", "held.buffer.transfer().transfer(0)"),
        ("new Uint8Array(64)", "held.buffer.transferToFixedLength(5)"),
        ("new Uint8Array(64)", "held.buffer.transferToImmutable()"),
        ("resizable()", "held.buffer.resize(0)"),
        ("resizable()", "held.buffer.resize(4096)"),
        ("resizable()", "(held.buffer.resize(0), held.buffer.transfer())"),
    ] {
        let reuse = "held = null; for (let n = 0; n < 100; n++) junk.push(new Uint8Array(64).fill(238))";
        world.callback("give_away", "() -> i32", &format!("() => {{ {way}; {reuse}; return 2 }}"));
        assert_eq!(pins(&world, &format!("globalThis.held = {array}.fill(42)")), 0);
        assert_eq!(world.show("with_bytes(give_away, held)"), "242", "{way}");
    }
}

#[test]
fn script_does_not_see_that_methods_of_buffers_are_replaced() {
    world().check([
        ("new ArrayBuffer(3).constructor === ArrayBuffer", "true"),
        ("new ArrayBuffer(3) instanceof ArrayBuffer", "true"),
        ("ArrayBuffer.name + ArrayBuffer.length + ArrayBuffer.prototype.transfer.name", r#""ArrayBuffer1transfer""#),
        ("new ArrayBuffer(3, { maxByteLength: 9 }).maxByteLength", "9"),
        ("new ArrayBuffer(3).transfer(5).byteLength", "5"),
        ("new ArrayBuffer(3, { maxByteLength: 9 }).transfer().resizable", "true"),
        ("new ArrayBuffer(3).transferToImmutable().immutable", "true"),
        ("new (class extends ArrayBuffer {})(4).byteLength", "4"),
        ("Object.keys(globalThis).includes('replacement')", "false"),
    ]);
}
