//! Buffers, and views of a part of one.

use hotcall_engines::Language;

use crate::world::Expected::Error;
use crate::world::World;

fn world() -> World {
    World::new([
        ("read", "read_le", "(buffer, usize) -> u64"),
        ("read_text", "read_le", "(text, usize) -> u64"),
        ("first", "id_pointer", "(buffer) -> buffer"),
        ("address", "address_of", "(buffer) -> usize"),
        ("fill", "fill", "(buffer, usize, u8)"),
        ("s3", "id_s3", "(struct {u8[3]}) -> struct {u8[3]}"),
    ])
}

#[test]
fn all_arrays_show_their_bytes() {
    let world = world();
    for (array, size) in [
        ("Uint8Array", 1),
        ("Int8Array", 1),
        ("Uint8ClampedArray", 1),
        ("Uint16Array", 2),
        ("Int16Array", 2),
        ("Float16Array", 2),
        ("Uint32Array", 4),
        ("Int32Array", 4),
        ("Float32Array", 4),
        ("BigInt64Array", 8),
        ("BigUint64Array", 8),
        ("Float64Array", 8),
    ] {
        world.run("globalThis.whole = bytes(...Array.from({ length: 32 }, (_, index) => index + 1)).buffer").unwrap();
        let read = |view: &str| world.show(&format!("read({view}, 3)"));
        let three = |from: u64| format!("{}n", from | (from + 1) << 8 | (from + 2) << 16);
        assert_eq!(read(&format!("new {array}(whole)")), three(1), "{array}");
        assert_eq!(read(&format!("new {array}(whole, {size})")), three(size + 1), "{array}");
        assert_eq!(read(&format!("new {array}(whole, 16, 1)")), three(17), "{array}");
        assert_eq!(read(&format!("new {array}(whole).subarray(1)")), three(size + 1), "{array}");
        assert_eq!(read(&format!("new {array}(whole, 8).subarray(1)")), three(size + 9), "{array}");
        assert_eq!(
            world.show(&format!("(fill(new {array}(whole, 8), 2, 99), new Uint8Array(whole, 7, 4))")),
            "Uint8Array[8,99,100,11]"
        );
    }
    for offset in [0, 1, 5, 29] {
        let source = format!("read(new DataView(whole, {offset}), 1)");
        world.run("globalThis.whole = bytes(...Array.from({ length: 32 }, (_, index) => index + 1)).buffer").unwrap();
        assert_eq!(world.show(&source), format!("{}n", offset + 1));
    }
}

#[test]
fn what_c_writes_is_there() {
    world().check([
        ("(() => { let b = new ArrayBuffer(4); fill(b, 4, 5); return new Uint8Array(b) })()", "Uint8Array[5,6,7,8]"),
        ("(() => { let b = bytes(0, 0, 0, 0); fill(b.subarray(1, 3), 2, 255); return b })()", "Uint8Array[0,255,0,0]"),
        (
            "(() => { let b = bytes(0, 0, 0, 0); fill(new DataView(b.buffer, 2), 2, 7); return b })()",
            "Uint8Array[0,0,7,8]",
        ),
        ("read_text(bytes(104, 105, 0), 3)", "26984n"),
        ("(() => { let b = bytes(1, 2); return address(b.subarray(1)) - address(b) })()", "1n"),
        ("(() => { let b = bytes(1, 2, 3); return address(b.subarray(2)) - address(b) })()", "2n"),
        ("(() => { let b = bytes(1, 2, 3); return address(b.buffer) - address(b) })()", "0n"),
        // An empty view still has an address.
        ("(() => { let b = bytes(1, 2, 3); return address(b.subarray(3)) - address(b) })()", "3n"),
        ("address(new ArrayBuffer(0)) === 0n", "false"),
    ]);
}

#[test]
fn detached_buffers_are_refused() {
    let world = world();
    let detached = Error("expected null or a buffer, not a detached buffer");
    world.run("globalThis.gone = view => { (view.buffer ?? view).transfer(); return view }").unwrap();
    for view in [
        "gone(new ArrayBuffer(8))",
        "gone(new Uint8Array(8))",
        "gone(new Uint8Array(8).subarray(4))",
        "gone(new Float64Array(8))",
        "gone(new DataView(new ArrayBuffer(8)))",
        "gone(new DataView(new ArrayBuffer(8), 4))",
        "gone(new Uint8Array(0))",
    ] {
        world.check_calls("address", "buffer", [(view, detached)]);
        world.check_calls("s3", "struct {u8[3]}", [(view, Error("expected a buffer, not a detached buffer"))]);
    }
    // The engine's own exception for this does not remain.
    world.check([("address(bytes(1)) > 0n", "true"), ("read(bytes(1), 1)", "1n")]);
}

#[test]
fn resizable_buffers_are_as_long_as_they_are_now() {
    let world = world();
    world
        .run(
            "globalThis.resizable = (length, view) => {
                let buffer = new ArrayBuffer(8, { maxByteLength: 16 });
                new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6, 7, 8]);
                let made = view(buffer);
                buffer.resize(length);
                return made;
            }",
        )
        .unwrap();
    world.check([
        ("read(resizable(16, b => b), 2)", "513n"),
        ("s3(resizable(16, b => b))", "Uint8Array[1,2,3]"),
        ("s3(resizable(3, b => b))", "Uint8Array[1,2,3]"),
        ("s3(resizable(16, b => new Uint8Array(b, 5)))", "Uint8Array[6,7,8]"),
        ("s3(resizable(16, b => new DataView(b, 5)))", "Uint8Array[6,7,8]"),
        ("s3(resizable(16, b => new DataView(b, 7)))", "Uint8Array[8,0,0]"),
        ("s3(resizable(7, b => new Uint8Array(b, 4, 3)))", "Uint8Array[5,6,7]"),
    ]);
    let short = |given| Error(format!("{given} bytes are too few: it has 3").leak());
    world.check_calls("s3", "struct {u8[3]}", [("resizable(2, b => b)", short(2)), ("resizable(0, b => b)", short(0))]);
    world.check_calls("s3", "struct {u8[3]}", [("resizable(4, b => new DataView(b, 2))", short(2))]);
    // Out of bounds.
    let gone = Error("expected a buffer, not a detached buffer");
    world.check_calls(
        "s3",
        "struct {u8[3]}",
        [
            ("resizable(6, b => new Uint8Array(b, 4, 3))", gone),
            ("resizable(3, b => new Uint8Array(b, 4))", gone),
            ("resizable(6, b => new DataView(b, 4, 3))", gone),
            ("resizable(3, b => new DataView(b, 4))", gone),
        ],
    );
    world.check_calls(
        "address",
        "buffer",
        [("resizable(6, b => new Uint8Array(b, 4, 3))", Error("expected null or a buffer, not a detached buffer"))],
    );
}

#[test]
fn shared_buffers_are_buffers() {
    world().check([
        (
            "(() => { let b = new SharedArrayBuffer(4); fill(b, 4, 1); return new Uint8Array(b) })()",
            "Uint8Array[1,2,3,4]",
        ),
        ("read(new Uint8Array(new SharedArrayBuffer(4)), 4)", "0n"),
        (
            "(() => { let b = new Uint8Array(new SharedArrayBuffer(4)); fill(b.subarray(1), 2, 8); return b })()",
            "Uint8Array[0,8,9,0]",
        ),
        ("s3(new SharedArrayBuffer(4))", "Uint8Array[0,0,0]"),
        ("s3(new DataView(new SharedArrayBuffer(4), 1))", "Uint8Array[0,0,0]"),
        (
            "s3(new SharedArrayBuffer(2))",
            r#"TypeError: cannot call "id_s3": argument 1 (struct {u8[3]}): 2 bytes are too few: it has 3"#,
        ),
    ]);
}

#[test]
fn objects_that_look_like_buffers_are_refused() {
    // Getters and proxies are script, which no conversion runs.
    let world = world();
    let refuse = |found| Error(format!("expected null or a buffer, not {found}").leak());
    world.check_calls(
        "address",
        "buffer",
        [
            ("new Proxy(bytes(1), {})", refuse("an object")),
            ("new Proxy(() => 1, {})", refuse("a function")),
            ("({ get buffer() { throw 1 } })", refuse("an object")),
            ("Object.create(bytes(1))", refuse("an object")),
        ],
    );
    world.check([(
        "(() => { class A extends Uint8Array { get byteLength() { throw 1 } get buffer() { throw 2 } } \
          return read(new A([1, 2]), 2) })()",
        "513n",
    )]);
}
