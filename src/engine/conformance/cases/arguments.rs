//! Many arguments, missing ones, and more than there are parameters.

use crate::engine::conformance::callees;
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::kit::{Kit, refused};
use crate::engine::conformance::literal::{boolean, number, text};
use crate::engine::conformance::value::ScriptValue;

pub(crate) fn run(kit: &mut Kit<'_>) {
    nothing(kit);
    twelve(kit);
    mixed(kit);
}

fn nothing(kit: &mut Kit<'_>) {
    let nothing = kit.define(&callees::nothing());
    kit.gives(&Expression::call(nothing, []), &ScriptValue::Undefined);
    kit.gives(&Expression::call(nothing, [number(1.0), text("more"), boolean(true)]), &ScriptValue::Undefined);
}

fn twelve(kit: &mut Kit<'_>) {
    let sum = kit.define(&callees::sum12_i32());
    let digits = |count: u32| (1..=count).map(|digit| number(f64::from(digit % 10))).collect::<Vec<_>>();
    let value = ScriptValue::Number(123_456_789_012.0);
    kit.gives(&Expression::call(sum, digits(12)), &value);
    let doubles: Vec<_> = (1..=12).map(|digit| Expression::Double(f64::from(digit % 10))).collect();
    kit.gives(&Expression::call(sum, doubles), &value);
    for more in [13, 14, 40] {
        kit.gives(&Expression::call(sum, digits(more)), &value);
    }
    // Longer calls come before shorter ones, so that a stale argument of the longer call would be noticed.
    for given in (0..12).rev() {
        let problem = format!("expected an integer, not {}", kit.missing());
        kit.throws(&Expression::call(sum, digits(given)), refused(sum, given as usize, "i32", &problem));
    }
    for wrong in 0..12 {
        let mut arguments = digits(12);
        arguments[wrong] = boolean(true);
        kit.throws(
            &Expression::call(sum, arguments.clone()),
            refused(sum, wrong, "i32", "expected an integer, not a boolean"),
        );
        arguments[wrong] = number(2_147_483_648.0);
        kit.throws(&Expression::call(sum, arguments), refused(sum, wrong, "i32", "2147483648 is out of range"));
    }
    // The error names the first of several wrong arguments.
    let mut arguments = digits(12);
    arguments[3] = number(1.5);
    arguments[7] = boolean(true);
    kit.throws(&Expression::call(sum, arguments), refused(sum, 3, "i32", "1.5 is not an integer"));
}

fn mixed(kit: &mut Kit<'_>) {
    let mixed = kit.define(&callees::mixed());
    let ones = || vec![number(1.0); 18];
    // 1 + 2 + … + 18
    kit.gives(&Expression::call(mixed, ones()), &ScriptValue::Number(171.0));
    // Each argument in turn counts as its position says.
    for place in 0..18 {
        let mut arguments = ones();
        arguments[place] = number(3.0);
        kit.gives(&Expression::call(mixed, arguments), &ScriptValue::Number(171.0 + 2.0 * (place + 1) as f64));
    }
    let mut arguments = ones();
    arguments[17] = number(-0.5);
    kit.gives(&Expression::call(mixed, arguments), &ScriptValue::Number(144.0));
    for (wrong, ty, problem) in [
        (0, "f64", "expected a number, not a boolean"),
        (1, "i8", "expected an integer, not a boolean"),
        (2, "f32", "expected a number, not a boolean"),
        (5, "i64", "expected an integer or a BigInt, not a boolean"),
        (11, "u64", "expected an integer or a BigInt, not a boolean"),
        (17, "f64", "expected a number, not a boolean"),
    ] {
        let mut arguments = ones();
        arguments[wrong] = boolean(true);
        kit.throws(&Expression::call(mixed, arguments), refused(mixed, wrong, ty, problem));
    }
}
