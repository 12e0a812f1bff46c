//! Descriptions of objects that are wrong in one thing, and realms that try them.

use hotcall::engine::{
    ByteLength, ElementSize, Engine, EngineError, ObjectClass, Output, Path, Realm, Site, Test, View, Words,
};

/// The answers of an engine, for realms of other models.
pub(crate) struct Reader<E: Engine>(pub(crate) Realm<E>);

// SAFETY: the realm's engine answers. Nothing else is asked.
unsafe impl<E: Engine> Engine for Reader<E> {
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

/// A change to the right description, with its name.
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) objects: ObjectClass,
    /// True if the change can only make machine code leave more objects to the engine, or nothing at all.
    pub(crate) narrows: bool,
}

/// An offset of the description, by name, and the bytes of the field or word there.
type Offset<'a> = (String, &'a mut i32, i32);

fn path<'a>(name: &str, path: &'a mut Path, len: u8) -> Vec<Offset<'a>> {
    let last = path.0.len() - 1;
    let size = move |index| if index == last { len.into() } else { 8 };
    path.0.iter_mut().enumerate().map(|(index, at)| (format!("{name}, offset {index}"), at, size(index))).collect()
}

/// All offsets of the description.
fn offsets<'o>(kinds: &[&str], objects: &'o mut ObjectClass) -> Vec<Offset<'o>> {
    let mut all = Vec::new();
    for (kind, object) in objects.kinds.iter_mut().enumerate() {
        for (index, check) in object.checks.iter_mut().enumerate() {
            all.extend(path(&format!("{}, check {index}", kinds[kind]), &mut check.at, check.test.len));
        }
        for check in &mut object.writable {
            all.extend(path(&format!("{}, writable", kinds[kind]), &mut check.at, check.test.len));
        }
        for at in &mut object.address {
            all.extend(path(&format!("{}, address", kinds[kind]), at, 8));
        }
        let Some(length) = &mut object.length else { continue };
        all.extend(path(&format!("{}, length", kinds[kind]), &mut length.at, length.len));
        if let ElementSize::ByNumber { at, len, .. } = &mut length.element {
            all.extend(path(&format!("{}, element", kinds[kind]), at, *len));
        }
    }
    let counter = objects.pins.as_mut().and_then(|list| list.references.as_mut());
    all.extend(counter.map(|at| ("counter".into(), at, 4)));
    all
}

/// All tests of the description.
fn tests<'o>(kinds: &[&str], objects: &'o mut ObjectClass) -> Vec<(String, &'o mut Test)> {
    let mut all = Vec::new();
    for (kind, object) in objects.kinds.iter_mut().enumerate() {
        for (index, check) in object.checks.iter_mut().enumerate() {
            all.push((format!("{}, test {index}", kinds[kind]), &mut check.test));
        }
        for check in &mut object.writable {
            all.push((format!("{}, writable", kinds[kind]), &mut check.test));
        }
    }
    all
}

/// The elements' sizes of all kinds with more than one.
fn shifts<'o>(kinds: &[&str], objects: &'o mut ObjectClass) -> Vec<(String, &'o mut u32, &'o mut u8, &'o mut u64)> {
    let lengths =
        objects.kinds.iter_mut().enumerate().filter_map(|(kind, object)| Some((kind, object.length.as_mut()?)));
    let by_number = |(kind, length): (usize, &'o mut ByteLength)| match &mut length.element {
        ElementSize::ByNumber { len, first, shifts, .. } => {
            Some((format!("{}, element", kinds[kind]), first, len, shifts))
        }
        ElementSize::Shift(_) | _ => None,
    };
    lengths.filter_map(by_number).collect()
}

/// All changes of one thing. The kinds of objects have these names. `far` are distances to memory that does not exist.
pub(crate) fn changes(kinds: &[&str], far: &[i32], right: &ObjectClass) -> Vec<Change> {
    let mut all = Vec::new();
    let mut add = |name: String, narrows: bool, change: &dyn Fn(&mut ObjectClass)| {
        let mut objects = right.clone();
        change(&mut objects);
        if objects != *right {
            all.push(Change { name, objects, narrows });
        }
    };
    let objects = &mut right.clone();
    for (index, (name, _, size)) in offsets(kinds, objects).into_iter().enumerate() {
        let near = [-size, size].into_iter().filter(|by| by.abs() != 8);
        for by in near.chain([-8, 8]).chain(far.iter().copied()) {
            add(format!("{name} {by:+}"), false, &|objects| {
                let at = &mut *offsets(kinds, objects)[index].1;
                *at = at.saturating_add(by);
            });
        }
    }
    for (index, (name, right)) in tests(kinds, objects).into_iter().enumerate() {
        let change = |change: fn(&mut Test)| move |objects: &mut ObjectClass| change(tests(kinds, objects)[index].1);
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
            add(format!("{name} of {len} bytes"), narrows, &move |objects| tests(kinds, objects)[index].1.len = len);
        }
    }
    let arrays = &right.kinds[0].checks[0].test;
    let entries = arrays.high - arrays.low + 1;
    for (index, (name, first, len, _)) in shifts(kinds, objects).into_iter().enumerate() {
        for number in [*first - 1, *first + 1] {
            add(format!("{name}, first {number}"), false, &|objects| *shifts(kinds, objects)[index].1 = number);
        }
        // The index is the number's remainder by 32, so it is in the lowest byte.
        for other in [1, 2, 4].into_iter().filter(|other| other != len) {
            add(format!("{name} of {other} bytes"), true, &|objects| *shifts(kinds, objects)[index].2 = other);
        }
        // Two bits each.
        for (entry, bits) in (0..entries).flat_map(|entry| [(entry, 1), (entry, 2), (entry, 3)]) {
            add(format!("{name}, shift {entry} ^ {bits}"), false, &|objects| {
                *shifts(kinds, objects)[index].3 ^= bits << (2 * entry);
            });
        }
    }
    for (kind, object) in right.kinds.iter().enumerate() {
        let Some(length) = &object.length else {
            let first = right.kinds[0].length.clone();
            add(format!("{}, with a length", kinds[kind]), false, &|objects| {
                objects.kinds[kind].length = first.clone()
            });
            continue;
        };
        add(format!("{}, no length", kinds[kind]), false, &|objects| objects.kinds[kind].length = None);
        let lengths = |change: fn(&mut ByteLength)| {
            move |objects: &mut ObjectClass| change(objects.kinds[kind].length.as_mut().unwrap())
        };
        add(format!("{}, length of other bytes", kinds[kind]), false, &lengths(|length| length.len = 12 - length.len));
        for shift in (0..4).filter(|&shift| length.element != ElementSize::Shift(shift)) {
            add(format!("{}, all elements 1 << {shift}", kinds[kind]), false, &|objects| {
                objects.kinds[kind].length.as_mut().unwrap().element = ElementSize::Shift(shift);
            });
        }
    }
    all
}

/// Checks that no change is used, apart from those that narrow, and those that do no harm. These have a reason beside their
/// name.
pub(crate) fn check_changes(changes: Vec<Change>, harmless: &[(&str, &str)], are_used: impl Fn(ObjectClass) -> bool) {
    let mut harmless: Vec<_> = harmless.iter().map(|(name, _)| *name).collect();
    for Change { name, objects, narrows } in changes {
        let used = are_used(objects);
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
