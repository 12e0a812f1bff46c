//! Contradictory models, which are refused with the reason.

use hotcall_jit::engine::fast_call::Path;
use hotcall_jit::engine::values::{
    Boolean, CallFunction, CallOutcome, CallRole, Double, EngineAbi, Integer, MakeFunction, MakeRole, ModelError,
    ResultPath, Role, Singleton, Test, ValueModel, Words,
};
use hotcall_jit::{Signature, Type};
use hotcall_testing::changed;
use hotcall_testing::notation;

use crate::described;
use crate::engine::HELPERS;
use crate::models;

/// The error of a model that was changed so.
#[track_caller]
fn refused(model: ValueModel, change: impl FnOnce(&mut ValueModel)) -> String {
    let mut model = model;
    change(&mut model);
    EngineAbi::new(model, HELPERS).expect_err("a model that makes no sense").to_string()
}

fn tagged() -> ValueModel {
    models::tagged().model
}

fn boxed() -> ValueModel {
    models::offset_boxed().model
}

#[test]
fn models_of_other_tests_are_accepted() {
    for model in described::all() {
        assert!(EngineAbi::new(model.model, HELPERS).is_ok(), "{}", model.name);
    }
}

#[test]
fn other_sizes_are_refused() {
    for size in [0, 1, 4, 7, 9, 12, 24, 255] {
        let error = EngineAbi::new(tagged().size(size), HELPERS).unwrap_err();
        assert_eq!(error, ModelError::Size { size });
        assert_eq!(error.to_string(), format!("values have 8 or 16 bytes, not {size}"));
    }
}

#[test]
fn wrong_roles_are_refused() {
    type Change = fn(&mut ValueModel);
    let cases: [(Change, &str); 10] = [
        (|model| model.roles = [].into(), "the native function has 6 parameters and 0 roles"),
        (
            |model| model.native = notation::signature("(pointer, pointer, pointer, usize, pointer) -> u64"),
            "the native function has 5 parameters and 6 roles",
        ),
        (
            |model| model.native = Signature::variadic(model.native.params().to_vec(), 5, Type::U64).unwrap(),
            "the native function is variadic",
        ),
        (|model| model.roles[3] = Role::Ignored, "no parameter has the role argc"),
        (|model| model.roles[4] = Role::Ignored, "no parameter has the role argv"),
        (|model| model.roles[1] = Role::Context, "two parameters have the role context"),
        (|model| model.roles[5] = Role::Argv { first: 7 }, "two parameters have the role argv"),
        (|model| model.roles[3] = Role::Data, "parameter 4 has the role data and the type usize"),
        (|model| model.roles[2] = Role::Argc, "parameter 3 has the role argc and the type pointer"),
        (
            |model| {
                model.native = notation::signature("(pointer, pointer, 2*usize, pointer, pointer) -> u64");
                model.roles[2] = Role::Argc;
            },
            "two parameters have the role argc",
        ),
    ];
    for (change, message) in cases {
        assert_eq!(refused(boxed(), change), message);
    }
    let with = |ty: &str| {
        let ty = ty.to_owned();
        move |model: &mut ValueModel| {
            model.native = notation::signature(&format!("(3*pointer, {ty}, pointer, pointer) -> u64"));
        }
    };
    for ty in ["f64", "f32", "u8", "i16", "bool", "struct {i64}"] {
        let shown = format!("parameter 4 has the role argc and the type {ty}");
        assert_eq!(refused(boxed(), with(ty)), shown);
    }
    for ty in ["i32", "u32", "i64", "u64", "isize"] {
        let mut model = boxed();
        with(ty)(&mut model);
        assert!(EngineAbi::new(model, HELPERS).is_ok(), "{ty}");
    }
}

#[test]
fn wrong_outcomes_are_refused() {
    let returns = |result: &str| {
        let result = result.to_owned();
        move |model: &mut ValueModel| {
            model.native = notation::signature(&format!("(3*pointer, usize, pointer, pointer){result}"));
        }
    };
    for result in ["", " -> u32", " -> bool", " -> struct {u64, u64}"] {
        assert_eq!(refused(boxed(), returns(result)), "the native function does not return a value", "{result}");
    }
    for result in ["f64", "pointer", "struct {u32, u32}", "i64"] {
        let mut model = boxed();
        returns(&format!(" -> {result}"))(&mut model);
        assert!(EngineAbi::new(model, HELPERS).is_ok(), "{result}");
    }
    let stored = |model: &mut ValueModel| model.outcome = ResultPath::Stored { index: 0, success: 1, exception: 0 };
    for result in ["", " -> f32", " -> f64", " -> struct {i32}"] {
        let error = refused(boxed(), |model| {
            returns(result)(model);
            stored(model);
        });
        assert_eq!(error, "the native function does not return an integer", "{result}");
    }
}

#[test]
fn tests_that_read_outside_of_values_are_refused() {
    const LENGTH: &str = "a test reads 1, 2, 4 or 8 bytes at a multiple of that";
    let null = |test: Test| move |model: &mut ValueModel| model.null = Some(Singleton::new(test, [0, 2]));
    for (test, problem) in [
        (Test::equal(8, 3, 2), LENGTH),
        (Test::equal(8, 0, 2), LENGTH),
        (Test::equal(8, 16, 2), LENGTH),
        (Test::equal(9, 2, 2), LENGTH),
        (Test::equal(4, 8, 2), LENGTH),
        (changed!(Test::equal(8, 4, 2), low: 3), "the range of the test is empty"),
        (Test::equal(16, 4, 2), "it lies outside of the value"),
        (Test::equal(248, 8, 2), "it lies outside of the value"),
        (Test::equal(8, 4, 3), "its values fail its own test"),
        (Test::equal(8, 1, 0x102), "its values fail its own test"),
        (Test::masked(8, 4, 1, 2), "its values fail its own test"),
    ] {
        assert_eq!(refused(tagged(), null(test)), format!("null: {problem}"), "{test:?}");
    }
    // An 8-byte value has no second word.
    assert_eq!(
        refused(boxed(), |model| model.null = Some(Singleton::new(Test::equal(8, 4, 0), [2, 0]))),
        "null: it lies outside of the value"
    );
    assert_eq!(refused(tagged(), |model| model.undefined.value = [0, 4]), "undefined: its values fail its own test");
}

#[test]
fn wrong_integers_are_refused() {
    const PLACE: &str = "a number has 4 or 8 bytes at a multiple of that";
    let tag = Test::equal(8, 4, 0);
    let good = Integer::new(tag, 4, [0; 2]);
    for (integer, problem) in [
        (changed!(good, len: 2), PLACE),
        (changed!(good, len: 0), PLACE),
        (changed!(good, offset: 2), PLACE),
        (changed!(good, offset: 4, len: 8), PLACE),
        (changed!(good, offset: 16), "it lies outside of the value"),
        (changed!(good, shift: 24), "the shift leaves no room for a number"),
        (changed!(good, shift: 32), "the shift leaves no room for a number"),
        (changed!(good, shift: 255), "the shift leaves no room for a number"),
        (changed!(good, len: 8, shift: 56), "the shift leaves no room for a number"),
        (changed!(good, zero: [1, 0]), "the value of zero has bits of other numbers"),
        (changed!(good, zero: [0x8000_0000, 0]), "the value of zero has bits of other numbers"),
        (changed!(good, zero: [0, 1]), "its values fail its own test"),
        // The number is where the tag is.
        (changed!(good, offset: 8), "its values fail its own test"),
    ] {
        let error = refused(tagged(), |model| model.integer = Some(integer));
        assert_eq!(error, format!("integers: {problem}"), "{integer:?}");
        let error = refused(tagged(), |model| model.wide = Some(integer));
        assert_eq!(error, format!("wide integers: {problem}"), "{integer:?}");
    }
    // Bits below the number are free, and those above it.
    let shifted = changed!(good, shift: 8, zero: [0xff | 5 << 32, 0]);
    assert!(EngineAbi::new(changed!(tagged(), integer: Some(shifted)), HELPERS).is_ok());
}

#[test]
fn wrong_doubles_are_refused() {
    let good = Double::new(Test::equal(8, 4, 8), [0, 8]);
    for (double, problem) in [
        (changed!(good, offset: 4), "the number takes a word of its own"),
        (changed!(good, zero: [1, 8]), "the number takes a word of its own"),
        (changed!(good, offset: 16), "it lies outside of the value"),
        (changed!(good, zero: [0, 9]), "its values fail its own test"),
        (changed!(good, offset: 8, zero: [0; 2]), "numbers are told by their own bits, so every NaN must become one"),
    ] {
        let error = refused(tagged(), |model| model.double = Some(double));
        assert_eq!(error, format!("doubles: {problem}"), "{double:?}");
    }
    let good = boxed().double.unwrap();
    let changed = |double: Double| refused(boxed(), |model| model.double = Some(double));
    assert_eq!(
        changed(changed!(good, nan: None)),
        "doubles: numbers are told by their own bits, so every NaN must become one"
    );
    assert_eq!(changed(changed!(good, nan: Some(0))), "doubles: the canonical NaN is a number");
    assert_eq!(changed(changed!(good, nan: Some(0x7ff0_0000_0000_0000))), "doubles: the canonical NaN is a number");
    for double in [
        // One number is not in the class: 0, -∞, the NaN.
        changed!(good, test: Test::range((1 << 49) + 1, 0xfffd_ffff_ffff_ffff)),
        changed!(good, test: Test::range(1 << 49, 0xfff1_0000_0000_0000)),
        changed!(good, nan: Some(u64::MAX)),
        changed!(good, bias: 0),
    ] {
        assert_eq!(changed(double), "doubles: its values fail its own test", "{double:?}");
    }
}

#[test]
fn overlapping_tests_are_refused() {
    type Change = fn(&mut ValueModel);
    let cases: [(Change, &str); 5] = [
        (|model| model.null = Some(Singleton::new(Test::equal(8, 4, 8), [0, 8])), "doubles pass the test of null"),
        (
            |model| model.undefined.test = changed!(Test::equal(8, 4, 2), low: 2, high: 3),
            "null pass the test of undefined",
        ),
        (
            |model| model.boolean.as_mut().unwrap().test = changed!(Test::equal(8, 4, 1), low: 1, high: 2),
            "null pass the test of booleans",
        ),
        (
            |model| model.wide.as_mut().unwrap().test = changed!(Test::equal(8, 4, 7), low: 0, high: 7),
            "integers pass the test of wide integers",
        ),
        // The number's own bits: 0.0 is 0.
        (|model| model.null = Some(Singleton::new(Test::equal(0, 8, 0), [0, 2])), "integers pass the test of null"),
    ];
    for (change, problem) in cases {
        assert_eq!(refused(tagged(), change), format!("some {problem}"));
    }
    // Both integers may be one class.
    let one = changed!(tagged(), wide: tagged().integer);
    assert!(EngineAbi::new(one, HELPERS).is_ok());
    // So may null and undefined.
    let one = changed!(tagged(), undefined: tagged().null.unwrap());
    assert!(EngineAbi::new(one, HELPERS).is_ok());
}

#[test]
fn wrong_booleans_are_refused() {
    let zero: Words = [0, 1];
    let good = Boolean::new(Test::equal(8, 4, 1), zero);
    for (boolean, problem) in [
        (changed!(good, offset: 16), "it lies outside of the value"),
        (changed!(good, zero: [1, 1]), "false has the bit of true"),
        (changed!(good, zero: [0, 2]), "its values fail its own test"),
        // True is not in the class.
        (Boolean::new(Test::equal(8, 4, 4), [0, 4]).offset(8), "its values fail its own test"),
    ] {
        let error = refused(tagged(), |model| model.boolean = Some(boolean));
        assert_eq!(error, format!("booleans: {problem}"), "{boolean:?}");
    }
}

/// A model in which a struct describes a call.
fn described() -> ValueModel {
    described::frame().model
}

#[test]
fn wrong_structs_of_calls_are_refused() {
    type Change = fn(&mut ValueModel);
    const FIELD: &str = "a path to a field of the struct that describes a call is empty, or the number of arguments has not 4 \
                         or 8 bytes";
    let cases: [(Change, &str); 12] = [
        (|model| model.info = None, "no parameter has the role argc"),
        (|model| model.roles[0] = Role::Ignored, "no parameter has the role info"),
        (|model| model.native = notation::signature("(u64)"), "parameter 1 has the role info and the type u64"),
        (|model| model.info.as_mut().unwrap().argc_len = 2, FIELD),
        (|model| model.info.as_mut().unwrap().argc = Path([].into()), FIELD),
        (|model| model.info.as_mut().unwrap().argv = Path([].into()), FIELD),
        (|model| model.info.as_mut().unwrap().result = Path([].into()), FIELD),
        (|model| model.info.as_mut().unwrap().context = Some(Path([].into())), FIELD),
        (
            |model| {
                model.native = notation::signature("(pointer, u32)");
                model.roles = [Role::Info, Role::Argc].into();
            },
            "the struct that describes a call has the arguments, and a parameter has the role argc too",
        ),
        (
            |model| {
                model.native = notation::signature("(2*pointer)");
                model.roles = [Role::Context, Role::Info].into();
            },
            "the struct that describes a call has the arguments, and a parameter has the role context too",
        ),
        (|model| model.native = notation::signature("(pointer) -> i32"), "the native function does not return nothing"),
        (
            |model| {
                model.native = notation::signature("(2*pointer)");
                model.roles = [Role::Info; 2].into();
            },
            "two parameters have the role info",
        ),
    ];
    for (change, message) in cases {
        assert_eq!(refused(described(), change), message);
    }
    // Other models do not have a struct.
    assert_eq!(refused(boxed(), |model| model.outcome = ResultPath::Info), "no parameter has the role info");
    assert_eq!(
        refused(boxed(), |model| model.roles[1] = Role::Info),
        "the model does not describe the struct of a call"
    );
    // The struct may come without a context, and beside other results.
    let mut model = described();
    model.info.as_mut().unwrap().context = None;
    assert!(EngineAbi::new(model, HELPERS).is_ok());
    let mut model = described();
    (model.native, model.outcome) =
        (notation::signature("(pointer) -> u64"), ResultPath::Returned { exception: [0; 2] });
    assert!(EngineAbi::new(model, HELPERS).is_ok());
}

#[test]
fn wrong_truths_and_numbers_are_refused() {
    type Change = fn(&mut ValueModel);
    const NUMBERS: &str =
        "numbers that are objects: a path is empty, bits are missing or shared, or a check cannot hold";
    let cases: [(Change, &str); 11] = [
        (|model| model.truths = Some([5; 2]), "booleans: the words of false and true are equal"),
        (
            |model| model.boolean = Some(Boolean::new(Test::masked(0, 8, !1, 0x12), [0x12, 0])),
            "booleans: two descriptions tell them",
        ),
        (|model| model.constants_are_objects = false, "some null pass the test of numbers that are objects"),
        (|model| model.truths = Some([7 << 32, 8 << 32]), "some booleans pass the test of integers"),
        (|model| model.truths = Some([model.null.unwrap().value[0], 1]), "some null pass the test of booleans"),
        (
            |model| model.numbers.as_mut().unwrap().test.len = 3,
            "numbers that are objects: a test reads 1, 2, 4 or 8 bytes at a multiple of that",
        ),
        (|model| model.numbers.as_mut().unwrap().objects.double.as_mut().unwrap().at = Path([].into()), NUMBERS),
        (|model| model.numbers.as_mut().unwrap().objects.double.as_mut().unwrap().check.test.len = 3, NUMBERS),
        (|model| model.numbers.as_mut().unwrap().objects.wide.as_mut().unwrap().digits = Path([].into()), NUMBERS),
        (|model| model.numbers.as_mut().unwrap().objects.wide.as_mut().unwrap().sign = 2, NUMBERS),
        (|model| model.numbers.as_mut().unwrap().objects.wide.as_mut().unwrap().length = 0, NUMBERS),
    ];
    for (change, message) in cases {
        assert_eq!(refused(described(), change), message);
    }
    assert_eq!(
        refused(tagged(), |model| (model.boolean, model.truths) = (None, Some([1, 2]))),
        "booleans: their words are not whole values"
    );
}

#[test]
fn addresses_of_values_need_values_of_a_word() {
    assert_eq!(
        refused(tagged(), |model| model.indirect = true),
        "helpers get the addresses of values, which have 16 bytes instead of 8"
    );
    let call = CallFunction::new(
        notation::signature("(u64, i32, pointer) -> u64"),
        [CallRole::Callee, CallRole::Argc, CallRole::Argv],
        [0; 2],
        CallOutcome::Returned { thrown: Test::equal(0, 8, 0x77) },
    );
    // Nothing is loaded from the word of an exception.
    assert_eq!(
        refused(described().indirect(false), |model| model.call = Some(call.clone())),
        "some exceptions of the call function pass the test of numbers that are objects"
    );
    assert_eq!(
        refused(described(), |model| model.call = Some(call)),
        "helpers get the addresses of values, and the call function gets values"
    );
}

#[test]
fn wrong_functions_that_make_scalars_are_refused() {
    let function = |native: &str, roles: &[MakeRole]| {
        let (native, thrown) = (notation::signature(native), Test::equal(0, 8, 0));
        // SAFETY: nothing calls it.
        unsafe { MakeFunction::new(std::ptr::without_provenance(8), native, roles.iter().copied(), thrown) }
    };
    let in_order = [MakeRole::Context, MakeRole::Value];
    let number = |native| function(native, &in_order);
    let refuse = |number: MakeFunction| refused(described().make_number(number), |_| {});
    let of = "the function that makes values of doubles";
    assert_eq!(
        refuse(number("(pointer, f32) -> pointer")),
        format!("parameter 2 of {of} has the role value and the type f32")
    );
    assert_eq!(refuse(number("(pointer, f64) -> u64")), format!("{of} does not return an address"));
    assert_eq!(refuse(number("(pointer, f64)")), format!("{of} does not return an address"));
    assert_eq!(
        refuse(function("(pointer) -> pointer", &in_order[..1])),
        format!("no parameter of {of} has the role value")
    );
    assert_eq!(
        refuse(function("(pointer, f64, usize) -> pointer", &[in_order[0], in_order[1], MakeRole::Length])),
        format!("parameter 3 of {of} has the role length and the type usize")
    );
    assert_eq!(
        refuse(function("(pointer, f64, f64) -> pointer", &[in_order[0], in_order[1], MakeRole::Zero])),
        format!("parameter 3 of {of} has the role zero and the type f64")
    );
    let mut model = described().make_number(number("(pointer, f64) -> pointer"));
    model.info.as_mut().unwrap().context = None;
    assert_eq!(refused(model, |_| {}), format!("{of} wants a context, and the engine passes none"));
    let signed = |native| refused(described().make_signed(number(native)), |_| {});
    assert!(signed("(pointer, u64) -> pointer").ends_with("of signed integers has the role value and the type u64"));
    let unsigned = |native| refused(described().make_unsigned(number(native)), |_| {});
    assert!(
        unsigned("(pointer, i64) -> pointer").ends_with("of unsigned integers has the role value and the type i64")
    );
    let pointer = |native| refused(described().make_pointer(number(native)), |_| {});
    assert!(pointer("(pointer, u64) -> pointer").ends_with("of addresses has the role value and the type u64"));
    // Two parameters may be 0.
    let zeros = function(
        "(u8, pointer, i64, f64) -> pointer",
        &[MakeRole::Zero, MakeRole::Context, MakeRole::Zero, MakeRole::Value],
    );
    assert!(EngineAbi::new(described().make_number(zeros), HELPERS).is_ok());
}
