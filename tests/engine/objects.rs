//! The layout of QuickJS's objects, by which machine code reads them.

use hotcall::engine::{Realm, Test, ValueModel, quickjs};
use hotcall_engines::Language;
use hotcall_engines::quickjs::{Owned, PointerClass, Script, value, words};
use hotcall_testing::alone::alone;
use rquickjs_sys as js;

use crate::object_changes::{Reader, changes, check_changes};
use crate::world::World;

/// The kinds of objects that machine code reads, in order.
const KINDS: [&str; 4] = ["typed arrays", "buffers", "shared buffers", "pointers"];

#[test]
fn the_layout_is_found() {
    let script = Script::default();
    let objects = script.realm.model().unwrap().objects.as_ref().expect("the layout of this version");
    assert_eq!(objects.kinds.len(), KINDS.len());
    assert_eq!(objects.kinds.iter().filter(|kind| kind.length.is_some()).count(), 3);
    assert!(objects.pins.unwrap().references.is_some());
}

#[test]
fn each_engine_has_the_layout() {
    // Some stay, so that samples lie in memory that other objects had.
    let mut kept = Vec::new();
    for number in 0..400 {
        let world = World::new([]);
        assert!(world.realm.model().unwrap().objects.is_some(), "engine {number}");
        if number % 3 == 0 {
            kept.push(world);
        }
    }
}

/// Changes that do no harm in this version of the engine, and the reasons. All others are noticed, or let machine code leave
/// more to the engine.
const HARMLESS: [(&str, &str); 10] = [
    (
        "typed arrays, test 0, high + 1",
        "the next class is that of data views, which have null at the place of an array's bytes",
    ),
    ("buffers, test 0, high + 1", "fields of shared buffers are at the places of those of buffers"),
    ("shared buffers, check 1, offset 1 -8", "shared buffers are never detached"),
    ("shared buffers, check 1, offset 1 +8", "shared buffers are never detached"),
    ("shared buffers, test 1, low - 1", "shared buffers are never detached"),
    ("shared buffers, test 1, all values", "shared buffers are never detached"),
    ("pointers, test 0, low - 1", "the class before is that of raw JSON, whose opaque pointer is null"),
    ("pointers, check 1, offset 0 +8", "null does not become a pointer object"),
    ("pointers, test 1, low - 1", "null does not become a pointer object"),
    ("pointers, test 1, all values", "null does not become a pointer object"),
];

/// Distances to memory that does not exist.
const FAR: [i32; 4] = [i32::MIN, -0x4000_0000, 0x4000_0000, i32::MAX - 8];

/// Makes objects of all kinds and states, and others.
///
/// Some have the memory of texts and BigInts that are gone. So fields that they do not initialise are letters, or numbers
/// of classes.
const SAMPLES: &str = r"(() => {
    const arrays = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
        BigInt64Array, BigUint64Array, Float16Array, Float32Array, Float64Array];
    const detached = object => ((object.buffer ?? object).transfer(), object);
    const resized = (from, to, views) => {
        const buffer = new ArrayBuffer(from, { maxByteLength: 4096 });
        const samples = [buffer, ...views.map(part => new Uint16Array(buffer, ...part)), new DataView(buffer)];
        buffer.resize(to);
        return samples;
    };
    // Each takes as much memory as an object, and fills another part of it.
    const numbers = ['0014', '0015', '0018', '0043'].map(number => BigInt('0x' + number.repeat(31)));
    const others = [() => 'x'.repeat(46), ...numbers.map(number => () => number ^ 1n)];
    // Spare objects take the memory of the array and the like, whose fields the engine has set to 0.
    const spare = [];
    globalThis.release = (other = others[0]) => {
        Array.from({ length: 40 }, other);
        spare.push({}, {}, {}, {}, {}, {}, {}, {});
    };
    const recycled = make => others.flatMap(other => Array.from({ length: 8 }, () => (release(other), make())));
    Error.prepareStackTrace = (_, sites) => sites;
    const buffer = new ArrayBuffer(4000), shared = new SharedArrayBuffer(240);
    return [
        ...arrays.flatMap((Array, index) => [new Array(13 + index), new Array(buffer, 64 + 8 * index, 40 + index),
            new Array(0), new Array(shared), new Array(shared, 8, 3 + index), detached(new Array(77))]),
        ...[0, 1, 11, 500].flatMap(length => [new ArrayBuffer(length), new SharedArrayBuffer(length)]), buffer, shared,
        ...[1, 2, 70, 256].flatMap(length => [new ArrayBuffer(length).transferToImmutable(),
            ...arrays.map(Array => new Array(new ArrayBuffer(8 * length).transferToImmutable()))]),
        detached(new ArrayBuffer(70)), new DataView(buffer), new DataView(buffer, 4, 2), new DataView(shared, 8),
        detached(new DataView(new ArrayBuffer(8))),
        ...resized(100, 2001, [[], [2], [2, 10]]), ...resized(100, 11, [[], [2], [20], [2, 10]]),
        ...resized(100, 0, [[], [0, 10]]),
        [], {}, [1, 2, 3], () => 0, /./, new Map(), new Set(), new Date(0), new Proxy(new Uint8Array(8), {}), Symbol(),
        'text', 1n << 70n, 1, 1.5, true, null, undefined, Object.create(Uint8Array.prototype), class {}, new Error(),
        new WeakMap(), new WeakSet(), new WeakRef({}), new FinalizationRegistry(() => {}), (function* () {})(),
        (async () => {})(), (function () { return arguments })(1), new Number(1), new String('text'), new Boolean(true),
        Object(Symbol()), Object(1n), new DOMException(), ...new Error().stack, JSON.rawJSON('1'), there, elsewhere,
        ...recycled(() => new Uint16Array(buffer, 8, 3)), ...recycled(() => new Uint8Array(0)),
        ...recycled(() => detached(new Uint8Array(new ArrayBuffer(9)))), ...recycled(() => new DataView(buffer)),
        ...recycled(() => new ArrayBuffer(5)), ...recycled(() => new SharedArrayBuffer(5)), ...recycled(() => ({})),
    ];
})()";

/// Makes objects of classes that the engine's users add: of the next one, and of those whose numbers have the lowest byte
/// of the classes that machine code reads. Their opaque pointers lead to memory.
fn of_added_classes(world: &World) -> Vec<Owned> {
    static FIELDS: [u64; 8] = [0x0101_0101_0101_0101; 8];
    // SAFETY: the context is alive.
    let classes = (0..0x200).map(|_| unsafe { PointerClass::new(world.context, c"Other") }).collect::<Vec<_>>();
    // SAFETY: the class is that of the context's runtime. The world lives longer than the object.
    let make =
        |class: &PointerClass| unsafe { Owned::new(world.context, class.make(world.context, FIELDS.as_ptr().cast())) };
    let next = make(&classes[0]);
    // SAFETY: the object is the engine's.
    let first = u64::from(unsafe { js::JS_GetClassID(next.value()) });
    let mut objects = vec![next];
    for kind in &world.realm.model().unwrap().objects.as_ref().unwrap().kinds {
        let Test { low, high, .. } = kind.checks[0].test;
        for number in low..=high {
            world.run("release(), ''").unwrap();
            objects.extend((0..16).map(|_| make(&classes[(0x100 + number - first) as usize])));
        }
    }
    objects
}

/// Makes pointer objects in the memory of texts that are gone: the field behind the pointer, which the engine does not
/// initialise, is not 0 in all of them.
fn recycled_pointers(world: &World) -> Vec<Owned> {
    world.run("release(), ''").unwrap();
    // SAFETY: each value belongs to the test, and the world lives longer.
    (0..16).map(|_| unsafe { Owned::new(world.context, world.pointer(0x1234_5678_9ab0_u64 as _)) }).collect()
}

/// Returns the samples' values. The world lives longer.
fn samples(world: &World) -> Vec<Owned> {
    // Addresses that no memory has.
    world.set_global("there", world.pointer(0x1234_5678_9ab0_u64 as _));
    world.set_global("elsewhere", world.pointer(0x7fff_0000_0001_u64 as _));
    world.set_global("samples", world.evaluate(SAMPLES));
    let count: usize = world.run("samples.length").unwrap().parse().unwrap();
    // SAFETY: each value belongs to the test, and the world lives longer.
    let sample = |index| unsafe { Owned::new(world.context, world.evaluate(&format!("samples[{index}]"))) };
    (0..count).map(sample).chain(recycled_pointers(world)).chain(of_added_classes(world)).collect()
}

/// Returns true if the model's objects are used. Those of an inconsistent model are not.
fn are_used(world: &World, samples: &[Owned], model: ValueModel) -> bool {
    let engine = Reader(world.realm.clone());
    let values = samples.iter().map(|sample| words(sample.value()));
    // SAFETY: the engine lives, and counts references so.
    let retain = |object| _ = unsafe { js::JS_DupValue(world.context, value(object)) };
    // SAFETY: the samples are the engine's, `retain` is its own way to retain, and the model is right in all but its
    // kinds of objects and their counter.
    let realm = unsafe { Realm::with_samples(engine, model, world.site(), values, retain) };
    realm.is_ok_and(|realm| realm.model().unwrap().objects.is_some())
}

/// Wrong descriptions read memory that other tests would fill. So the test has a process of its own.
#[test]
fn a_layout_that_is_wrong_in_one_thing_is_not_used() {
    alone(|| {
        // A wrong offset may lead to a byte of an address, which passes a test by chance. Each world has other addresses.
        let worlds = [(); 4].map(|()| {
            let world = World::new([]);
            // The samples are dropped before the world.
            (samples(&world), world)
        });
        let are_used =
            |model: ValueModel| worlds.iter().all(|(samples, world)| are_used(world, samples, model.clone()));
        let right = worlds[0].1.realm.model().unwrap().clone();
        assert!(are_used(right.clone()));
        assert!(!are_used(quickjs::model()));
        let changes = changes(&KINDS, &FAR, &right.objects.unwrap());
        assert!(changes.iter().filter(|change| !change.narrows).count() > 200);
        check_changes(changes, &HARMLESS, |objects| are_used(quickjs::model().objects(objects)));
    });
}
