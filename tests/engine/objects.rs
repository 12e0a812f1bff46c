//! The layout of QuickJS's objects, by which machine code reads them.

use hotcall::engine::{
    Check, ElementSize, Engine, EngineError, ObjectClass, Output, Path, Realm, Site, ValueModel, View, Words, quickjs,
};
use hotcall_engines::quickjs::{Owned, QuickJs, Script, words};

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

/// A change to the description of objects. It still reads only memory that exists.
type Change = fn(&mut ObjectClass);

const CHANGES: [(&str, Change); 10] = [
    ("an address in front of the right one", |objects| move_path(&mut objects.kinds[0].address[0], -8)),
    ("the upper half of the address as a number", |objects| move_path(count(objects), -4)),
    ("the lower half of the address as a number", |objects| move_path(count(objects), -8)),
    ("elements of another size", |objects| {
        let ElementSize::ByNumber { shifts, .. } = element(objects) else { panic!("elements have several sizes") };
        *shifts ^= 1 << 4;
    }),
    ("elements of one size", |objects| *element(objects) = ElementSize::Shift(0)),
    ("detached arrays", |objects| without_check(objects, 0, 1)),
    ("detached buffers", |objects| without_check(objects, 1, 1)),
    ("arrays as pointers", |objects| objects.kinds[0].length = None),
    ("another field of buffers", |objects| move_path(&mut objects.kinds[1].address[0], -8)),
    ("all objects as arrays", |objects| {
        let Check { test, .. } = &mut objects.kinds[0].checks[0];
        (test.low, test.high) = (0, 0xffff);
    }),
];

fn count(objects: &mut ObjectClass) -> &mut Path {
    &mut objects.kinds[0].length.as_mut().unwrap().at
}

fn element(objects: &mut ObjectClass) -> &mut ElementSize {
    &mut objects.kinds[0].length.as_mut().unwrap().element
}

fn move_path(path: &mut Path, offset: i32) {
    *path.0.last_mut().unwrap() += offset;
}

fn without_check(objects: &mut ObjectClass, kind: usize, check: usize) {
    let checks = &mut objects.kinds[kind].checks;
    *checks = checks.iter().enumerate().filter(|(index, _)| *index != check).map(|(_, check)| check.clone()).collect();
}

/// The objects that `objects.rs` of the engine compares: here a few of each kind.
const SAMPLES: &str = "(() => {
    const detached = array => (array.buffer.transfer(), array);
    const buffer = new ArrayBuffer(40), gone = new ArrayBuffer(50);
    gone.transfer();
    return [new Uint8Array(5), new Uint16Array(buffer, 8, 7), new Float64Array(3), new BigInt64Array(buffer, 8, 2),
        detached(new Float32Array(9)), buffer, gone, [1, 2], {}, () => 0, new DataView(buffer), there];
})()";

#[test]
fn a_layout_that_is_wrong_in_one_thing_is_not_used() {
    let world = World::new([]);
    world.set_global("there", world.pointer(0x1234_5678 as _));
    world.set_global("samples", world.evaluate(SAMPLES));
    // SAFETY: each value belongs to the test, and the world lives longer.
    let sample = |index| unsafe { Owned::new(world.context, world.evaluate(&format!("samples[{index}]"))) };
    let samples: Vec<_> = (0..12).map(sample).collect();
    let right = world.realm.model().unwrap().clone();
    let used = |model: ValueModel| {
        let engine = Reader(world.realm.clone());
        // SAFETY: all changes read memory of the objects, or of what they point to.
        let realm = unsafe {
            Realm::with_samples(engine, model, world.site(), samples.iter().map(|sample| words(sample.value())))
        }
        .unwrap();
        realm.model().unwrap().objects.is_some()
    };
    assert!(used(right.clone()));
    assert!(!used(quickjs::model()));
    for (name, change) in CHANGES {
        let mut objects = right.objects.clone().unwrap();
        change(&mut objects);
        assert!(!used(quickjs::model().objects(objects)), "{name}");
    }
}
