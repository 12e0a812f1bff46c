//! Objects as machine code reads them: it finds the answers of [`Handles::resolve`], and asks the helper for all others and
//! only for these.

use hotcall_jit::engine::fast_call::{
    ByteLength, Check, ElementSize, Exit, FastCallModel, FastCallRole, Handles, Object, Path, ResolvedHandle, Tag,
};
use hotcall_jit::engine::values::Test;
use hotcall_jit::{Abi, Signature, Type};
use hotcall_testing::notation;
use hotcall_testing::random::{self, Random};

use crate::engine::Event;
use crate::heap::{Heap, Thing, resolved};
use crate::native::{Answers, ExitFlag, FLAG, Fixture};

/// A function of arguments that all come as handles of one kind.
fn by_handles(c: &str, handles: &Handles, exit: Exit) -> Fixture {
    let c = notation::signature(c);
    let mut native = vec![(Type::POINTER, FastCallRole::Handle(0)); c.params().len()];
    let has_memory = c.result().is_some_and(|ty| ty.as_scalar().is_none());
    native.extend(has_memory.then_some((Type::POINTER, FastCallRole::Result(0))));
    native.push((Type::POINTER, FastCallRole::Exit));
    let (params, roles): (Vec<_>, Vec<_>) = native.into_iter().unzip();
    let result = c.result().filter(|_| !has_memory).cloned();
    let model = FastCallModel::new(Abi::host().unwrap(), Signature::new(params, result).unwrap(), roles, exit)
        .handles([handles.clone()]);
    Fixture::new(c, model)
}

/// Calls with these handles, for all of which the helper has one answer. Returns the events, and true if the flag was set.
fn call(fixture: &Fixture, handles: &[u64], found: Option<ResolvedHandle>) -> (Vec<Event>, bool) {
    let mut flag = ExitFlag::new();
    let words: Vec<_> = handles.iter().copied().chain([flag.word()]).collect();
    // Results are scalars of 8 bytes, or as long as the memory for them.
    let result =
        fixture.c.result().map_or(0, |ty| ty.as_scalar().map_or_else(|| super::native::size_of_type(ty), |_| 8));
    let resolve = Box::new(move |_, _| found);
    let outcome = fixture.call(&words, Answers { resolve, ..Answers::returning(vec![7; result]) });
    (outcome.events, flag.is_set())
}

/// The events if C gets this slot.
fn called(ty: &Type, slot: u64) -> Event {
    // SAFETY: structs of the tests lie in their memory.
    Event::Called(vec![unsafe { random::seen(ty, slot) }])
}

#[test]
fn every_thing_is_taken_or_refused_for_every_type() {
    let memory = [0x01_u8; 64];
    let address = memory.as_ptr().expose_provenance() as u64;
    let things = [
        Thing::Integer(0),
        Thing::Integer(-5),
        Thing::Integer(300),
        Thing::Null,
        Thing::Bool(false),
        Thing::Bool(true),
        Thing::Bytes { address, len: 24, kind: 0 },
        Thing::Bytes { address, len: 24, kind: 1 },
        Thing::Bytes { address, len: 24, kind: 2 },
        Thing::Bytes { address, len: 23, kind: 0 },
        Thing::Bytes { address, len: 23, kind: 1 },
        Thing::Bytes { address, len: 0, kind: 1 },
        Thing::Bytes { address, len: u64::MAX, kind: 0 },
        Thing::Pointer(address),
        Thing::Pointer(0),
        Thing::Detached,
        Thing::Odd,
    ];
    let types = ["bool", "i8", "u16", "i32", "i64", "u64", "pointer", "buffer", "text", "function", "struct {u8[24]}"];
    let (mut read, mut asked) = (0, 0);
    for make in [Heap::mapped as fn() -> Heap, Heap::tagged, Heap::opaque] {
        let mut heap = make();
        for name in types {
            let ty = notation::signature(&format!("({name})")).params()[0].clone();
            let fixture = by_handles(&format!("({name})"), &heap.handles, Exit::Raise);
            for thing in things {
                let handle = heap.handle(thing);
                if !heap.handles.objects.is_empty() {
                    // SAFETY: the handle is one of this heap.
                    assert_eq!(unsafe { heap.handles.resolve(handle) }, resolved(thing), "{thing:?}");
                }
                let slot = if ty.as_scalar().is_some() { 1 } else { address };
                let found = ResolvedHandle { slot, len: 24 };
                let (events, _) = call(&fixture, &[handle], Some(found));
                let expected = match heap.reads(thing, &ty) {
                    Some(slot) if name == "i8" && slot == 300 || name.starts_with('u') && slot as i64 == -5 => {
                        vec![Event::Raise { index: 0, bits: slot }]
                    }
                    Some(slot) => vec![called(&ty, slot)],
                    None => vec![Event::Resolve { index: 0, handle }, called(&ty, found.slot)],
                };
                *(if expected.len() == 1 { &mut read } else { &mut asked }) += 1;
                assert_eq!(events, expected, "{thing:?} as {name}");
            }
        }
    }
    assert!(read > 80 && asked > 200, "{read} read, {asked} asked for");
}

/// A check of each form of test, at the end of ways of each length. Each holds, and fails in turn.
#[test]
fn every_check_counts() {
    let tests = [
        (Test::equal(0, 1, 0x42), vec![0x41, 0x43, 0], 0x42),
        (Test::equal(2, 2, 0xbeef), vec![0xbeee, 0xeeef, 0], 0xbeef),
        (Test::equal(0, 4, 0xdead_beef), vec![0xdead_beee, 0x5ead_beef], 0xdead_beef),
        (Test::equal(0, 8, 0xdead_beef_0bad_cafe), vec![0xdead_beef, 0x0bad_cafe], 0xdead_beef_0bad_cafe),
        (Test::masked(1, 1, 0x0c, 0x04), vec![0x00, 0x08, 0x0c, 0xfb], 0xf7),
        (Test::masked(0, 8, 1 << 63, 1 << 63), vec![0, u64::MAX >> 1], 1 << 63),
        (Test::masked_range(0, 1, u64::MAX, 0..=5), vec![6, 255, 128], 5),
        (Test::masked_range(0, 2, u64::MAX, 0x8000..=u64::MAX), vec![0, 0x7fff], 0x8000),
        (Test::masked_range(0, 4, u64::MAX, 0x7fff_ffff..=0x8000_0001), vec![0x7fff_fffe, 0x8000_0002], 0x8000_0000),
        (Test::masked_range(0, 1, 0xf0, 0x20..=0x30), vec![0x1f, 0x40, 0xff], 0x3f),
        (Test::range(u64::MAX - 1, u64::MAX), vec![0, u64::MAX - 2], u64::MAX),
    ];
    // The addresses of the fields, the fields, and the memory that the object points to.
    let count = tests.len();
    let mut object = vec![0_u64; 3 * count + 1].into_boxed_slice();
    let base = object.as_mut_ptr();
    let field = |index: usize| 8 * (count + 2 * index);
    let write = |at: usize, len: usize, value: u64| {
        // SAFETY: this is in the object, to which nothing else refers.
        unsafe { base.cast::<u8>().add(at).copy_from_nonoverlapping(value.to_le_bytes().as_ptr(), len) };
    };
    (0..count).for_each(|index| write(8 * index, 8, base.expose_provenance() as u64 + field(index) as u64));
    write(24 * count, 8, 0x1234_5678_9abc_def0);
    let base = base.expose_provenance() as u64;
    for through in [false, true] {
        let path = |index: usize| match (index as i32 * 8, field(index) as i32) {
            (address, _) if through => Path([address, 0].into()),
            (_, field) => Path([field].into()),
        };
        let checks = tests.iter().enumerate().map(|(index, (test, ..))| Check { at: path(index), test: *test });
        let address = [Path([24 * count as i32].into())];
        let handles = Handles::new(Tag::NONE).objects([Object::new(address).checks(checks)]);
        let fixture = by_handles("(pointer)", &handles, Exit::Raise);
        let put = |index: usize, value| {
            let test: &Test = &tests[index].0;
            write(field(index) + usize::from(test.offset), test.len.into(), value);
        };
        let finds = || {
            let (events, _) = call(&fixture, &[base], None);
            // SAFETY: these are the object's fields.
            let resolved = unsafe { handles.resolve(base) };
            match &events[..] {
                [Event::Called(args)] => assert_eq!(args[0], 0x1234_5678_9abc_def0_u64.to_le_bytes()),
                [Event::Resolve { index: 0, .. }] => {}
                other => panic!("{other:?}"),
            }
            assert_eq!(resolved.is_some(), events.len() == 1 && matches!(events[0], Event::Called(_)));
            resolved.is_some()
        };
        (0..count).for_each(|index| put(index, tests[index].2));
        assert!(finds());
        for (index, (test, wrong, good)) in tests.iter().enumerate() {
            for &value in wrong {
                put(index, value);
                assert!(!finds(), "{test:?}: {value:x}");
            }
            put(index, *good);
            assert!(finds(), "{test:?}");
        }
    }
}

/// Random kinds of objects over random memory.
#[test]
fn machine_code_reads_as_resolve_does() {
    let mut random = Random::new(11);
    let mut found = 0;
    for round in 0..150 {
        // Small numbers, so that tests hold now and then; words 8 to 15 are addresses of the first ones.
        let mut memory = [0_u64; 16];
        let base = memory.as_mut_ptr().expose_provenance() as u64;
        let word =
            |random: &mut Random| (random.bits() & 0x0303_0303_0303_0303) | (random.bits() & 0x8000_0000_8000_0080);
        let at = |random: &mut Random| (random.bits() % 8) as i32 * 8;
        let path = |random: &mut Random| {
            let field = (random.bits() % 56) as i32;
            Path(match random.bits() % 3 {
                0 => [field].into(),
                1 => [64 + at(random), field].into(),
                _ => [64 + at(random), 64 + at(random), field].into(),
            })
        };
        let test = |random: &mut Random| {
            let len = 1 << (random.bits() % 4);
            let all = u64::MAX >> (64 - 8 * len);
            let mask = if random.bits().is_multiple_of(2) { u64::MAX } else { random.bits() };
            let [first, second] = [random.bits() & all, random.bits() & all];
            let (low, high) = match random.bits() % 4 {
                0 => (0, first & 0x0303_0303_0303_0303),
                1 => (first & 0x0101_0101_0101_0101, u64::MAX),
                2 => (first.min(second), first.max(second)),
                _ => (0, second | 1 << (8 * len - 1)),
            };
            Test::masked_range((random.bits() % 8) as u8, len as u8, mask, low..=high)
        };
        let object = |random: &mut Random| {
            Object::new((0..random.bits() % 4).map(|_| path(random)))
                .checks((0..random.bits() % 3).map(|_| Check { at: path(random), test: test(random) }))
                .length(random.bits().is_multiple_of(2).then(|| ByteLength::from(path(random))))
        };
        let handles = Handles::new(Tag { mask: 7, bits: 0 })
            .null(base + 1)
            .objects((0..random.bits() % 4).map(|_| object(&mut random)));
        // Text or null: the type takes both kinds.
        let fixture = by_handles("(text)", &handles, if round % 2 == 0 { FLAG } else { Exit::Raise });
        for _ in 0..40 {
            for (index, slot) in memory.iter_mut().enumerate() {
                *slot = if index < 8 { word(&mut random) } else { base };
            }
            // SAFETY: all ways lead from the memory into it; it is 128 bytes.
            let resolved = unsafe { handles.resolve(base) };
            let (events, is_set) = call(&fixture, &[base], None);
            let expected = match resolved {
                Some(ResolvedHandle { slot, .. }) => called(&fixture.c.params()[0], slot),
                None => Event::Resolve { index: 0, handle: base },
            };
            assert_eq!(events, [expected], "{handles:x?} {memory:x?}");
            assert_eq!(is_set, resolved.is_none() && round % 2 == 0);
            found += usize::from(resolved.is_some());
        }
    }
    assert!(found > 1000, "{found}");
}

/// Elements of each size, numbered or all alike; a length of 4 bytes has no sign.
#[test]
fn lengths_are_numbers_of_elements() {
    let bytes = [1_u64, 2, 3];
    let address = bytes.as_ptr().expose_provenance() as u64;
    let numbered = ElementSize::ByNumber { at: Path([16].into()), len: 2, first: 20, shifts: 0b11_10_01_00 };
    let elements =
        (0..4).map(ElementSize::Shift).map(|element| (element, 0)).chain((20..24).map(|n| (numbered.clone(), n)));
    for (index, (element, number)) in elements.enumerate() {
        for len in [4, 8] {
            let length = ByteLength::new(Path([8].into()), len, element.clone());
            let handles = Handles::new(Tag::NONE).objects([Object::new([Path([0].into())]).length(length)]);
            let fixture = by_handles("(struct {u64[3]})", &handles, Exit::Raise);
            let bytes_each = 1 << (index % 4);
            for count in [0, 24 / bytes_each - 1, 24 / bytes_each, 24 / bytes_each + 1, 0xffff_ffff] {
                // Bytes behind a length of 4 are something else; numbers have 2.
                let above = if len == 4 { 0x7700_0000_0000_0000 } else { 0 };
                let object = [address, count | above, number | 0x5555_0000];
                let handle = object.as_ptr().expose_provenance() as u64;
                // SAFETY: these are the object's fields.
                let resolved = unsafe { handles.resolve(handle) };
                assert_eq!(resolved, Some(ResolvedHandle { slot: address, len: count * bytes_each }));
                let (events, _) = call(&fixture, &[handle], None);
                if count * bytes_each >= 24 {
                    assert!(matches!(events[..], [Event::Called(_)]), "{events:?}");
                } else {
                    assert_eq!(events, [Event::Resolve { index: 0, handle }]);
                }
            }
        }
    }
}

/// One that machine code cannot read sends all but bytes to the helper, in order; the first refusal ends that.
#[test]
fn helpers_are_asked_for_all_or_none() {
    let memory = [0x11_u8; 24];
    let address = memory.as_ptr().expose_provenance() as u64;
    let good = Thing::Bytes { address, len: 16, kind: 0 };
    let c = "(struct {u64, u64}, buffer, i32) -> struct {u64[3]}";
    let sizes = [16, 0, 0, 24];
    let mut target = [0_u64; 3];
    let target = target.as_mut_ptr().expose_provenance() as u64;
    let result = Thing::Bytes { address: target, len: 24, kind: 1 };
    for exit in [FLAG, Exit::Raise] {
        let mut heap = Heap::mapped();
        let fixture = by_handles(c, &heap.handles, exit);
        let mut things = [good, good, Thing::Integer(7), result];
        let handles = things.map(|thing| heap.handle(thing));
        let (events, is_set) = call(&fixture, &handles, None);
        assert!(matches!(events[..], [Event::Called(_)]) && !is_set, "{events:?}");
        for odd in 0..4 {
            let kept = std::mem::replace(&mut things[odd], Thing::Odd);
            let handles = things.map(|thing| heap.handle(thing));
            things[odd] = kept;
            // The integer is asked for too.
            let asked: Vec<_> = (0..4).filter(|&index| index == odd || index == 2).collect();
            let resolve = |index: usize| Event::Resolve { index, handle: handles[index] };

            let (events, is_set) = call(&fixture, &handles, None);
            assert_eq!((events, is_set), (vec![resolve(asked[0])], exit == FLAG));

            // Too short for one of them or the other, or for none.
            for len in [0, 15, 16, 23, 24] {
                let (events, is_set) = call(&fixture, &handles, Some(ResolvedHandle { slot: target, len }));
                let short = asked.iter().position(|&index| len < sizes[index]);
                let until = short.map_or(asked.len(), |at| at + 1);
                let (resolved, rest) = events.split_at(until);
                assert!(resolved.iter().cloned().eq(asked[..until].iter().map(|&index| resolve(index))), "{events:?}");
                match (short, rest) {
                    (None, [Event::Called(_)]) | (Some(_), []) if short.is_none() || exit == FLAG => {}
                    (Some(at), [Event::Raise { index, bits }]) if exit == Exit::Raise => {
                        assert_eq!((*index, *bits), (asked[at], len));
                    }
                    _ => panic!("{len}: {events:?}"),
                }
                assert_eq!(is_set, short.is_some() && exit == FLAG);
            }
        }
    }
}

/// Structs are copied before script runs again. C writes to memory for a result at any time.
#[test]
fn results_are_not_written_to_bytes_that_may_move() {
    let mut memory = [0_u8; 24];
    let address = memory.as_mut_ptr().expose_provenance() as u64;
    for make in [Heap::mapped as fn() -> Heap, Heap::tagged] {
        let mut heap = make();
        let [fixed, moving] = [1, 2].map(|kind| heap.handle(Thing::Bytes { address, len: 24, kind }));
        let fixture = by_handles("(struct {u64[3]}) -> struct {u64[3]}", &heap.handles, Exit::Raise);
        let found = Some(ResolvedHandle { slot: address, len: 24 });
        for (handles, is_asked) in [([moving, fixed], false), ([fixed, moving], true), ([moving, moving], true)] {
            let (events, _) = call(&fixture, &handles, found);
            let asked: &[_] = if is_asked { &[Event::Resolve { index: 1, handle: moving }] } else { &[] };
            assert_eq!(&events[..events.len() - 1], asked);
            assert!(matches!(events.last(), Some(Event::Called(_))));
        }
    }
}

/// If objects are plain addresses, null looks like an address.
#[test]
fn null_is_no_object() {
    let fields = [77_u64, 8];
    let known = Object::new([Path([0].into())]).length(Path([8].into()));
    let handles = Handles::new(Tag { mask: 7, bits: 0 }).null(0).objects([known]);
    // SAFETY: null is not read.
    assert_eq!(unsafe { handles.resolve(0) }, None);
    for c in ["(struct {u8[8]})", "() -> struct {u8[8]}", "(bool, struct {u8[8]})"] {
        let fixture = by_handles(c, &handles, Exit::Raise);
        let count = fixture.model.roles.len() - 1;
        let (events, _) = call(&fixture, &vec![0; count], None);
        assert_eq!(events, [Event::Resolve { index: 0, handle: 0 }], "{c}");
    }
    let fixture = by_handles("(buffer)", &handles, Exit::Raise);
    for (handle, slot) in [(0, 0), (fields.as_ptr().expose_provenance() as u64, 77)] {
        assert_eq!(call(&fixture, &[handle], None).0, [called(&Type::BUFFER, slot)]);
    }
}

/// An argument that is wrong by itself: neither C nor the helper is called.
#[test]
fn numbers_are_checked_before_helpers_are_asked() {
    let heap = Heap::opaque();
    let params = [Type::POINTER, Type::I64, Type::POINTER];
    let model = FastCallModel::new(
        Abi::host().unwrap(),
        Signature::new(params, None).unwrap(),
        [FastCallRole::Handle(0), FastCallRole::Argument, FastCallRole::Exit],
        Exit::Raise,
    )
    .handles([heap.handles.clone()]);
    let fixture = Fixture::new(notation::signature("(buffer, u8)"), model);
    let outcome = fixture.call(&[8, 256, 0], Answers::returning([]));
    assert_eq!(outcome.events, [Event::Raise { index: 1, bits: 256 }]);
    // A number in a handle that is too wide is found before the other handles are asked for, if it comes first.
    let mut heap = Heap::mapped();
    let fixture = by_handles("(u8, buffer, i8)", &heap.handles, Exit::Raise);
    let [wide, odd] = [Thing::Integer(256), Thing::Odd].map(|thing| heap.handle(thing));
    let (events, _) = call(&fixture, &[wide, odd, wide], None);
    assert_eq!(events, [Event::Raise { index: 0, bits: 256 }]);
}
