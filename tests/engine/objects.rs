//! The layout of QuickJS's objects, by which machine code reads them.

use hotcall::engine::{
    ByteLength, ElementSize, Engine, EngineError, ObjectClass, Output, Path, Realm, Site, Test, ValueModel, View, Words,
    quickjs,
};
use hotcall_engines::quickjs::{Owned, QuickJs, Script, value, words};
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

#[test]
fn the_layout_is_found() {
    let script = Script::default();
    let objects = script.realm.model().unwrap().objects.as_ref().expect("the layout of this version");
    // Typed arrays, both kinds of buffers, and pointers.
    assert_eq!(objects.kinds.len(), 4);
    assert_eq!(objects.kinds.iter().filter(|kind| kind.length.is_some()).count(), 3);
    assert!(objects.pins.unwrap().references.is_some());
}

/// A change to the right description, with its name.
struct Change {
    name: String,
    objects: ObjectClass,
    /// True if the change can only make machine code leave more objects to the engine.
    narrows: bool,
}

/// An offset of the description, by name, and the bytes of the field or word there.
type Offset<'a> = (String, &'a mut i32, i32);

/// A field of an address that no process can read, in both directions.
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
            all.extend(path(&format!("kind {kind}, check {index}"), &mut check.at, check.test.len));
        }
        for at in &mut object.address {
            all.extend(path(&format!("kind {kind}, address"), at, 8));
        }
        let Some(length) = &mut object.length else { continue };
        all.extend(path(&format!("kind {kind}, length"), &mut length.at, length.len));
        if let ElementSize::ByNumber { at, len, .. } = &mut length.element {
            all.extend(path(&format!("kind {kind}, element"), at, *len));
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
            all.push((format!("kind {kind}, test {index}"), &mut check.test));
        }
    }
    all
}

/// The elements' sizes of all kinds with more than one.
fn shifts<'o>(objects: &'o mut ObjectClass) -> Vec<(String, &'o mut u32, &'o mut u8, &'o mut u64)> {
    let lengths = objects.kinds.iter_mut().enumerate().filter_map(|(kind, object)| Some((kind, object.length.as_mut()?)));
    let by_number = |(kind, length): (usize, &'o mut ByteLength)| match &mut length.element {
        ElementSize::ByNumber { len, first, shifts, .. } => Some((format!("kind {kind}, element"), first, len, shifts)),
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
        for by in [-size, size, -8, 8].into_iter().chain(FAR) {
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
        add(format!("{name}, high - 1"), true, &change(|test| test.high -= 1));
        add(format!("{name}, high + 1"), false, &change(|test| test.high = test.high.saturating_add(1)));
        add(format!("{name}, all values"), false, &change(|test| (test.low, test.high) = (0, u64::MAX)));
        add(format!("{name}, the field behind"), false, &change(|test| test.offset += test.len));
        for len in [1, 2, 4, 8].into_iter().filter(|&len| len != right.len) {
            add(format!("{name} of {len} bytes"), false, &move |objects| tests(objects)[index].1.len = len);
        }
    }
    for (index, (name, first, len, _)) in shifts(objects).into_iter().enumerate() {
        for number in [*first - 1, *first + 1] {
            add(format!("{name}, first {number}"), false, &|objects| *shifts(objects)[index].1 = number);
        }
        for other in [1, 2, 4].into_iter().filter(|other| other != len) {
            add(format!("{name} of {other} bytes"), false, &|objects| *shifts(objects)[index].2 = other);
        }
        // Two bits each.
        for (entry, bits) in (0..32).flat_map(|entry| [(entry, 1), (entry, 2), (entry, 3)]) {
            add(format!("{name}, shift {entry} ^ {bits}"), false, &|objects| {
                *shifts(objects)[index].3 ^= bits << (2 * entry);
            });
        }
    }
    for (kind, object) in right.kinds.iter().enumerate() {
        let Some(length) = &object.length else {
            let first = right.kinds[0].length.clone();
            add(format!("kind {kind}, with a length"), false, &|objects| objects.kinds[kind].length = first.clone());
            continue;
        };
        add(format!("kind {kind}, no length"), false, &|objects| objects.kinds[kind].length = None);
        let lengths = |change: fn(&mut ByteLength)| {
            move |objects: &mut ObjectClass| change(objects.kinds[kind].length.as_mut().unwrap())
        };
        add(format!("kind {kind}, length of other bytes"), false, &lengths(|length| length.len = 12 - length.len));
        for shift in (0..4).filter(|&shift| length.element != ElementSize::Shift(shift)) {
            add(format!("kind {kind}, all elements 1 << {shift}"), false, &|objects| {
                objects.kinds[kind].length.as_mut().unwrap().element = ElementSize::Shift(shift);
            });
        }
    }
    all
}

/// Makes objects of all kinds and states, and others.
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
    const buffer = new ArrayBuffer(4000), shared = new SharedArrayBuffer(240);
    return [
        ...arrays.flatMap((Array, index) => [new Array(13 + index), new Array(buffer, 64 + 8 * index, 40 + index),
            new Array(0), new Array(shared), new Array(shared, 8, 3 + index), detached(new Array(77))]),
        ...[0, 1, 11, 500].flatMap(length => [new ArrayBuffer(length), new SharedArrayBuffer(length)]), buffer, shared,
        detached(new ArrayBuffer(70)), new DataView(buffer), new DataView(buffer, 4, 2), new DataView(shared, 8),
        detached(new DataView(new ArrayBuffer(8))),
        ...resized(100, 2001, [[], [2], [2, 10]]), ...resized(100, 11, [[], [2], [20], [2, 10]]),
        ...resized(100, 0, [[], [0, 10]]),
        [], {}, [1, 2, 3], () => 0, /./, new Map(), new Set(), new Date(0), new Proxy(new Uint8Array(8), {}), Symbol(),
        'text', 1n << 70n, 1, 1.5, true, null, undefined, Object.create(Uint8Array.prototype), class {}, new Error(),
        new WeakMap(), new WeakSet(), new WeakRef({}), new FinalizationRegistry(() => {}), (function* () {})(),
        (async () => {})(), (function () { return arguments })(1), new Number(1), new String('text'), new Boolean(true),
        Object(Symbol()), Object(1n), there, elsewhere,
    ];
})()";

/// Returns the samples' values. The world lives longer.
fn samples(world: &World) -> Vec<Owned> {
    // Addresses that no memory has.
    world.set_global("there", world.pointer(0x1234_5678_9ab0_u64 as _));
    world.set_global("elsewhere", world.pointer(0x7fff_0000_0001_u64 as _));
    world.set_global("samples", world.evaluate(SAMPLES));
    let count: usize = world.run("samples.length").unwrap().parse().unwrap();
    // SAFETY: each value belongs to the test, and the world lives longer.
    let sample = |index| unsafe { Owned::new(world.context, world.evaluate(&format!("samples[{index}]"))) };
    (0..count).map(sample).collect()
}

/// Returns true if the model's objects are used. A model that is inconsistent is not.
fn are_used(world: &World, samples: &[Owned], model: ValueModel) -> bool {
    let engine = Reader(world.realm.clone());
    let values = samples.iter().map(|sample| words(sample.value()));
    // SAFETY: the engine lives.
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
    let right = right.objects.unwrap();
    let changes = changes(&right);
    for Change { name, objects, narrows } in changes {
        let used = are_used(&world, &samples, quickjs::model().objects(objects));
        if used { println!("USED {name} {narrows}"); }
    }
    println!("{right:#?}");
}
