//! The layout of QuickJS's objects, by which machine code reads them.

use hotcall::engine::{
    ByteLength, ElementSize, Engine, EngineError, ObjectClass, Output, Path, Realm, Site, Test, ValueModel, View,
    Words, quickjs,
};
use hotcall_engines::quickjs::{Owned, PointerClass, QuickJs, Script, value, words};
use rquickjs_sys as js;

use crate::world::World;

/// The answers of a world's engine, for realms of other models.
struct Reader(Realm<QuickJs>);

// SAFETY: the world's engine answers. Nothing else is asked.
unsafe impl Engine for Reader {
    type Exception = ();

    unsafe fn view(&self, site: Site, value: Words) -> View {
        // SAFETY: the caller promises a value of the engine.
        unsafe { self.0.engine().view(site, value) }
    }

    unsafe fn make(&self, _: Site, _: Output<'_>) -> Result<Words, ()> {
        Err(())
    }

    unsafe fn exception(&self, _: Site, _: &EngineError) {}

    unsafe fn throw(&self, _: Site, (): ()) {}

    unsafe fn release(&self, site: Site, value: Words) {
        // SAFETY: the caller promises a value that belongs to it.
        unsafe { self.0.engine().release(site, value) };
    }
}

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

/// A change to the right description, with its name.
struct Change {
    name: String,
    objects: ObjectClass,
    /// True if the change can only make machine code leave more objects to the engine, or nothing at all.
    narrows: bool,
}

/// An offset of the description, by name, and the bytes of the field or word there.
type Offset<'a> = (String, &'a mut i32, i32);

/// Changes that do no harm in this version of the engine, and the reasons. All others are noticed, or let machine code leave
/// more to the engine.
const HARMLESS: [(&str, &str); 9] = [
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
    ("pointers, test 1, low - 1", "null does not become a pointer object"),
    ("pointers, test 1, all values", "null does not become a pointer object"),
];

/// Distances to memory that does not exist.
const FAR: [i32; 4] = [i32::MIN, -0x4000_0000, 0x4000_0000, i32::MAX - 8];

fn path<'a>(name: &str, path: &'a mut Path, len: u8) -> Vec<Offset<'a>> {
    let last = path.0.len() - 1;
    let size = move |index| if index == last { len.into() } else { 8 };
    path.0.iter_mut().enumerate().map(|(index, at)| (format!("{name}, offset {index}"), at, size(index))).collect()
}

/// All offsets of the description.
fn offsets(objects: &mut ObjectClass) -> Vec<Offset<'_>> {
    let mut all = Vec::new();
    for (kind, object) in objects.kinds.iter_mut().enumerate() {
        for (index, check) in object.checks.iter_mut().enumerate() {
            all.extend(path(&format!("{}, check {index}", KINDS[kind]), &mut check.at, check.test.len));
        }
        for check in &mut object.writable {
            all.extend(path(&format!("{}, writable", KINDS[kind]), &mut check.at, check.test.len));
        }
        for at in &mut object.address {
            all.extend(path(&format!("{}, address", KINDS[kind]), at, 8));
        }
        let Some(length) = &mut object.length else { continue };
        all.extend(path(&format!("{}, length", KINDS[kind]), &mut length.at, length.len));
        if let ElementSize::ByNumber { at, len, .. } = &mut length.element {
            all.extend(path(&format!("{}, element", KINDS[kind]), at, *len));
        }
    }
    let counter = objects.pins.as_mut().and_then(|list| list.references.as_mut());
    all.extend(counter.map(|at| ("counter".into(), at, 4)));
    all
}

/// All tests of the description.
fn tests(objects: &mut ObjectClass) -> Vec<(String, &mut Test)> {
    let mut all = Vec::new();
    for (kind, object) in objects.kinds.iter_mut().enumerate() {
        for (index, check) in object.checks.iter_mut().enumerate() {
            all.push((format!("{}, test {index}", KINDS[kind]), &mut check.test));
        }
        for check in &mut object.writable {
            all.push((format!("{}, writable", KINDS[kind]), &mut check.test));
        }
    }
    all
}

/// The elements' sizes of all kinds with more than one.
fn shifts<'o>(objects: &'o mut ObjectClass) -> Vec<(String, &'o mut u32, &'o mut u8, &'o mut u64)> {
    let lengths =
        objects.kinds.iter_mut().enumerate().filter_map(|(kind, object)| Some((kind, object.length.as_mut()?)));
    let by_number = |(kind, length): (usize, &'o mut ByteLength)| match &mut length.element {
        ElementSize::ByNumber { len, first, shifts, .. } => {
            Some((format!("{}, element", KINDS[kind]), first, len, shifts))
        }
        ElementSize::Shift(_) | _ => None,
    };
    lengths.filter_map(by_number).collect()
}

/// All changes of one thing.
fn changes(right: &ObjectClass) -> Vec<Change> {
    let mut all = Vec::new();
    let mut add = |name: String, narrows: bool, change: &dyn Fn(&mut ObjectClass)| {
        let mut objects = right.clone();
        change(&mut objects);
        if objects != *right {
            all.push(Change { name, objects, narrows });
        }
    };
    let objects = &mut right.clone();
    for (index, (name, _, size)) in offsets(objects).into_iter().enumerate() {
        let near = [-size, size].into_iter().filter(|by| by.abs() != 8);
        for by in near.chain([-8, 8]).chain(FAR) {
            add(format!("{name} {by:+}"), false, &|objects| {
                let at = &mut *offsets(objects)[index].1;
                *at = at.saturating_add(by);
            });
        }
    }
    for (index, (name, right)) in tests(objects).into_iter().enumerate() {
        let change = |change: fn(&mut Test)| move |objects: &mut ObjectClass| change(tests(objects)[index].1);
        add(format!("{name}, low - 1"), false, &change(|test| test.low = test.low.saturating_sub(1)));
        add(format!("{name}, low + 1"), true, &change(|test| test.low += 1));
        add(format!("{name}, high - 1"), true, &change(|test| test.high = test.high.saturating_sub(1)));
        add(format!("{name}, high + 1"), false, &change(|test| test.high = test.high.saturating_add(1)));
        add(format!("{name}, all values"), false, &change(|test| (test.low, test.high) = (0, u64::MAX)));
        for len in [1, 2, 4, 8].into_iter().filter(|&len| len != right.len) {
            // A field of fewer bytes is not 0 only if the whole is not. One of more bytes is a small number only if its
            // lower half is.
            let is_any = right.high == u64::MAX;
            let narrows = if is_any { len < right.len } else { len > right.len && right.high >> (8 * right.len) == 0 };
            add(format!("{name} of {len} bytes"), narrows, &move |objects| tests(objects)[index].1.len = len);
        }
    }
    let arrays = &right.kinds[0].checks[0].test;
    let entries = arrays.high - arrays.low + 1;
    for (index, (name, first, len, _)) in shifts(objects).into_iter().enumerate() {
        for number in [*first - 1, *first + 1] {
            add(format!("{name}, first {number}"), false, &|objects| *shifts(objects)[index].1 = number);
        }
        // The index is the number's remainder by 32, so it is in the lowest byte.
        for other in [1, 2, 4].into_iter().filter(|other| other != len) {
            add(format!("{name} of {other} bytes"), true, &|objects| *shifts(objects)[index].2 = other);
        }
        // Two bits each.
        for (entry, bits) in (0..entries).flat_map(|entry| [(entry, 1), (entry, 2), (entry, 3)]) {
            add(format!("{name}, shift {entry} ^ {bits}"), false, &|objects| {
                *shifts(objects)[index].3 ^= bits << (2 * entry);
            });
        }
    }
    for (kind, object) in right.kinds.iter().enumerate() {
        let Some(length) = &object.length else {
            let first = right.kinds[0].length.clone();
            add(format!("{}, with a length", KINDS[kind]), false, &|objects| {
                objects.kinds[kind].length = first.clone()
            });
            continue;
        };
        add(format!("{}, no length", KINDS[kind]), false, &|objects| objects.kinds[kind].length = None);
        let lengths = |change: fn(&mut ByteLength)| {
            move |objects: &mut ObjectClass| change(objects.kinds[kind].length.as_mut().unwrap())
        };
        add(format!("{}, length of other bytes", KINDS[kind]), false, &lengths(|length| length.len = 12 - length.len));
        for shift in (0..4).filter(|&shift| length.element != ElementSize::Shift(shift)) {
            add(format!("{}, all elements 1 << {shift}", KINDS[kind]), false, &|objects| {
                objects.kinds[kind].length.as_mut().unwrap().element = ElementSize::Shift(shift);
            });
        }
    }
    all
}

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

/// Returns the samples' values. The world lives longer.
fn samples(world: &World) -> Vec<Owned> {
    // Addresses that no memory has.
    world.set_global("there", world.pointer(0x1234_5678_9ab0_u64 as _));
    world.set_global("elsewhere", world.pointer(0x7fff_0000_0001_u64 as _));
    world.set_global("samples", world.evaluate(SAMPLES));
    let count: usize = world.run("samples.length").unwrap().parse().unwrap();
    // SAFETY: each value belongs to the test, and the world lives longer.
    let sample = |index| unsafe { Owned::new(world.context, world.evaluate(&format!("samples[{index}]"))) };
    (0..count).map(sample).chain(of_added_classes(world)).collect()
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

#[test]
fn a_layout_that_is_wrong_in_one_thing_is_not_used() {
    let world = World::new([]);
    let samples = samples(&world);
    let right = world.realm.model().unwrap().clone();
    assert!(are_used(&world, &samples, right.clone()));
    assert!(!are_used(&world, &samples, quickjs::model()));
    let mut harmless: Vec<_> = HARMLESS.iter().map(|(name, _)| *name).collect();
    let changes = changes(&right.objects.unwrap());
    assert!(changes.iter().filter(|change| !change.narrows).count() > 200);
    for Change { name, objects, narrows } in changes {
        let used = are_used(&world, &samples, quickjs::model().objects(objects));
        let known = harmless.iter().position(|&known| known == name);
        if let Some(index) = known {
            harmless.swap_remove(index);
            assert!(used, "{name} is noticed");
        } else {
            assert!(!used || narrows, "{name} is not noticed");
        }
    }
    assert!(harmless.is_empty(), "{harmless:?}");
}
