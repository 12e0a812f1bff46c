//! Structs: their bytes as arguments, and buffers that results are written to.

use hotcall::engine::{Exit, FastCallRole, Problem};
use hotcall_testing::notation;

use crate::toy::{STYLES, Thrown, Value};
use crate::world::{EXITS, World, fixture, take_count, worlds};

const PAIR: &str = "struct {f64, i32, f32}";
const LARGE: &str = "struct {i64[5]}";

fn pair_bytes(x: f64, y: i32, z: f32) -> Vec<u8> {
    [&x.to_le_bytes()[..], &y.to_le_bytes(), &z.to_le_bytes()].concat()
}

fn large_bytes(numbers: [i64; 5]) -> Vec<u8> {
    numbers.into_iter().flat_map(i64::to_le_bytes).collect()
}

fn each_world(check: impl Fn(&World, Exit)) {
    for (world, exit) in worlds() {
        check(&world, exit);
    }
}

#[test]
fn arguments_are_copied_from_buffers() {
    each_world(|world, exit| {
        let heap = &world.heap;
        let sum = world.compiled("pair_sum", &format!("({PAIR}) -> f64"), exit);
        let bytes = pair_bytes(1.5, -7, 0.25);
        let shifted = [&[0xaa; 3], &bytes[..], &[0xbb; 5]].concat();
        for (value, views) in
            [(heap.bytes(&bytes, 0..16), 0), (heap.bytes(&shifted, 3..24), 0), (heap.strange(&shifted[3..]), 1)]
        {
            let seen = sum.enter(&[value], None);
            assert_eq!((seen.result.as_f64(), seen.flagged, seen.views), (-5.25, false, views));
        }
        take_count();
        for value in [heap.bytes(&bytes, 0..15), heap.bytes(&bytes, 16..16), heap.strange(&bytes[1..])] {
            let thrown = sum.call(&[value]).unwrap_err();
            let hotcall::engine::View::Bytes { len, .. } = heap.look(value) else { panic!() };
            let Thrown::Argument { index: 0, problem, .. } = &thrown else { panic!("{thrown:?}") };
            assert_eq!(*problem, Problem::Short { expected: 16, given: len });
            let expected = format!("{len} bytes are too few: it has 16");
            assert!(thrown.message().ends_with(&expected), "{thrown:?}");
        }
        for (value, found) in [(heap.null, "null"), (heap.pointer(8 as _), "a pointer"), (heap.yes, "a boolean")] {
            let thrown = sum.call(&[value]).unwrap_err();
            let expected = format!("argument 1 ({PAIR}): expected a buffer, not {found}");
            assert!(thrown.message().ends_with(&expected), "{thrown:?}");
        }
        assert_eq!(take_count(), 0);
    });
}

#[test]
fn results_are_written_to_buffers() {
    each_world(|world, exit| {
        let heap = &world.heap;
        let args = [1.5, -7.0, 0.25].map(|number| heap.number(number));
        let pair = world.compiled("pair_of", &format!("(f64, i32, f32) -> {PAIR}"), exit);
        let large = world.compiled("large_from", &format!("(i64) -> {LARGE}"), exit);
        let check = |to: Value, whole: Value, range: std::ops::Range<usize>, expected: &[u8]| {
            let bytes = heap.read(whole);
            assert_eq!(&bytes[range.clone()], expected);
            assert!(bytes[..range.start].iter().chain(&bytes[range.end..]).all(|byte| *byte == 0xaa), "{bytes:?}");
            assert!(heap.read(to).starts_with(expected));
        };
        for (begin, strange) in [(0, false), (3, false), (0, true)] {
            let make = || if strange { heap.strange(&[0xaa; 64]) } else { heap.bytes(&[0xaa; 64], begin..64) };
            let to = make();
            pair.call_to(&args, Some(to)).unwrap();
            check(to, to, 0..16, &pair_bytes(1.5, -7, 0.25));
            let to = make();
            large.call_to(&[heap.number(-2.0)], Some(to)).unwrap();
            check(to, to, 0..40, &large_bytes([-2, -1, 0, 1, 2]));
        }
        // Just enough, and one byte too few.
        let (exact, short) = (heap.bytes(&[0; 48], 1..41), heap.bytes(&[0; 48], 1..40));
        take_count();
        large.call_to(&[heap.number(5.0)], Some(exact)).unwrap();
        assert_eq!(heap.read(exact), large_bytes([5, 6, 7, 8, 9]));
        assert_eq!(take_count(), 1);
        let thrown = large.call_to(&[heap.number(5.0)], Some(short)).unwrap_err();
        let expected = format!("cannot call \"large_from\": argument 2 ({LARGE}): 39 bytes are too few: it has 40");
        assert_eq!(thrown.message(), expected);
        for (to, found) in [(heap.null, "null"), (heap.undefined, "undefined"), (heap.number(1.0), "a number")] {
            let thrown = large.call_to(&[heap.number(5.0)], Some(to)).unwrap_err();
            let expected = format!("argument 2 ({LARGE}): expected a buffer, not {found}");
            assert!(thrown.message().ends_with(&expected), "{thrown:?}");
        }
        assert_eq!((heap.read(short), take_count()), (vec![0; 39], 0));
    });
}

#[test]
fn results_are_not_written_to_immutable_buffers() {
    each_world(|world, exit| {
        let heap = &world.heap;
        let reversed = world.compiled("reversed", &format!("({LARGE}) -> {LARGE}"), exit);
        let bytes = large_bytes([1, 2, 3, 4, 5]);
        for value in [heap.bytes(&bytes, 0..40), heap.strange(&bytes)] {
            heap.freeze(value);
            let to = heap.bytes(&[0; 40], 0..40);
            reversed.call_to(&[value], Some(to)).unwrap();
            assert_eq!(heap.read(to), large_bytes([5, 4, 3, 2, 1]));
            let seen = reversed.enter(&[to], Some(value));
            assert_eq!(seen.flagged, exit != Exit::Raise);
            if let Exit::Raise = exit {
                let thrown = seen.thrown.unwrap();
                let expected = format!("argument 2 ({LARGE}): expected a buffer, not an immutable buffer");
                assert!(thrown.message().ends_with(&expected), "{thrown:?}");
            }
            assert_eq!(heap.read(value), bytes);
        }
    });
}

/// The memory of the result may be that of the argument.
#[test]
fn a_result_may_overlap_an_argument() {
    each_world(|world, exit| {
        let reversed = world.compiled("reversed", &format!("({LARGE}) -> {LARGE}"), exit);
        let value = world.heap.bytes(&large_bytes([1, 2, 3, 4, 5]), 0..40);
        reversed.call_to(&[value], Some(value)).unwrap();
        assert_eq!(world.heap.read(value), large_bytes([5, 4, 3, 2, 1]));
    });
}

/// A result that has nowhere to go is an error when the function is made.
#[test]
fn a_struct_needs_memory() {
    let world = World::new(STYLES[0]);
    let signature = notation::signature(&format!("(i64) -> {LARGE}"));
    let function = fixture().function("large_from", &signature).unwrap();
    let mut model = world.model(&signature, &[crate::world::Way::Handle], EXITS[0]);
    let at = model.roles.iter().position(|role| matches!(role, FastCallRole::Result(_))).unwrap();
    model.roles[at] = FastCallRole::Ignored;
    let error = world.compile(&function, model).err().unwrap();
    assert_eq!(error.to_string(), "cannot compile the call of \"large_from\": no parameter has the role result");
}
