//! Numbers in threads whose floating-point environment is not the initial one: results are the same.

use hotcall::Type;
use hotcall_testing::alone::alone;
use hotcall_testing::environment::{INVALID, ROUNDINGS, TINY_IS_ZERO, where_invalid_traps, within};

use crate::arguments::{INTEGERS, numbers};
use crate::world::{Way, take_count, worlds};

/// Denormal doubles, and doubles that are denormal as floats.
const TINY: [f64; 8] = [5e-324, -5e-324, 1e-310, 1e-40, -1e-40, 1e-45, 7e-46, 1.175_494_3e-38];

#[test]
fn numbers_are_what_they_are_everywhere() {
    for (world, exit) in worlds() {
        let values: Vec<_> = numbers().into_iter().chain(TINY).map(|number| world.heap.number(number)).collect();
        for ty in INTEGERS.into_iter().chain(["f32", "f64"]) {
            let is_float = ty.starts_with('f');
            let handle = (!is_float).then_some(Way::Handle);
            // Integers are not rounded.
            let roundings = if is_float { &ROUNDINGS[..] } else { &ROUNDINGS[..1] };
            for way in [Way::As(Type::F64)].into_iter().chain(handle) {
                let (symbol, signature) = (format!("id_{ty}"), format!("({ty}) -> {ty}"));
                let compiled = world.compiled_as(&symbol, &signature, exit, std::slice::from_ref(&way));
                for (&value, &rounding) in
                    values.iter().flat_map(|value| roundings.iter().map(move |rounding| (value, rounding)))
                {
                    let calls = || {
                        let seen = compiled.call(&[value]).map(hotcall::Slot::to_bits);
                        let ordinary = world.ordinary(&compiled.function, &[value], None).map(hotcall::Slot::to_bits);
                        (seen, ordinary, take_count())
                    };
                    let (expected, _) = within(rounding, calls);
                    let (seen, signalled) = within(TINY_IS_ZERO | rounding, calls);
                    let context = || format!("{ty} of {:?}, {way:?} {exit:?}, {rounding:#x}", world.heap.look(value));
                    // Problems hold numbers, of which NaN is not equal to itself.
                    assert_eq!(format!("{seen:?}"), format!("{expected:?}"), "{}", context());
                    assert_eq!(signalled & INVALID, 0, "{}", context());
                }
            }
        }
    }
}

#[test]
fn a_tiny_number_is_no_integer() {
    for (world, exit) in worlds() {
        for way in [Way::Handle, Way::As(Type::F64)] {
            let compiled = world.compiled_as("id_i32", "(i32) -> i32", exit, std::slice::from_ref(&way));
            let value = world.heap.number(5e-324);
            take_count();
            let (thrown, _) = within(TINY_IS_ZERO, || compiled.call(&[value]).unwrap_err());
            assert!(format!("{thrown:?}").contains("5e-324 is not an integer"), "{thrown:?}");
            assert_eq!(take_count(), 0);
        }
    }
}

/// As after `feenableexcept(FE_INVALID)`.
#[test]
fn refused_numbers_do_not_trap() {
    alone(|| {
        for (world, exit) in worlds() {
            for ty in INTEGERS {
                for way in [Way::Handle, Way::As(Type::F64)] {
                    let (symbol, signature) = (format!("id_{ty}"), format!("({ty}) -> {ty}"));
                    let compiled = world.compiled_as(&symbol, &signature, exit, std::slice::from_ref(&way));
                    for number in [f64::NAN, f64::INFINITY, -1e300, 2_f64.powi(64), -2_f64.powi(64), 0.5] {
                        let value = world.heap.number(number);
                        let refused = where_invalid_traps(|| compiled.call(&[value]).is_err());
                        assert!(refused, "{number} as {ty}, {way:?} {exit:?}");
                    }
                }
            }
        }
    });
}
