//! The list of pinned objects: what happens when it is full, in calls below others, and after them.

use hotcall_engines::Language;

use crate::world::World;

fn world() -> World {
    World::new([
        ("read", "read_le", "(buffer, usize) -> u64"),
        ("two", "two", "(buffer, buffer, i32) -> u64"),
        ("with_bytes", "call_with_bytes", "(function, buffer) -> i32"),
    ])
}

/// The number of objects that the engine has taken over.
fn taken(world: &World) -> usize {
    world.realm.engine().host().unpinned()
}

/// Takes the rest over, when no call runs.
fn take(world: &World) {
    // SAFETY: no call runs.
    unsafe { world.realm.take_pins(world.site()) };
}

#[test]
fn a_loop_over_one_buffer_pins_it_once() {
    let world = world();
    world.run("let held = bytes(1, 2); for (let n = 0; n < 1000; n++) read(held, 2)").unwrap();
    assert_eq!(taken(&world), 0);
    take(&world);
    assert_eq!(taken(&world), 1);
    world.run("let a = bytes(1), b = bytes(2); for (let n = 0; n < 1000; n++) two(a, b, 0)").unwrap();
    take(&world);
    assert_eq!(taken(&world), 3);
    // Neither the order nor null makes a difference.
    world.run("for (let n = 0; n < 10; n++) { two(a, b, 0); two(b, a, 0); two(null, a, 0); two(null, a, 0) }").unwrap();
    take(&world);
    assert_eq!(taken(&world), 3 + 2);
}

#[test]
fn the_engine_takes_over_the_objects_of_a_full_list() {
    let world = world();
    world.run("for (let n = 0; n < 1000; n++) read(bytes(n & 255, 1), 2)").unwrap();
    assert!((1000 - 64..1000).contains(&taken(&world)), "{}", taken(&world));
    take(&world);
    assert_eq!(taken(&world), 1000);
    // The results are right when the list is full, too.
    world.check([
        ("Array.from({ length: 100 }, (_, n) => Number(read(bytes(n, 0), 2))).reduce((sum, n) => sum + n)", "4950"),
        (
            "Array.from({ length: 100 }, (_, n) => Number(two(bytes(n), bytes(1), 0)) >= 0).every(right => right)",
            "true",
        ),
    ]);
}

/// Calls that run need more entries than the list has: then helpers pin.
#[test]
fn calls_deep_below_others_keep_their_bytes() {
    let world = world();
    world.callback(
        "deeper",
        "() -> i32",
        "() => {
            if (depth == 0) { gone(); return 1 }
            const byte = depth-- % 100, result = with_bytes(deeper, bytes(byte));
            // C reads its byte when the callback has returned.
            if (result != 100 + byte) throw new Error(`${byte}: ${result}`);
            return 1;
        }",
    );
    world
        .run("globalThis.gone = () => { for (let n = 0; n < 200; n++) read(new Uint8Array(16).fill(238), 2) }")
        .unwrap();
    for depth in [1, 10, 31, 32, 33, 40] {
        world.run(&format!("globalThis.depth = {depth}")).unwrap();
        world.run("with_bytes(deeper, bytes(1))").unwrap();
        assert!(!world.realm.pins_are_in_use());
        assert_eq!(world.realm.engine().buffers().pins().count(), 0);
    }
    take(&world);
}

/// Large buffers do not wait in the list, because they would stay alive there.
#[test]
fn large_buffers_are_released_after_the_call() {
    let world = world();
    world.run("for (let n = 0; n < 100; n++) read(new Uint8Array(1 << 19), 1)").unwrap();
    assert_eq!(taken(&world), 100);
    world.run("for (let n = 0; n < 10; n++) read(new Float64Array(1 << 18), 1)").unwrap();
    assert_eq!(taken(&world), 100);
    take(&world);
    assert_eq!(taken(&world), 110);
}

#[test]
fn objects_that_are_taken_over_are_collected() {
    let world = world();
    world.run("globalThis.held = bytes(1); globalThis.left = new WeakRef(held); read(held, 1); held = null").unwrap();
    world.check([("left.deref()", "Uint8Array[1]")]);
    take(&world);
    world.check([("left.deref()", "undefined")]);
}
