//! Numbers and truth values: each type takes some, in any way in which they come, and the others are refused with an error.

use hotcall::Type;
use hotcall::engine::{Exit, Problem, View};
use hotcall_testing::notation;

use crate::toy::{STYLES, Thrown, Value};
use crate::world::{Compiled, FLAG, Way, World, take_count, worlds};

pub(crate) const INTEGERS: [&str; 10] = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "isize", "usize"];

/// Numbers at the borders of types, and numbers that no type takes.
pub(crate) fn numbers() -> Vec<f64> {
    let powers = [7, 8, 15, 16, 31, 32, 52, 53, 61, 62, 63, 64].map(|power| 2_f64.powi(power));
    let near = powers.iter().flat_map(|power| [power - 1.0, *power, power + 1.0, power - 0.5]);
    let near: Vec<_> = near.flat_map(|number| [number, -number]).collect();
    [near, vec![0.0, -0.0, 0.5, -0.5, 1e-300, 1.0, -1.0, 42.0, 1e300, f64::INFINITY, -f64::INFINITY, f64::NAN]].concat()
}

fn values(world: &World) -> Vec<Value> {
    let heap = &world.heap;
    let numbers = numbers().into_iter().flat_map(|number| [heap.number(number), heap.boxed(number)]);
    let bytes = heap.bytes(&[1, 2, 3], 0..3);
    let gone = heap.bytes(&[1, 2, 3], 0..3);
    heap.detach(gone);
    let others = [
        heap.null,
        heap.undefined,
        heap.yes,
        heap.no,
        heap.text(),
        heap.big_int(5),
        heap.big_int(u64::MAX),
        heap.pointer(8 as _),
        bytes,
        heap.bytes(&[1, 2, 3], 1..1),
        heap.strange(&[1, 2, 3]),
        gone,
    ];
    numbers.chain(others).collect()
}

/// The native types in which a compiler could pass a number for an integer.
fn ways(world: &World, value: Value) -> Vec<Way> {
    let mut ways = vec![Way::Handle];
    if let View::Number(number) = world.heap.look(value) {
        ways.push(Way::As(Type::F64));
        let whole = number.trunc() == number;
        let mut integer = |ty: Type, low: f64, behind: f64| {
            if whole && (low..behind).contains(&number) {
                ways.push(Way::As(ty));
            }
        };
        integer(Type::I32, -2_f64.powi(31), 2_f64.powi(31));
        integer(Type::U32, 0.0, 2_f64.powi(32));
        integer(Type::I64, -2_f64.powi(63), 2_f64.powi(63));
        integer(Type::U64, 0.0, 2_f64.powi(64));
    }
    ways
}

/// Results by their bits, and errors by their whole text.
fn bits(result: Result<hotcall::Slot, Thrown>) -> Result<u64, String> {
    result.map(hotcall::Slot::to_bits).map_err(|thrown| format!("{thrown:?}"))
}

/// Checks that an argument has the effect that it has in the ordinary call, in each way in which it comes.
#[track_caller]
fn check_all(world: &World, ty: &str, exit: Exit, all_ways: &[Way]) {
    let (symbol, signature) = (format!("id_{ty}"), format!("({ty}) -> {ty}"));
    for way in all_ways {
        let compiled = world.compiled_as(&symbol, &signature, exit, std::slice::from_ref(way));
        for value in values(world) {
            if !ways(world, value).contains(way) {
                continue;
            }
            take_count();
            let seen = (bits(compiled.call(&[value])), take_count());
            let expected = (bits(world.ordinary(&compiled.function, &[value], None)), take_count());
            assert_eq!(seen, expected, "{ty} of {:?} {way:?} {exit:?}", world.heap.look(value));
            assert_eq!(expected.0.is_ok(), expected.1 == 1);
        }
    }
}

#[test]
fn whole_numbers_in_range_are_taken_in_every_way() {
    for (world, exit) in worlds() {
        for ty in INTEGERS {
            let natives = [Type::F64, Type::I32, Type::U32, Type::I64, Type::U64].map(Way::As);
            check_all(&world, ty, exit, &[&[Way::Handle], &natives[..]].concat());
        }
        check_all(&world, "bool", exit, &[Way::Handle]);
        for ty in ["pointer", "buffer", "text", "function"] {
            let signature = format!("({ty}) -> pointer");
            let compiled = world.compiled("id_pointer", &signature, exit);
            for value in values(&world) {
                let seen = bits(compiled.call(&[value]));
                let expected = bits(world.ordinary(&compiled.function, &[value], None));
                assert_eq!(seen, expected, "{ty} of {:?} {exit:?}", world.heap.look(value));
            }
        }
    }
}

/// The argument of a call of `id_…`, and its outcome: a number, or a problem.
type Row = (f64, Result<f64, Problem>);

#[track_caller]
fn check_rows(compiled: &Compiled<'_>, ty: Type, rows: &[Row]) {
    let name = compiled.function.name();
    for &(number, expected) in rows {
        let value = compiled.world.heap.number(number);
        let unsigned = ty == Type::U64;
        let seen = compiled.call(&[value]);
        let seen = seen.map(|slot| if unsigned { slot.as_u64() as f64 } else { slot.as_i64() as f64 });
        let expected = expected.map_err(|problem| Thrown::Argument {
            function: name.into(),
            index: 0,
            ty: ty.clone(),
            problem,
            message: format!("cannot call {name:?}: argument 1 ({ty}): {problem}"),
        });
        assert_eq!(seen, expected, "{number}");
    }
}

#[test]
fn refused_numbers_are_named() {
    let range = |number| Err(Problem::Range { number });
    let fraction = |number| Err(Problem::Fraction { number });
    for (world, exit) in worlds() {
        for way in [Way::Handle, Way::As(Type::F64)] {
            let of = |ty: &str| {
                world.compiled_as(&format!("id_{ty}"), &format!("({ty}) -> {ty}"), exit, std::slice::from_ref(&way))
            };
            let rows = [
                (127.0, Ok(127.0)),
                (-128.0, Ok(-128.0)),
                (128.0, range(128.0)),
                (-129.0, range(-129.0)),
                (0.5, fraction(0.5)),
            ];
            check_rows(&of("i8"), Type::I8, &rows);
            let max = f64::from(u32::MAX);
            let rows = [
                (max, Ok(max)),
                (0.0, Ok(0.0)),
                (-0.0, Ok(0.0)),
                (max + 1.0, range(max + 1.0)),
                (-1.0, range(-1.0)),
                (1e300, range(1e300)),
                (f64::INFINITY, fraction(f64::INFINITY)),
            ];
            check_rows(&of("u32"), Type::U32, &rows);
            let big = 2_f64.powi(63);
            check_rows(&of("i64"), Type::I64, &[(-big, Ok(-big)), (big, range(big)), (1.5, fraction(1.5))]);
            check_rows(&of("u64"), Type::U64, &[(big, Ok(big)), (2.0 * big, range(2.0 * big)), (-1.0, range(-1.0))]);
        }
    }
}

/// The first wrong argument is the one that the ordinary call names; C is not called.
#[test]
fn one_wrong_argument_of_many_is_enough() {
    let ty = "(i8, f64, buffer, bool, f32, u32, u64, f64, i16) -> f64";
    for (world, exit) in worlds() {
        let heap = &world.heap;
        let mut ways: Vec<_> = notation::signature(ty).params().iter().map(Way::of).collect();
        let right = [
            heap.number(-7.0),
            heap.number(0.5),
            heap.bytes(&[9, 8], 1..2),
            heap.yes,
            heap.number(1.5),
            heap.number(4e9),
            heap.big_int(1 << 40),
            heap.number(-3.0),
            heap.number(300.0),
        ];
        for native in [Way::Handle, Way::As(Type::F64), Way::As(Type::I64)] {
            ways[5] = native.clone();
            ways[8] = native;
            let compiled = world.compiled_as("mixed", ty, exit, &ways);
            take_count();
            let expected = -7.0 + 1.0 + 24.0 + 4.0 + 7.5 + 24e9 + 2_f64.powi(40) * 7.0 - 24.0 + 2700.0;
            assert_eq!(compiled.call(&right).unwrap().as_f64(), expected);
            assert_eq!(take_count(), 1);
            for (index, wrong) in [
                (0, heap.number(128.0)),
                (0, heap.text()),
                (2, heap.pointer(8 as _)),
                (3, heap.number(1.0)),
                (5, heap.number(-1.0)),
                (6, heap.number(0.5)),
                (8, heap.number(4e9)),
            ] {
                let mut args = right;
                args[index] = wrong;
                let thrown = compiled.call(&args).unwrap_err();
                let Thrown::Argument { function, index: named, .. } = &thrown else { panic!("{thrown:?}") };
                assert_eq!((&**function, *named), ("mixed", index));
                assert_eq!(thrown, world.ordinary(&compiled.function, &args, None).unwrap_err());
                assert_eq!(take_count(), 0, "{thrown:?}");
            }
        }
    }
}

#[test]
fn floats_arrive_bit_by_bit() {
    for (world, exit) in worlds() {
        let [f64s, f32s] =
            ["f64", "f32"].map(|ty| world.compiled(&format!("id_{ty}"), &format!("({ty}) -> {ty}"), exit));
        let demoted = world.compiled_as("id_f32", "(f32) -> f32", exit, &[Way::As(Type::F64)]);
        let promoted = world.compiled_as("id_f64", "(f64) -> f64", exit, &[Way::As(Type::F32)]);
        for number in numbers() {
            let value = [world.heap.number(number)];
            let single = (number as f32).to_bits();
            assert_eq!(f64s.call(&value).unwrap().as_f64().to_bits(), number.to_bits());
            assert_eq!(f32s.call(&value).unwrap().as_f32().to_bits(), single);
            assert_eq!(demoted.call(&value).unwrap().as_f32().to_bits(), single);
            assert_eq!(promoted.call(&value).unwrap().as_f64().to_bits(), f64::from(number as f32).to_bits());
        }
    }
}

/// Passes more integers than there are registers: some stay in their places, others move.
#[test]
fn more_integers_than_registers_arrive() {
    let ty = "(9*i32) -> f64";
    let digits: [f64; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
    for (world, exit) in worlds() {
        let args = digits.map(|digit| world.heap.number(digit));
        let first = |first: Type, rest: Type| -> Vec<Way> {
            (0..9).map(|index| Way::As(if index == 0 { first.clone() } else { rest.clone() })).collect()
        };
        for ways in [
            vec![Way::Handle; 9],
            first(Type::F64, Type::I64),
            first(Type::I64, Type::I64),
            first(Type::F64, Type::F64),
            first(Type::F64, Type::I32),
        ] {
            let compiled = world.compiled_as("digits9", ty, exit, &ways);
            assert_eq!(compiled.call(&args).unwrap().as_f64(), 123_456_789.0, "{ways:?}");
            for index in 0..9 {
                if ways[index] == Way::As(Type::I32) {
                    continue;
                }
                let mut wrong = args;
                wrong[index] = world.heap.number(2_f64.powi(31));
                let thrown = compiled.call(&wrong).unwrap_err();
                assert_eq!(
                    thrown.message(),
                    format!("cannot call \"digits9\": argument {} (i32): 2147483648 is out of range", index + 1)
                );
            }
        }
    }
}

#[test]
fn numbers_and_truth_values_need_no_help() {
    for style in STYLES {
        let world = World::new(style);
        let add = world.compiled("add_i32", "(i32, i32) -> i32", FLAG);
        let seen = add.enter(&[40.0, 2.0].map(|number| world.heap.number(number)), None);
        assert_eq!((seen.result.as_i32(), seen.flagged, seen.views), (42, false, 0));
        let not = world.compiled("id_bool", "(bool) -> bool", FLAG);
        for truth in [false, true] {
            let seen = not.enter(&[world.heap.boolean(truth)], None);
            assert_eq!((seen.result.as_bool(), seen.flagged, seen.views), (truth, false, 0));
        }
        let wide = world.compiled("id_i64", "(i64) -> i64", FLAG);
        let seen = wide.enter(&[world.heap.number(-5.0)], None);
        assert_eq!((seen.result.as_i64(), seen.flagged, seen.views), (-5, false, 0));
        for low in [0, 2, 3, -5_i64 as u64, -6_i64 as u64, i64::MIN as u64] {
            let seen = wide.enter(&[world.heap.big_int(low)], None);
            assert_eq!((seen.result.as_u64(), seen.flagged, seen.views), (low, false, 0));
        }
        for number in [0.0, -0.0, 7.0, -9_007_199_254_740_992.0, -9_223_372_036_854_775_808.0] {
            let seen = wide.enter(&[world.heap.boxed(number)], None);
            assert_eq!((seen.result.as_i64(), seen.flagged, seen.views), (number as i64, false, 0));
        }
        // Assembled code reads small integers alone. This function is compiled, because it raises.
        let unsigned = world.compiled("id_u32", "(u32) -> u32", Exit::Raise);
        for number in [0.0, 2_147_483_648.0, 4_294_967_295.0] {
            let seen = unsigned.enter(&[world.heap.boxed(number)], None);
            assert_eq!((seen.result.as_u32(), seen.flagged, seen.views), (number as u32, false, 0));
        }
        // Numbers that the type does not have need the helper, which refuses them.
        for value in [world.heap.boxed(0.5), world.heap.boxed(4_294_967_296.0), world.heap.big_int(1)] {
            let seen = unsigned.enter(&[value], None);
            assert_eq!((seen.thrown.is_some(), seen.views), (true, 1));
        }
    }
}
